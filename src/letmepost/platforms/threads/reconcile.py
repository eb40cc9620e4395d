"""Finds out whether a container was published, from its status, and as which post, from a search.

https://developers.facebook.com/docs/threads/troubleshooting (checked 2026-11-21). A container can be published only
once, so one that is still FINISHED can be published again without a second post.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Absent, Flow, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.threads.api import list_recent
from letmepost.platforms.threads.containers import read_status
from letmepost.platforms.threads.drafts import Draft, drafts_of
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.refusals import NOT_LISTED_YET
from letmepost.platforms.threads.replies import explain
from letmepost.platforms.threads.settings import ThreadsSettings

_CLOCKS_APART = timedelta(seconds=60)


def reconcile(post: ReadyPost, intent: Intent, settings: ThreadsSettings) -> Flow[Reconciled]:
    """Return what became of a publish call without a reply.

    Raises:
        PlatformFailure: Threads cannot report it now; try again later.
    """
    try:
        status = yield from read_status((intent.call.form or {})["creation_id"], settings)
        if status.name == "FINISHED":
            return Absent()
        if status.name != "PUBLISHED":
            return Unknown(f"Threads reports the status {status.name[:40]} for the post.")
        post_id = yield from find_published(
            post, _draft_of(post, intent), intent.started_at - _CLOCKS_APART, intent.started_at, settings
        )
    except PlatformFailure as failure:
        if POLICIES[failure.kind].next is Next.TRY_AGAIN:
            raise
        return Unknown(failure.message)
    if post_id is None:
        raise NOT_LISTED_YET()
    return Found(Reply(status=200, body=json.dumps({"id": post_id}).encode(), received_at=status.read_at))


def find_published(
    post: ReadyPost, draft: Draft, since: datetime, about: datetime, settings: ThreadsSettings
) -> Flow[str | None]:
    """Return the id of the post that the draft became.

    Of several posts with the same content, the one closest to `about` counts.

    Raises:
        PlatformFailure: Threads did not return a usable response.
    """
    call = list_recent(settings, post.account.platform_account_id, since, replies=draft.is_reply)
    reply = yield call
    rows: Any = reply.data().get("data")
    if not reply.ok or not isinstance(rows, list):
        raise explain(call, reply)
    found = [
        (abs(published_at - about), str(row["id"]))
        for row in rows
        if isinstance(row, dict) and _is_draft(row, draft) and (published_at := _moment(row)) is not None
        if published_at >= since
    ]
    return min(found)[1] if found else None


def _draft_of(post: ReadyPost, intent: Intent) -> Draft:
    options = ThreadsOptions.model_validate(post.content.options)
    return next(draft for draft in drafts_of(post.content, options) if draft.step == intent.call.step)


def _is_draft(row: dict[str, Any], draft: Draft) -> bool:
    is_same = str(row.get("text") or "").strip() == draft.text.strip()
    return is_same and row.get("media_type") == draft.shown_as and str(row.get("id") or "").isdigit()


def _moment(row: dict[str, Any]) -> datetime | None:
    try:
        return datetime.strptime(str(row.get("timestamp")), "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except ValueError:
        return None
