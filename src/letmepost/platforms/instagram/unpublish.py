"""Deletes published posts, and their first comments.

https://developers.facebook.com/docs/instagram-platform/reference/instagram-media (checked 2026-11-28): only the API of
Facebook Login deletes posts.
"""

from collections.abc import Sequence

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow, Reply
from letmepost.platforms._kit.flows import complete
from letmepost.platforms._meta.graph import is_success
from letmepost.platforms.instagram.api import Api, login_of
from letmepost.platforms.instagram.refusals import UNPUBLISH_LOGIN
from letmepost.platforms.instagram.replies import explain, is_missing
from letmepost.platforms.instagram.settings import InstagramSettings


def unpublish(account: AccountFacts, uris: Sequence[str], settings: InstagramSettings) -> Flow[None]:
    """Delete a post of the account. Its comments are deleted with it. A missing post counts as deleted.

    Raises:
        PlatformFailure: the account is connected with Instagram Login, or Instagram did not delete the post.
    """
    if login_of(account) != "facebook_login":
        raise UNPUBLISH_LOGIN()
    api = Api.of(account, settings)
    yield from complete([api.delete_post(uri) for uri in reversed(uris)], _is_deleted, explain)


def _is_deleted(reply: Reply) -> bool:
    return is_success(reply) or is_missing(reply)
