"""Limits the event streams that a key follows at a time, across all API processes.

A slot is a lease in Redis that its process renews, so the slot of a dead process expires soon.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from letmepost.domain import refusals
from letmepost.gateways.clock import Clock
from letmepost.gateways.metrics import Metrics

LEASE_S = 45
RENEW_EVERY_S = 15.0

log = structlog.get_logger()

# Take a slot, or renew it, which always succeeds. Expired slots are removed first.
_HOLD = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
local is_mine = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not is_mine and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""


@dataclass(frozen=True, slots=True)
class StreamSlot:
    """The right to follow one stream: the counter of the key, and the name of this stream in it."""

    counter: str
    name: str


class StreamSlots:
    """Up to `limit` slots per key. Without Redis, everything is allowed; a metric and the log record that."""

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        limit: int,
        metrics: Metrics | None = None,
        *,
        renew_every_s: float = RENEW_EVERY_S,
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._limit = limit
        self._metrics = metrics or Metrics()
        self._renew_every_s = renew_every_s
        self._hold = redis.register_script(_HOLD)

    async def take(self, key_id: UUID) -> StreamSlot:
        """Take a slot, which must be kept immediately.

        Raises:
            RateLimited: the key has no slot left.
        """
        slot = StreamSlot(f"letmepost:streams:{key_id}", self._clock.entropy(16).hex())
        if not await self._is_held(slot):
            raise refusals.webhooks.EVENTS_STREAMS_MAX(limit=self._limit, retry_after_s=LEASE_S)
        return slot

    @asynccontextmanager
    async def kept(self, slot: StreamSlot) -> AsyncIterator[None]:
        """Keep a slot while the context is open, and release it at the end."""
        renewing = asyncio.create_task(self._renew(slot))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])
            await self._release(slot)

    async def _renew(self, slot: StreamSlot) -> None:
        while True:
            await asyncio.sleep(self._renew_every_s)
            await self._is_held(slot)

    async def _is_held(self, slot: StreamSlot) -> bool:
        now = self._clock.now().timestamp()
        try:
            args: list[str | float] = [slot.name, now, now + LEASE_S, self._limit, LEASE_S]
            return bool(await self._hold(keys=[slot.counter], args=args))
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="stream slots")
            self._metrics.request_not_limited()
            return True

    async def _release(self, slot: StreamSlot) -> None:
        try:
            await self._redis.zrem(slot.counter, slot.name)
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="stream slots")  # its lease will expire
