"""Which workers live: each says so now and then, and is forgotten when it stops."""

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_KEY = "letmepost:workers:"
_FORGOTTEN_AFTER_S = 20

log = structlog.get_logger()


class Heartbeats:
    """Signs of life in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def beat(self, worker: str) -> None:
        """This worker lives."""
        try:
            await self._redis.set(_KEY + worker, b"1", ex=_FORGOTTEN_AFTER_S)
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="heartbeats")

    async def count(self) -> int:
        """How many workers live.

        Raises:
            RedisError: Redis does not answer.
        """
        return len([key async for key in self._redis.scan_iter(match=_KEY + "*", count=1000)])
