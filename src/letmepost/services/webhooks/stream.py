"""The event stream and the log of webhook deliveries."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.ids import Prefix
from letmepost.gateways.clock import Clock
from letmepost.gateways.upload_progress import UploadProgress, UploadReports
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.callers import Caller
from letmepost.services.webhooks import endpoints
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.webhooks.stream import AnnouncedEvent, DeliveryRow

REPLAYED_AT_MOST = timedelta(days=30)
KEEP_ALIVE_S = 15.0
"""The interval of keep-alives on an idle stream: proxies close connections that are idle longer."""
LOOK_AGAIN_S = 5.0
"""How often a stream reads events without a hint: the cost of a lost hint."""
CHECK_S = 0.5
"""How often a stream checks whether it must end."""
PROGRESS: Final = "post.progress"
"""The type of the progress of an upload. It is only in the stream: it has no position, and is not stored."""
_PAGE = 100


class Streams:
    """Follows the events of a caller."""

    def __init__(self, *, units: UnitsOfWork, clock: Clock, wakeups: Wakeups, upload_reports: UploadReports) -> None:
        self._units = units
        self._clock = clock
        self._wakeups = wakeups
        self._upload_reports = upload_reports

    async def follow(
        self, caller: Caller, *, after: int, types: Sequence[str], is_over: Callable[[], Awaitable[bool]]
    ) -> AsyncGenerator[list[AnnouncedEvent | UploadProgress], None]:
        """Yield events after a position as they are announced, in order, until `is_over` returns True.

        The progress of uploads is among them, at most every `LOOK_AGAIN_S` for each post. Yield an empty list every
        `KEEP_ALIVE_S` while there is nothing. No connection is held between reads.
        """
        clock, uploads = self._clock, _UploadFollower(self._upload_reports, caller)
        follows_uploads = not types or PROGRESS in types
        async with self._wakeups.watch(caller.organization_id) as grown:
            grown.set()
            read_s = yielded_s = clock.monotonic_s()
            looked_s = read_s - LOOK_AGAIN_S
            while not await is_over():
                found: list[AnnouncedEvent] = []
                progress: list[UploadProgress] = []
                if grown.is_set() or clock.monotonic_s() - read_s >= LOOK_AGAIN_S:
                    grown.clear()
                    read_s = clock.monotonic_s()
                    async with self._units.begin(caller) as work:
                        found = await list_events(work, after=after, types=types, limit=_PAGE)
                if follows_uploads and clock.monotonic_s() - looked_s >= LOOK_AGAIN_S:
                    looked_s = clock.monotonic_s()
                    progress = await uploads.look()
                if found or progress or clock.monotonic_s() - yielded_s >= KEEP_ALIVE_S:
                    yield [*found, *progress]
                    yielded_s = clock.monotonic_s()
                if len(found) == _PAGE:
                    grown.set()
                after = found[-1].position if found else after
                await _set_within(grown, CHECK_S)


class _UploadFollower:
    """Finds the uploads that have made progress since the last look."""

    def __init__(self, reports: UploadReports, caller: Caller) -> None:
        self._reports = reports
        self._caller = caller
        self._seen: Mapping[UUID, UploadProgress] = {}

    async def look(self) -> list[UploadProgress]:
        """Return new reports on posts that the caller can see."""
        caller, seen = self._caller, self._seen
        self._seen = await self._reports.read(caller.organization_id, caller.mode)
        new = [one for post_id, one in self._seen.items() if seen.get(post_id) != one]
        return [one for one in new if caller.sees(one.profile_id)]


async def list_events(work: Work, *, after: int, types: Sequence[str], limit: int) -> list[AnnouncedEvent]:
    """Return events after a position, oldest first. Positions are assigned after commit, so that none is missed."""
    return await work.stream.read(after=after, types=types, profile_id=work.caller.profile_id, limit=limit)


async def list_deliveries(work: Work, endpoint_id: UUID, *, before: UUID | None, limit: int) -> list[DeliveryRow]:
    """Return the deliveries of an endpoint, newest first.

    Raises:
        NotFound: the caller sees no such endpoint.
    """
    await endpoints.get(work, endpoint_id)
    return await work.stream.list_deliveries(endpoint_id, before=before, limit=limit)


async def replay_delivery(work: Work, delivery_id: UUID) -> UUID:
    """Resend a delivery. Its retry schedule starts again.

    Raises:
        NotFound: the caller sees no such delivery.
    """
    if await work.stream.replay(delivery_id, work.caller.profile_id, work.now()) is None:
        raise refusals.requests.not_found(Prefix.DELIVERY, delivery_id)
    work.wake_workers()
    return delivery_id


async def replay_endpoint(work: Work, endpoint_id: UUID, after: datetime, before: datetime) -> int:
    """Send every event of a period to an endpoint, including those from before it existed; return their number.

    Raises:
        NotFound: the caller sees no such endpoint.
        InvalidRequest: the period is empty, or longer than events are kept.
    """
    if not timedelta() < before - after <= REPLAYED_AT_MOST:
        raise refusals.webhooks.REPLAY_RANGE(field="after", max_days=REPLAYED_AT_MOST.days)
    await endpoints.get(work, endpoint_id)
    count = await work.stream.replay_range(endpoint_id, after=after, before=before, now=work.now())
    work.wake_workers()
    return count


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
