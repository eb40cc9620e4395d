"""Deletes published posts: https://developers.facebook.com/docs/threads/posts/delete-posts (checked 2026-11-21)."""

from collections.abc import Sequence

from letmepost.domain.flow import Flow
from letmepost.platforms._meta.graph import read_error
from letmepost.platforms.contract import AccountFacts
from letmepost.platforms.threads.api import delete_post
from letmepost.platforms.threads.replies import NOT_FOUND, explain, subcode_of
from letmepost.platforms.threads.settings import ThreadsSettings


def unpublish(_account: AccountFacts, uris: Sequence[str], settings: ThreadsSettings) -> Flow[None]:
    """Delete posts of the account, last first, so that no reply loses its parent. A missing post counts as deleted."""
    for post_id in reversed(uris):
        call = delete_post(settings, post_id)
        reply = yield call
        if subcode_of(reply) == NOT_FOUND:
            continue
        if not reply.ok or read_error(reply) is not None:
            raise explain(call, reply)
