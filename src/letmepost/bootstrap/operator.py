"""What the operator's commands need."""

from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from redis.asyncio import Redis

from letmepost.bootstrap.core import open_checked_database
from letmepost.cli.wiring import Operator
from letmepost.domain.processes import Process
from letmepost.gateways.clock import SystemClock
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.operator_requests import OperatorRequests
from letmepost.services.tenants.organizations import Organizations
from letmepost.services.tenants.pauses import Pauses
from letmepost.settings import Settings
from letmepost.storage.sealing import Keyring


@asynccontextmanager
async def open_operator(settings: Settings, platforms: Collection[str]) -> AsyncIterator[Operator]:
    """What the operator's commands need."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_checked_database(settings, Process.API, pool_size=1))
        redis = await stack.enter_async_context(Redis.from_url(settings.redis_url.get_secret_value()))
        keyring = Keyring(settings.open_keys(), clock.entropy)
        requests = OperatorRequests(database, keyring, clock, kept_for=timedelta(hours=settings.idempotency_kept_hours))
        yield Operator(
            organizations=Organizations(database=database, keyring=keyring, clock=clock, requests=requests),
            pauses=Pauses(database=database, clock=clock, platforms=platforms, wakeups=Wakeups(redis, redis)),
        )
