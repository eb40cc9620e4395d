"""Actions of callers and of the operator on the posts of a desk."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.errors import ErrorCode, NotFound, StateForbids
from letmepost.domain.schedules import Schedule
from letmepost.services.media.library import MediaLibrary
from letmepost.services.posts import change, retry, unpublish
from letmepost.services.posts.accept import Acceptance
from letmepost.services.posts.change import Editing, PostChange
from letmepost.services.posts.inline_media import PostMedia
from letmepost.services.posts.requests import ContentRequest
from letmepost.services.posts.retry import Resolution
from letmepost.services.posts.unpublish import Unpublishing
from letmepost.services.publishing.errors import explained_error
from letmepost.services.tenants import pauses
from letmepost.services.tenants.pauses import ForgottenPauses
from letmepost.services.work import Work
from letmepost.storage.accounts.accounts import AccountRepository
from letmepost.storage.database import DEPLOYMENT
from letmepost.storage.posts.posts import PostRepository
from letmepost.storage.tenants.pauses import EveryTenantPauses, PauseSelector
from tests.services.desk import Desk
from tests.storage.support import CLOCK

P = TypeVar("P")
R = TypeVar("R")

DISCONNECTED = explained_error(
    refusals.accounts.DISCONNECTED, ErrorCode.PLATFORM_AUTH_FAILED, "example", account_id="acc_1"
)


class Office:
    """Runs the use cases of a caller of the desk's tenant, and of the operator."""

    def __init__(self, desk: Desk, library: MediaLibrary | None = None) -> None:
        """`library`: replaces the library of the desk."""
        tools = desk.tools
        self._desk = desk
        self._caller = desk.owner.caller
        media = PostMedia(tools.units, library or tools.library, tools.fetching)
        acceptance = Acceptance(units=tools.units, worlds=tools.worlds, media=media)
        self._editing = Editing(acceptance, media)
        self._unpublishing = Unpublishing(tools.units, tools.worlds)
        self.forgotten_pauses = ForgottenPauses(tools.units, EveryTenantPauses(desk.owner.database))

    async def reschedule(self, post_id: UUID, at: datetime) -> bool:
        """Reschedule a post; return False if it can no longer be changed."""
        return await self._change(post_id, PostChange(schedule=Schedule(at)))

    async def rewrite(self, post_id: UUID, content: ContentRequest) -> bool:
        """Change the content of a post; return False if it can no longer be changed."""
        return await self._change(post_id, PostChange(content=content))

    async def retry(self, post_id: UUID) -> bool:
        """Retry a post; return False if its status does not allow it."""
        return await self._may(lambda work: retry.retry(work, post_id, None))

    async def cancel(self, post_id: UUID) -> bool:
        """Cancel a post; return False if it is too late."""
        return await self._may(lambda work: change.cancel(work, post_id))

    async def resolve(self, post_id: UUID, *, is_published: bool) -> bool:
        """Record the outcome of a post; return False if it is known."""
        return await self._may(lambda work: retry.resolve(work, post_id, Resolution(is_published=is_published)))

    async def unpublish(self, post_id: UUID) -> bool:
        """Delete a post on its platform; return False if its status does not allow it."""
        unpublishing, caller = self._unpublishing, self._caller
        return await self._may_remotely(
            lambda work: unpublishing.prepare(work, post_id),
            lambda post: unpublishing.delete(caller.tenant, post),
            unpublish.record,
        )

    async def _change(self, post_id: UUID, wanted: PostChange) -> bool:
        editing, caller = self._editing, self._caller
        return await self._may_remotely(
            lambda work: editing.check(work, post_id, wanted),
            lambda post: editing.store_files(caller, post, wanted),
            lambda work, changed: editing.change(work, post_id, changed),
        )

    async def _may(self, run: Callable[[Work], Awaitable[object]]) -> bool:
        try:
            async with self._desk.tools.units.begin(self._caller) as work:
                await run(work)
        except StateForbids:
            return False
        return True

    async def _may_remotely(
        self,
        prepare: Callable[[Work], Awaitable[P]],
        call: Callable[[P], Awaitable[R]],
        record: Callable[[Work, R], Awaitable[object]],
    ) -> bool:
        units = self._desk.tools.units
        try:
            async with units.begin(self._caller) as work:
                prepared = await prepare(work)
        except StateForbids:
            return False
        result = await call(prepared)
        return await self._may(lambda work: record(work, result))

    async def pause(self) -> None:
        """Pause publishing everywhere."""
        tools = self._desk.tools
        async with tools.units.begin(DEPLOYMENT) as work:
            await pauses.pause(work, PauseSelector(), None, tools.worlds.platforms)

    async def resume(self) -> None:
        """End the pause if there is one."""
        with suppress(NotFound):
            async with self._desk.tools.units.begin(DEPLOYMENT) as work:
                await pauses.resume(work, PauseSelector())

    async def disconnect(self) -> None:
        """Disconnect the account. Its waiting posts are held."""
        owner, account_id = self._desk.owner, self._desk.account_id
        async with owner.database.tenant(owner.tenant) as connection:
            await AccountRepository(connection, owner.tenant).disconnect(account_id, CLOCK.now())
            await PostRepository(connection, owner.tenant).hold_waiting(account_id, DISCONNECTED, CLOCK.now())
