"""The heartbeats of running workers, which expire when a worker stops."""

import asyncio
from pathlib import Path

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_KEY = "letmepost:workers:"
_FORGOTTEN_AFTER_S = 20

log = structlog.get_logger()


class Heartbeats:
    """Heartbeats in Redis, and in a file for health checks of this process."""

    def __init__(self, redis: Redis, alive_file: Path | None = None) -> None:
        self._redis = redis
        self._alive_file = alive_file

    async def beat(self, worker: str) -> None:
        """Report that this worker is running."""
        try:
            await self._redis.set(_KEY + worker, b"1", ex=_FORGOTTEN_AFTER_S)
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="heartbeats")
        if self._alive_file is not None:
            await asyncio.to_thread(self._alive_file.touch)

    async def count(self) -> int:
        """Return the number of running workers.

        Raises:
            RedisError: Redis does not answer.
        """
        return len([key async for key in self._redis.scan_iter(match=_KEY + "*", count=1000)])
