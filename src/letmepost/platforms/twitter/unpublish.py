"""Deletes published posts (https://docs.x.com/x-api/posts/delete-post, read 2026-11-21)."""

from collections.abc import Sequence

from letmepost.domain.flow import Flow
from letmepost.platforms.contract import AccountFacts
from letmepost.platforms.twitter.api import delete_post, root
from letmepost.platforms.twitter.replies import explain
from letmepost.platforms.twitter.settings import TwitterSettings


def unpublish(_account: AccountFacts, uris: Sequence[str], settings: TwitterSettings) -> Flow[None]:
    """Delete posts of the account, last first, so that no reply loses its parent. A missing post counts as deleted."""
    for uri in reversed(uris):
        call = delete_post(root(settings), uri.rpartition("/")[2])
        reply = yield call
        if not reply.ok and reply.status != 404:
            raise explain(call, reply)
