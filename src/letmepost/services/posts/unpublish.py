"""Deleting a published post on its platform."""

from uuid import UUID

from letmepost.domain.errors import NotFound, StateForbids
from letmepost.domain.posts import PostStatus
from letmepost.gateways.drive import drive
from letmepost.services.accounts.tokens import account_sender
from letmepost.services.callers import Caller
from letmepost.services.events import post_event
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.platform_access import Worlds
from letmepost.services.posts import read
from letmepost.services.posts.transition import forbidden
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.posts.posts import PostView

_VISIBLE = frozenset({PostStatus.PUBLISHED, PostStatus.PARTIAL})


class Unpublishing:
    """Takes posts of the caller's world down again."""

    def __init__(
        self,
        units: UnitsOfWork,
        worlds: Worlds,
        idempotency: OldIdempotency,
    ) -> None:
        self._units = units
        self._worlds = worlds
        self._idempotency = idempotency

    async def unpublish(self, caller: Caller, post_id: UUID, once: Once[PostView]) -> Answer:
        """Delete a post, its thread and its comments where they are. Its status stays; `unpublishedAt` tells.

        Deleting what is gone already succeeds, so a request that was cut short can be sent again.

        Raises:
            NotFound: there is none that the caller can see.
            StateForbids: nothing of it is visible, a worker is at it, or its platform cannot delete.
            PlatformFailure: the platform refused, or could not be reached; nothing was recorded.
        """
        account = await self._account_of(caller, post_id)
        access = self._worlds.access(account.platform, caller.mode, caller.organization_id)
        if access.platform.unpublish is None:
            raise StateForbids(
                f"{access.platform.title} lets nobody delete a post by API.",
                rule="post.unpublish.unsupported",
                remediation="Delete it in the platform's own app.",
            )
        uris = await self._end(caller, post_id)
        flow = access.platform.unpublish(account.facts, uris, access.settings)
        await drive(flow, await account_sender(self._units, access, caller.tenant, account))
        async with self._units.begin(caller) as work:
            await self._idempotency.take(work, once.claim)
            now = work.now()
            post = await work.post_editor.change(post_id, {"unpublished_at": now, "updated_at": now})
            await work.emit(post_event(work.clock, "post.unpublished", post))
            return await self._idempotency.answer(work, once, await read.get(work, post_id))

    async def _account_of(self, caller: Caller, post_id: UUID) -> AccountRow:
        async with self._units.begin(caller) as work:
            view = await read.get(work, post_id)
            if view.post.status not in _VISIBLE or not view.post.uris:
                raise forbidden(f"Nothing of a post that is {view.post.status} is known to be visible.")
            account = await work.accounts.find(view.post.account_id)
        if account is None:
            raise NotFound("account")
        return account

    async def _end(self, caller: Caller, post_id: UUID) -> list[str]:
        """Let nothing of the post follow any more; where everything of it is."""
        async with self._units.begin(caller) as work:
            [locked] = await work.post_editor.lock([post_id])
            if locked.is_leased or locked.post.status not in _VISIBLE:
                raise forbidden("A worker is publishing what belongs to this post.")
            if locked.post.ready_at is not None:
                await work.post_editor.change(post_id, {"ready_at": None, "updated_at": work.now()})
        return locked.post.uris
