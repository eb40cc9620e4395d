"""The stream of events to poll, and the log of what was sent to webhooks."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from letmepost.domain.errors import InvalidRequest, NotFound
from letmepost.gateways.clock import Clock
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.callers import Caller
from letmepost.services.idempotency import Answer, Idempotency, Once
from letmepost.storage.database import Connection, Database
from letmepost.storage.sealing import Keyring
from letmepost.storage.webhooks.endpoints import EndpointRepository
from letmepost.storage.webhooks.stream import AnnouncedEvent, DeliveryRow, StreamRepository

REPLAYED_AT_MOST = timedelta(days=30)
KEEP_ALIVE_S = 15.0
"""How often a follower hears from us when nothing happens: proxies close what is silent for longer."""
LOOK_AGAIN_S = 5.0
"""How often a follower looks without having been told to: what losing a hint costs."""
CHECK_S = 0.5
"""How often a follower asks whether it may go on."""
_PAGE = 100


class Streams:
    """Events and deliveries of the caller's world."""

    def __init__(
        self, *, database: Database, keyring: Keyring, clock: Clock, idempotency: Idempotency, wakeups: Wakeups
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._idempotency = idempotency
        self._wakeups = wakeups

    async def list_events(
        self, caller: Caller, *, after: int, types: Sequence[str], limit: int
    ) -> list[AnnouncedEvent]:
        """Events behind a position, oldest first. A position is given after commit: a reader never misses one."""
        async with self._database.tenant(caller.tenant) as connection:
            stream = StreamRepository(connection, caller.tenant)
            return await stream.read(after=after, types=types, profile_id=caller.profile_id, limit=limit)

    async def head(self, caller: Caller) -> int:
        """The position of the newest event."""
        async with self._database.tenant(caller.tenant) as connection:
            return await StreamRepository(connection, caller.tenant).head()

    async def follow(
        self, caller: Caller, *, after: int, types: Sequence[str], is_over: Callable[[], Awaitable[bool]]
    ) -> AsyncGenerator[list[AnnouncedEvent], None]:
        """Events behind a position as they are announced, in order, until it is over.

        Yields an empty list now and then when nothing happens. No connection is held between looks.
        """
        clock = self._clock
        async with self._wakeups.watch(caller.organization_id) as grown:
            grown.set()
            looked_s = told_s = clock.monotonic_s()
            while not await is_over():
                found: list[AnnouncedEvent] = []
                if grown.is_set() or clock.monotonic_s() - looked_s >= LOOK_AGAIN_S:
                    grown.clear()
                    looked_s = clock.monotonic_s()
                    found = await self.list_events(caller, after=after, types=types, limit=_PAGE)
                if found or clock.monotonic_s() - told_s >= KEEP_ALIVE_S:
                    yield found
                    told_s = clock.monotonic_s()
                if len(found) == _PAGE:
                    grown.set()
                after = found[-1].position if found else after
                await _set_within(grown, CHECK_S)

    async def list_deliveries(
        self, caller: Caller, endpoint_id: UUID, *, before: UUID | None, limit: int
    ) -> list[DeliveryRow]:
        """What was sent, or is to be sent, to an endpoint; newest first.

        Raises:
            NotFound: there is no such endpoint that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            await self._check_endpoint(connection, caller, endpoint_id)
            stream = StreamRepository(connection, caller.tenant)
            return await stream.list_deliveries(endpoint_id, before=before, limit=limit)

    async def replay_delivery(self, caller: Caller, delivery_id: UUID, once: Once[UUID]) -> Answer:
        """Send a delivery again, from the start of its schedule.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            stream = StreamRepository(connection, caller.tenant)
            if await stream.replay(delivery_id, caller.profile_id, self._clock.now()) is None:
                raise NotFound("delivery")
            answer = await self._idempotency.answer(connection, caller, once, delivery_id)
        await self._wakeups.wake_worker()
        return answer

    async def replay_endpoint(
        self, caller: Caller, endpoint_id: UUID, after: datetime, before: datetime, once: Once[int]
    ) -> Answer:
        """Send every event of a time to an endpoint again, also those that it was not there for.

        Raises:
            NotFound: there is no such endpoint that the caller can see.
            InvalidRequest: the time is empty, or longer than events are kept.
        """
        if not timedelta() < before - after <= REPLAYED_AT_MOST:
            raise InvalidRequest(
                f"`after` has to be before `before`, by at most {REPLAYED_AT_MOST.days} days.",
                rule="after",
                remediation="Ask for a shorter time.",
            )
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            await self._check_endpoint(connection, caller, endpoint_id)
            stream = StreamRepository(connection, caller.tenant)
            count = await stream.replay_range(endpoint_id, after=after, before=before, now=self._clock.now())
            answer = await self._idempotency.answer(connection, caller, once, count)
        await self._wakeups.wake_worker()
        return answer

    async def _check_endpoint(self, connection: Connection, caller: Caller, endpoint_id: UUID) -> None:
        endpoints = EndpointRepository(connection, caller.tenant, self._keyring)
        if await endpoints.find(endpoint_id, caller.profile_id) is None:
            raise NotFound("webhook endpoint")


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
