"""Deleting a published post on its platform."""

from uuid import UUID

from letmepost.domain.errors import NotFound, StateForbids
from letmepost.domain.posts import PostStatus
from letmepost.gateways.clock import Clock
from letmepost.gateways.drive import drive
from letmepost.gateways.sender import Sender
from letmepost.services.accounts.tokens import account_sender
from letmepost.services.callers import Caller
from letmepost.services.events import post_event
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.platform_access import Access, Worlds
from letmepost.services.posts.read import visible_post
from letmepost.services.posts.transition import forbidden
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.database import Database
from letmepost.storage.posts.editing import PostEditor
from letmepost.storage.posts.posts import PostView
from letmepost.storage.sealing import Keyring
from letmepost.storage.webhooks.events import EventRepository

_VISIBLE = frozenset({PostStatus.PUBLISHED, PostStatus.PARTIAL})


class Unpublishing:
    """Takes posts of the caller's world down again."""

    def __init__(
        self,
        *,
        database: Database,
        units: UnitsOfWork,
        keyring: Keyring,
        clock: Clock,
        worlds: Worlds,
        idempotency: OldIdempotency,
    ) -> None:
        self._database = database
        self._units = units
        self._keyring = keyring
        self._clock = clock
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
        await drive(flow, await self._sender(caller, access, account))
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            now = self._clock.now()
            post = await PostEditor(connection, caller.tenant).change(
                post_id, {"unpublished_at": now, "updated_at": now}
            )
            event = post_event(self._clock, "post.unpublished", post)
            await EventRepository(connection, caller.tenant).write([event], now)
            changed = await visible_post(connection, caller, post_id)
            return await self._idempotency.answer(connection, caller, once, changed)

    async def _account_of(self, caller: Caller, post_id: UUID) -> AccountRow:
        async with self._database.tenant(caller.tenant) as connection:
            view = await visible_post(connection, caller, post_id)
            if view.post.status not in _VISIBLE or not view.post.uris:
                raise forbidden(f"Nothing of a post that is {view.post.status} is known to be visible.")
            accounts = AccountRepository(connection, caller.tenant, self._keyring)
            account = await accounts.find(view.post.account_id)
        if account is None:
            raise NotFound("account")
        return account

    async def _end(self, caller: Caller, post_id: UUID) -> list[str]:
        """Let nothing of the post follow any more; where everything of it is."""
        async with self._database.tenant(caller.tenant) as connection:
            editor = PostEditor(connection, caller.tenant)
            [locked] = await editor.lock([post_id])
            if locked.is_leased or locked.post.status not in _VISIBLE:
                raise forbidden("A worker is publishing what belongs to this post.")
            if locked.post.ready_at is not None:
                await editor.change(post_id, {"ready_at": None, "updated_at": self._clock.now()})
        return locked.post.uris

    async def _sender(self, caller: Caller, access: Access, account: AccountRow) -> Sender:
        return await account_sender(self._units, access, caller.tenant, account)
