"""Checks whether a published post is still on Threads."""

from letmepost.domain.flow import Flow
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.contract import AccountFacts
from letmepost.platforms.threads.api import read_post
from letmepost.platforms.threads.replies import NOT_FOUND, explain, subcode_of
from letmepost.platforms.threads.session import check
from letmepost.platforms.threads.settings import ThreadsSettings


def is_there(account: AccountFacts, post_id: str, settings: ThreadsSettings) -> Flow[bool]:
    """Return False if Threads no longer has the post.

    Threads also reports "not found" for posts that the token may not read, so the token is checked first.

    Raises:
        PlatformFailure: Threads did not return a usable response.
    """
    call = read_post(settings, post_id)
    reply = yield call
    if subcode_of(reply) == NOT_FOUND:
        yield from check(account, settings)
        return False
    if not reply.ok or read_id(reply) is None:
        raise explain(call, reply)
    return True
