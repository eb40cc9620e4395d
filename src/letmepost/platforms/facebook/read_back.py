"""Checks whether a published post is still on Facebook."""

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import find
from letmepost.platforms._meta.calls import read
from letmepost.platforms.facebook.replies import explain, is_missing, post_id_in
from letmepost.platforms.facebook.session import check
from letmepost.platforms.facebook.settings import FacebookSettings


def is_there(account: AccountFacts, post_id: str, settings: FacebookSettings) -> Flow[bool]:
    """Return False if Facebook no longer has the post.

    Facebook also reports that for posts that the token may not read, so the token is checked first.

    Raises:
        PlatformFailure: Facebook did not return a usable response.
    """
    found = yield from find(read(settings, post_id, fields="id"), post_id_in, is_missing, explain)
    if found is None:
        yield from check(account, settings)
    return found is not None
