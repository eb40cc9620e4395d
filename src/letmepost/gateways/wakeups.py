"""Hints over Redis that something has changed. A lost hint costs a sweep interval, never a post.

There is a channel for workers, one for requests that wait for a batch, and one for followers of an organization's
stream.
Hints contain at most an id: the receiver reads the truth from PostgreSQL.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

WORKER_CHANNEL = "letmepost:wake"
BATCH_CHANNEL = "letmepost:batches"
STREAM_CHANNEL = "letmepost:streams"
_EVENTS = b"events"
_RECONNECT_AFTER_S = 1.0

log = structlog.get_logger()


class Wakeups:
    """Sends hints, and passes received hints on in this process."""

    def __init__(self, redis: Redis, subscriber: Redis) -> None:
        """`subscriber`: a client without a timeout; that of `redis` is short."""
        self._redis = redis
        self._subscriber = subscriber
        self._waiting: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._on_wake: list[Callable[[], None]] = []
        self._on_events: list[Callable[[], None]] = []
        self._on_media: list[Callable[[UUID], None]] = []
        self._unsent: dict[tuple[str, bytes], None] = {}
        self._turn = asyncio.Lock()

    async def wake_worker(self) -> None:
        """Send the hint that there is work, for all workers."""
        await self._hint(WORKER_CHANNEL, b"")

    async def events_written(self) -> None:
        """Send the hint that there are events to announce, but nothing to publish."""
        await self._hint(WORKER_CHANNEL, _EVENTS)

    async def media_waiting(self, hint_id: UUID) -> None:
        """Send the hint that there are media items to fetch. One worker is enough: `hint_id` is different each time."""
        await self._hint(WORKER_CHANNEL, hint_id.bytes)

    async def batch_changed(self, batch_id: UUID) -> None:
        """Send the hint that the batch has changed, for requests that wait for it."""
        await self._hint(BATCH_CHANNEL, batch_id.bytes)

    async def stream_grew(self, organization_id: UUID) -> None:
        """Send the hint that the organization's stream has grown, for its followers."""
        await self._hint(STREAM_CHANNEL, organization_id.bytes)

    def on_wake(self, callback: Callable[[], None]) -> None:
        """Call `callback` for each hint that there is work."""
        self._on_wake.append(callback)

    def on_events(self, callback: Callable[[], None]) -> None:
        """Call `callback` for each hint that there are events to announce, but nothing to publish."""
        self._on_events.append(callback)

    def on_media(self, callback: Callable[[UUID], None]) -> None:
        """Call `callback` with the id of each hint that there are media items to fetch."""
        self._on_media.append(callback)

    @asynccontextmanager
    async def watch(self, subject: UUID) -> AsyncIterator[asyncio.Event]:
        """Return an event that is set when the batch has changed, or the organization's stream has grown.

        Clear it before you read.
        """
        event = asyncio.Event()
        self._waiting[subject].add(event)
        try:
            yield event
        finally:
            self._waiting[subject].discard(event)
            if not self._waiting[subject]:
                del self._waiting[subject]

    async def listen(self, *channels: str) -> None:
        """Pass hints on until canceled, and reconnect after every loss of the connection."""
        while True:
            try:
                await self._listen(channels)
            except (RedisError, OSError) as error:
                log.warning("redis.lost", error=str(error), role="wake-ups")
                await asyncio.sleep(_RECONNECT_AFTER_S)

    async def _listen(self, channels: tuple[str, ...]) -> None:
        async with self._subscriber.pubsub(ignore_subscribe_messages=True) as hints:
            await hints.subscribe(*channels)
            # Hints without a listener were lost, so look once.
            self._pass_on(WORKER_CHANNEL.encode(), b"")
            async for hint in hints.listen():
                self._pass_on(hint["channel"], hint["data"])

    def _pass_on(self, channel: bytes, data: bytes) -> None:
        subject = UUID(bytes=data) if len(data) == 16 else None
        if channel != WORKER_CHANNEL.encode():
            for event in () if subject is None else self._waiting.get(subject, ()):
                event.set()
        elif subject is not None:
            for receive in self._on_media:
                receive(subject)
        else:
            for callback in self._on_events if data == _EVENTS else self._on_wake:
                callback()

    async def _hint(self, channel: str, data: bytes) -> None:
        """Send a hint. Hints that are written during a call share the next one, without duplicates."""
        hint = (channel, data)
        self._unsent[hint] = None
        async with self._turn:
            if hint not in self._unsent:
                return  # another caller has sent it too
            hints, self._unsent = self._unsent, {}
            try:
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for name, content in hints:
                        pipeline.publish(name, content)
                    await pipeline.execute()
            except (RedisError, OSError) as error:
                log.warning("redis.lost", error=str(error), role="wake-ups")
