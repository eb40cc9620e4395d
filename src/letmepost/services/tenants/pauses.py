"""Stopping what is published, at once, and letting it go on."""

from collections.abc import Collection, Iterable

from letmepost.domain.errors import InvalidRequest, NotFound
from letmepost.gateways.clock import Clock
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.events import post_event
from letmepost.storage.database import Database, Tenant
from letmepost.storage.posts.posts import PostRepository
from letmepost.storage.tenants.pauses import EveryTenantPauses, PauseRow, PauseSelector
from letmepost.storage.webhooks.events import EventRepository


class Pauses:
    """The operator's emergency stop. A post whose time comes is held, and queued again when the pause ends."""

    def __init__(self, *, database: Database, clock: Clock, platforms: Collection[str], wakeups: Wakeups) -> None:
        self._database = database
        self._pauses = EveryTenantPauses(database)
        self._clock = clock
        self._platforms = platforms
        self._wakeups = wakeups

    async def pause(self, scope: PauseSelector, reason: str | None) -> bool:
        """Hold what is not being sent already; False when it was paused before.

        Raises:
            InvalidRequest: there is no such platform, or an account is named without its organization.
            NotFound: there is no such organization, or it has no such account.
        """
        if scope.platform is not None and scope.platform not in self._platforms:
            raise InvalidRequest(f"There is no platform {scope.platform!r}.", rule="platform")
        if scope.account_id is not None and scope.organization_id is None:
            raise InvalidRequest("An account is paused in its organization.", rule="organizationId")
        if not await self._pauses.is_known(scope):
            raise NotFound("account" if scope.account_id is not None else "organization")
        return await self._pauses.add(scope, reason, self._clock.now())

    async def resume(self, scope: PauseSelector) -> int | None:
        """End a pause and queue what it held; returns how many posts, or None when there was no such pause.

        What another pause concerns too stays held.
        """
        if not await self._pauses.remove(scope):
            return None
        return await self._release(await self._pauses.list_holding(scope.organization_id))

    async def release_forgotten(self) -> None:
        """Queue what was held by a pause that is no more: whoever ended it may have died before it came to this."""
        await self._release(await self._pauses.list_paused())

    async def list_all(self) -> list[PauseRow]:
        """What is paused, the oldest first."""
        return await self._pauses.list_all()

    async def _release(self, tenants: Iterable[Tenant]) -> int:
        released = 0
        for tenant in tenants:
            now = self._clock.now()
            async with self._database.tenant(tenant) as connection:
                posts = await PostRepository(connection, tenant).release_paused(now)
                events = [post_event(self._clock, "post.queued", post) for post in posts]
                await EventRepository(connection, tenant).write(events, now)
            released += len(posts)
        if released:
            await self._wakeups.wake_worker()
        return released
