"""Deletes published posts.

`deleteRecord` succeeds for a record that does not exist, so an interrupted deletion can be repeated
(https://github.com/bluesky-social/atproto lexicons/com/atproto/repo/deleteRecord.json, read 2026-11-21).
"""

from collections.abc import Sequence

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import complete
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.xrpc import POST, THREADGATE, delete_record


def unpublish(account: AccountFacts, uris: Sequence[str], settings: BlueskySettings) -> Flow[None]:  # noqa: ARG001 - the URL is that of the account's own server
    """Delete posts of the account, each with its threadgate, last first, so that no reply loses its parent."""
    calls = [
        delete_record(account.data["pds"], account.platform_account_id, collection, uri.rpartition("/")[2])
        for uri in reversed(uris)
        for collection in (POST, THREADGATE)
    ]
    yield from complete(calls, lambda reply: reply.ok, explain)
