"""Looks in the account's own timeline for a status if the response to its create was lost.

A repetition of the create with the same key would often be safe, but not always: a slow server stores the key only
after its proxy has reported an error (https://github.com/mastodon/mastodon/issues/21840), a repetition can be answered
with 500 (https://github.com/mastodon/mastodon/issues/40399), keys are kept for an hour, and compatible servers may
ignore them (all checked 2026-11-29). So the timeline is read first. What it does not show after the delay is sent again
with the same key.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Absent, Flow, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.retry import Next
from letmepost.platforms._kit.fields import moment_in
from letmepost.platforms._kit.flows import fetch
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.mastodon.api import PAGE_MAX, id_in, list_statuses, read_rows
from letmepost.platforms.mastodon.matching import is_same
from letmepost.platforms.mastodon.refusals import TOO_MANY_STATUSES
from letmepost.platforms.mastodon.replies import explain
from letmepost.platforms.mastodon.session import base_of, own_id
from letmepost.platforms.mastodon.settings import MastodonSettings

VISIBILITY_DELAY_S = 60.0
"""A server shows a status when it is stored, but may continue with a request that its proxy has given up after 60 s."""

CLOCKS_APART = timedelta(seconds=30)
"""How much the clocks of a server and of the worker that sent the status may differ."""

_PAGES_MAX = 10


def reconcile(post: ReadyPost, intent: Intent, settings: MastodonSettings) -> Flow[Reconciled]:
    """Return what became of a create without a reply.

    Raises:
        PlatformFailure: the server cannot report it now, or not to this account; try again later.
    """
    return (yield from reconcile_by(_look_up(post, intent, settings), later={Next.TRY_AGAIN, Next.HOLD}))


def _look_up(post: ReadyPost, intent: Intent, settings: MastodonSettings) -> Flow[Reconciled]:
    body, since = intent.call.json or {}, intent.started_at - CLOCKS_APART
    found = yield from find_status(base_of(post.account, settings), post.account, body, since, intent.started_at)
    if found is not None:
        return found
    if body.get("visibility") == "direct":  # some compatible servers do not list these
        return Unknown("The server does not show the post in the account's timeline.")
    return Absent()


def find_status(
    base: str, account: AccountFacts, body: Mapping[str, Any], since: datetime, about: datetime
) -> Flow[Found | None]:
    """Return the status that was created with this body since a moment, like a create; None if there is none.

    Of several with the same content, the one closest to `about` counts.

    Raises:
        PlatformFailure: the server did not return a usable response.
    """
    found: list[tuple[timedelta, Mapping[str, Any]]] = []
    older_than: str | None = None
    for _ in range(_PAGES_MAX):
        rows, read_at = yield from fetch(list_statuses(base, own_id(account), older_than), _read_page, explain)
        found += [(abs(created_at - about), row) for created_at, row in _same(rows, body, since)]
        oldest = moment_in(rows[-1], "created_at") if rows else None
        older_than = id_in(rows[-1]) if rows else None
        if len(rows) < PAGE_MAX or older_than is None or (oldest is not None and oldest < since):
            return _closest(found, read_at)
    raise TOO_MANY_STATUSES()


def _read_page(reply: Reply) -> tuple[list[Mapping[str, Any]], datetime] | None:
    rows = read_rows(reply)
    return None if rows is None else (rows, reply.received_at)


def _same(
    rows: Iterable[Mapping[str, Any]], body: Mapping[str, Any], since: datetime
) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    for row in rows:
        created_at = moment_in(row, "created_at")
        if created_at is not None and created_at >= since and id_in(row) is not None and is_same(row, body):
            yield created_at, row


def _closest(found: Sequence[tuple[timedelta, Mapping[str, Any]]], read_at: datetime) -> Found | None:
    if not found:
        return None
    _, row = min(found, key=itemgetter(0))
    return found_as(200, read_at, data={name: row.get(name) for name in ("id", "url")})
