"""Counters per minute that all API processes share: requests of a key, attempts from a client address."""

import asyncio
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from letmepost.gateways.clock import Clock
from letmepost.gateways.metrics import Metrics

WINDOW_S = 60

log = structlog.get_logger()

# One round trip: count, and let the counter expire after its window. An amount of 0 only reads.
_COUNT = """
local used = redis.call('INCRBY', KEYS[1], ARGV[1])
if used == tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return used
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a key's window. `reset_s`: seconds until the next one."""

    limit: int
    remaining: int
    reset_s: int
    is_exceeded: bool


@dataclass(frozen=True, slots=True)
class _Request:
    """A request that waits for its count. `used`: the counter after this request, without later ones."""

    amount: int
    used: asyncio.Future[int]


class RateLimits:
    """Fixed windows of one minute. Without Redis, everything is allowed; a metric and the log record that.

    Each process has at most one call per counter in flight. Requests that arrive during a call share the next one, so a
    busy key costs one round trip for many requests. Requests are counted in the order of arrival, even canceled ones.
    """

    def __init__(self, redis: Redis, clock: Clock, metrics: Metrics | None = None) -> None:
        self._metrics = metrics or Metrics()
        self._clock = clock
        self._count = redis.register_script(_COUNT)
        self._waiting: dict[str, list[_Request]] = {}
        self._senders: set[asyncio.Task[None]] = set()  # the event loop has only weak references to tasks

    async def take(self, name: str, limit: int) -> Allowance:
        """Count a request against the limit of `name`."""
        used, reset_s = await self._used(name, 1)
        return Allowance(limit, max(0, limit - used), reset_s, used > limit)

    async def look(self, name: str, limit: int) -> Allowance:
        """Return what is left for `name` without counting a request. It is exceeded if nothing is left.

        The requests of this process that arrived earlier are included, even if they still wait to be counted.
        """
        used, reset_s = await self._used(name, 0)
        return Allowance(limit, max(0, limit - used), reset_s, used >= limit)

    async def _used(self, name: str, amount: int) -> tuple[int, int]:
        """Add to the counter. Return its value, or 0 without Redis, and the seconds until its window ends."""
        window, elapsed_s = divmod(int(self._clock.now().timestamp()), WINDOW_S)
        reset_s = WINDOW_S - elapsed_s
        try:
            return await self._join(f"letmepost:rate:{name}:{window}", amount), reset_s
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="rate limits")
            self._metrics.request_not_limited()
            return 0, reset_s

    def _join(self, counter: str, amount: int) -> asyncio.Future[int]:
        """Add a request to the next call. The call runs in a separate task, so a canceled request cannot stop it."""
        request = _Request(amount, asyncio.get_running_loop().create_future())
        if counter in self._waiting:
            self._waiting[counter].append(request)
        else:
            self._waiting[counter] = [request]
            sender = asyncio.create_task(self._send(counter))
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        return request.used

    async def _send(self, counter: str) -> None:
        """Make one call after another until no request waits.

        A failed call also fails the requests that wait for the next one. Otherwise they would wait for Redis twice.
        """
        requests: list[_Request] = []
        try:
            while requests := self._waiting[counter]:
                self._waiting[counter] = []
                amount = sum(request.amount for request in requests)
                total: int = await self._count(keys=[counter], args=[amount, 2 * WINDOW_S])
                _answer(requests, total - amount)
        except Exception as error:  # noqa: BLE001 - each request raises it
            for request in (*requests, *self._waiting[counter]):
                if not request.used.done():
                    request.used.set_exception(error)
        finally:
            del self._waiting[counter]


def _answer(requests: list[_Request], used: int) -> None:
    """Give each request its count. `used`: the counter before the first of them."""
    for request in requests:
        used += request.amount
        if not request.used.done():  # a canceled request is done
            request.used.set_result(used)
