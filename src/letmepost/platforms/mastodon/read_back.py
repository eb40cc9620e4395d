"""Checks whether a published status is still on its server.

https://docs.joinmastodon.org/methods/statuses/#get (checked 2026-11-29)
"""

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import find
from letmepost.platforms.mastodon.api import read_id, read_status
from letmepost.platforms.mastodon.replies import explain, is_missing
from letmepost.platforms.mastodon.session import base_of, check_token
from letmepost.platforms.mastodon.settings import MastodonSettings


def is_there(account: AccountFacts, status_id: str, settings: MastodonSettings) -> Flow[bool]:
    """Return False if the server no longer has the status.

    A server also reports "not found" for statuses that the token may not read, so the token is checked first.

    Raises:
        PlatformFailure: the server did not return a usable response.
    """
    found = yield from find(read_status(base_of(account, settings), status_id), read_id, is_missing, explain)
    if found is None:
        yield from check_token(account, settings)
    return found is not None
