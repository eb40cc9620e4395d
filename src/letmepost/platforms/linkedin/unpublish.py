"""Deletes published posts.

Deleting a post again succeeds, so an interrupted deletion can be repeated
(https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api, checked 2026-11-22).
"""

from collections.abc import Sequence

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import complete, is_deleted_or_missing
from letmepost.platforms.linkedin.replies import explain
from letmepost.platforms.linkedin.rest import delete_post
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.urns import is_post


def unpublish(_account: AccountFacts, uris: Sequence[str], settings: LinkedInSettings) -> Flow[None]:
    """Delete posts of the account. Their comments are deleted with them."""
    calls = [delete_post(settings, urn) for urn in filter(is_post, uris)]
    yield from complete(calls, is_deleted_or_missing, explain)
