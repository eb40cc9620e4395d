"""Checks whether a published post is still in its repository."""

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import find
from letmepost.platforms.bluesky.records import read_place
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.xrpc import POST, get_record, is_missing


def is_there(account: AccountFacts, uri: str, settings: BlueskySettings) -> Flow[bool]:  # noqa: ARG001 - the URL is that of the account's own server
    """Return False if the server has no such record.

    A repository that is deactivated or taken down is a failure, not a missing post: it may be restored.

    Raises:
        PlatformFailure: the server did not return a usable response.
    """
    call = get_record(account.data["pds"], account.platform_account_id, POST, uri.rpartition("/")[2])
    found = yield from find(call, lambda reply: read_place(reply.data()), is_missing, explain)
    return found is not None
