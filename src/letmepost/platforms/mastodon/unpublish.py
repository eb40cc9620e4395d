"""Deletes published statuses: https://docs.joinmastodon.org/methods/statuses/#delete (checked 2026-11-29)."""

from collections.abc import Sequence

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import complete
from letmepost.platforms.mastodon.api import delete_status
from letmepost.platforms.mastodon.replies import explain, is_missing
from letmepost.platforms.mastodon.session import base_of
from letmepost.platforms.mastodon.settings import MastodonSettings


def unpublish(account: AccountFacts, uris: Sequence[str], settings: MastodonSettings) -> Flow[None]:
    """Delete statuses of the account, last first, so that no reply loses its parent. A missing one counts as deleted.

    A page of a proxy with the status 404 does not.
    """
    calls = [delete_status(base_of(account, settings), status_id) for status_id in reversed(uris)]
    yield from complete(calls, lambda reply: reply.ok or is_missing(reply), explain)
