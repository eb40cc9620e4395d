"""Deletes published posts on their platforms."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.ids import Prefix
from letmepost.domain.posts import PostStatus
from letmepost.gateways.drive import drive
from letmepost.services.accounts.tokens import account_sender
from letmepost.services.events import post_event
from letmepost.services.platform_access import Worlds
from letmepost.services.posts import read
from letmepost.services.posts.transition import forbidden, lock
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.database import Tenant
from letmepost.storage.posts.posts import PostView

_VISIBLE = frozenset({PostStatus.PUBLISHED, PostStatus.PARTIAL})


@dataclass(frozen=True, slots=True)
class VisiblePost:
    """A post to delete: its account and the URIs of its visible parts."""

    id: UUID
    account: AccountRow
    uris: Sequence[str]


class Unpublishing:
    """Deletes published posts of a caller."""

    def __init__(self, units: UnitsOfWork, worlds: Worlds) -> None:
        self._units = units
        self._worlds = worlds

    async def prepare(self, work: Work, post_id: UUID) -> VisiblePost:
        """Return the visible parts of a post, and keep its remaining parts from being published.

        Raises:
            NotFound: the caller sees no such post.
            StateForbids: no part of it is visible, a worker is publishing it, or its platform cannot delete posts.
        """
        locked = await lock(work, post_id)
        post = locked.post
        if post.status not in _VISIBLE or not post.uris:
            raise forbidden(
                post_id, f"A post that is {post.status} cannot be unpublished: no part of it is known to be visible."
            )
        account = await work.accounts.find(post.account_id)
        if account is None:
            raise refusals.requests.not_found(Prefix.ACCOUNT, post.account_id)
        platform = self._worlds.platform(account.platform)
        if platform.unpublish is None:
            raise refusals.posts.UNPUBLISH_UNSUPPORTED(title=platform.title)
        if locked.is_leased:
            raise forbidden(
                post_id, "The post cannot be unpublished now: an addition such as its first comment is being published."
            )
        if post.ready_at is not None:
            await work.post_editor.change(post_id, {"ready_at": None, "updated_at": work.now()})
        return VisiblePost(post_id, account, post.uris)

    async def delete(self, tenant: Tenant, post: VisiblePost) -> UUID:
        """Delete a post, its thread and its comments on the platform; return its id.

        Deleting a post that no longer exists succeeds, so an interrupted request can be repeated.

        Raises:
            PlatformFailure: the platform rejected the deletion, or could not be reached.
        """
        access = self._worlds.access(post.account.platform, tenant.mode, tenant.organization_id)
        if access.platform.unpublish is None:
            raise LookupError(f"{access.platform.name} cannot delete posts")
        flow = access.platform.unpublish(post.account.facts, post.uris, access.settings)
        await drive(flow, await account_sender(self._units, access, tenant, post.account))
        return post.id


async def record(work: Work, post_id: UUID) -> PostView:
    """Record that a post was deleted on its platform. Its status does not change; `unpublishedAt` is set."""
    post, now = (await lock(work, post_id)).post, work.now()
    if post.unpublished_at is None:
        changed = await work.post_editor.change(post_id, {"unpublished_at": now, "updated_at": now})
        await work.emit(post_event(work.clock, "post.unpublished", changed))
    return await read.get(work, post_id)
