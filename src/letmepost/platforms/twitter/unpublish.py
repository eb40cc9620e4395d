"""Deletes published posts (https://docs.x.com/x-api/posts/delete-post, read 2026-11-21)."""

from collections.abc import Sequence

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import complete, is_deleted_or_missing
from letmepost.platforms.twitter.api import delete_post, root
from letmepost.platforms.twitter.replies import explain
from letmepost.platforms.twitter.settings import TwitterSettings


def unpublish(_account: AccountFacts, uris: Sequence[str], settings: TwitterSettings) -> Flow[None]:
    """Delete posts of the account, last first, so that no reply loses its parent. A missing post counts as deleted."""
    calls = [delete_post(root(settings), uri.rpartition("/")[2]) for uri in reversed(uris)]
    yield from complete(calls, is_deleted_or_missing, explain)
