"""Deletes published posts: https://developers.facebook.com/docs/pages-api/posts (checked 2026-11-28)."""

from collections.abc import Sequence

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow, Reply
from letmepost.platforms._kit.flows import complete
from letmepost.platforms._meta.calls import delete
from letmepost.platforms._meta.graph import is_success
from letmepost.platforms.facebook.replies import explain, is_missing
from letmepost.platforms.facebook.settings import FacebookSettings


def unpublish(_account: AccountFacts, uris: Sequence[str], settings: FacebookSettings) -> Flow[None]:
    """Delete a post and its comment, last first. A missing one counts as deleted."""
    calls = [delete(settings, post_id) for post_id in reversed(uris)]
    yield from complete(calls, _is_deleted, explain)


def _is_deleted(reply: Reply) -> bool:
    return is_success(reply) or is_missing(reply)
