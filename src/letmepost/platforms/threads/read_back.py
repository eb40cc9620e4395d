"""Checks whether a published post is still on Threads."""

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import find
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.threads.api import read_post
from letmepost.platforms.threads.replies import explain, is_missing
from letmepost.platforms.threads.session import check
from letmepost.platforms.threads.settings import ThreadsSettings


def is_there(account: AccountFacts, post_id: str, settings: ThreadsSettings) -> Flow[bool]:
    """Return False if Threads no longer has the post.

    Threads also reports "not found" for posts that the token may not read, so the token is checked first.

    Raises:
        PlatformFailure: Threads did not return a usable response.
    """
    found = yield from find(read_post(settings, post_id), read_id, is_missing, explain)
    if found is None:
        yield from check(account, settings)
    return found is not None
