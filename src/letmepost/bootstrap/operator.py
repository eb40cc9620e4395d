"""The units of work of the operator's commands."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from redis.asyncio import Redis

from letmepost.bootstrap.core import open_checked_database
from letmepost.domain.processes import Process
from letmepost.gateways.clock import SystemClock
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.work import UnitsOfWork
from letmepost.settings import Settings
from letmepost.storage.sealing import Keyring


@asynccontextmanager
async def open_units(settings: Settings) -> AsyncIterator[UnitsOfWork]:
    """Open a connection to the database for one command, with the role of the API."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_checked_database(settings, Process.API, pool_size=1))
        redis = await stack.enter_async_context(Redis.from_url(settings.redis_url.get_secret_value()))
        yield UnitsOfWork(database, Keyring(settings.open_keys(), clock.entropy), clock, Wakeups(redis, redis))
