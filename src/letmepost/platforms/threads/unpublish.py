"""Deletes published posts: https://developers.facebook.com/docs/threads/posts/delete-posts (checked 2026-11-21)."""

from collections.abc import Sequence

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow, Reply
from letmepost.platforms._kit.flows import complete
from letmepost.platforms._meta.graph import is_success
from letmepost.platforms.threads.api import delete_post
from letmepost.platforms.threads.replies import explain, is_missing
from letmepost.platforms.threads.settings import ThreadsSettings


def unpublish(_account: AccountFacts, uris: Sequence[str], settings: ThreadsSettings) -> Flow[None]:
    """Delete posts of the account, last first, so that no reply loses its parent. A missing post counts as deleted."""
    calls = [delete_post(settings, post_id) for post_id in reversed(uris)]
    yield from complete(calls, _is_deleted, explain)


def _is_deleted(reply: Reply) -> bool:
    return is_success(reply) or is_missing(reply)
