"""Counters of one minute, shared by every API process: requests of a key, attempts from a client address."""

from collections.abc import Awaitable
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from letmepost.gateways.clock import Clock
from letmepost.gateways.metrics import Metrics

WINDOW_S = 60

log = structlog.get_logger()

# One round trip: count, and let the counter die with its window.
_COUNT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return n
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a key's window. `reset_s`: seconds until the next one."""

    limit: int
    remaining: int
    reset_s: int
    is_exceeded: bool


class RateLimits:
    """Fixed windows of a minute. When Redis is away everything is allowed; a metric and the log say so."""

    def __init__(self, redis: Redis, clock: Clock, metrics: Metrics | None = None) -> None:
        self._metrics = metrics or Metrics()
        self._clock = clock
        self._redis = redis
        self._count = redis.register_script(_COUNT)

    async def take(self, name: str, limit: int) -> Allowance:
        """Count a request against the limit of `name`."""
        key, reset_s = self._window(name)
        used = await self._asked(self._count(keys=[key], args=[2 * WINDOW_S]))
        return Allowance(limit, max(0, limit - used), reset_s, used > limit)

    async def look(self, name: str, limit: int) -> Allowance:
        """Return what is left for `name` without counting a request; exceeded means that nothing is left."""
        key, reset_s = self._window(name)
        used = await self._asked(self._redis.get(key))
        return Allowance(limit, max(0, limit - used), reset_s, used >= limit)

    def _window(self, name: str) -> tuple[str, int]:
        """Return the key of the counter, and the seconds until its window ends."""
        window, elapsed_s = divmod(int(self._clock.now().timestamp()), WINDOW_S)
        return f"letmepost:rate:{name}:{window}", WINDOW_S - elapsed_s

    async def _asked(self, answer: Awaitable[bytes | str | int | None]) -> int:
        try:
            return int(await answer or 0)
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="rate limits")
            self._metrics.request_not_limited()
            return 0
