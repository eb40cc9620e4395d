"""The only wiring: settings in, services out."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from letmepost import __version__
from letmepost.domain.ids import Prefix, spell
from letmepost.gateways.addresses import AddressGuard, AddressPolicy, Origin, read_origin
from letmepost.gateways.blobs import DiskBlobStore
from letmepost.gateways.clock import Clock, SystemClock
from letmepost.gateways.heartbeats import Heartbeats
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.name_lookup import NameLookup
from letmepost.gateways.rate_limits import RateLimits
from letmepost.gateways.sandbox import SandboxControl
from letmepost.gateways.wakeups import BATCH_CHANNEL, Wakeups
from letmepost.http.services import APIServices, Readiness
from letmepost.platforms import discover
from letmepost.platforms.contract import PlatformSettings
from letmepost.services.accounts import Accounts
from letmepost.services.api_keys import ApiKeys
from letmepost.services.attempts import Tools
from letmepost.services.callers import new_id
from letmepost.services.idempotency import Idempotency
from letmepost.services.leases import Leases
from letmepost.services.media import MediaLibrary
from letmepost.services.outcomes import Submission
from letmepost.services.posts import Posts
from letmepost.services.publishing import Publishing
from letmepost.services.sandbox import Sandbox
from letmepost.services.webhooks import Deliveries, Endpoints
from letmepost.services.worlds import Worlds
from letmepost.settings import Settings
from letmepost.storage.claims import EveryTenantClaims
from letmepost.storage.database import Database, open_database, powerful_role
from letmepost.storage.migrating import known_revisions
from letmepost.storage.readiness import DatabaseReadiness
from letmepost.storage.sealing import Keyring
from letmepost.worker.main import WorkerServices

USER_AGENT = f"letmepost/{__version__}"
OVERDUE_S = 60.0


class UnsafeDeploymentError(RuntimeError):
    """The deployment is set up so that a promise could not be kept; nothing was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What API and worker share."""

    settings: Settings
    clock: Clock
    database: Database
    redis: Redis
    keyring: Keyring
    guard: AddressGuard
    live_http: HTTPClient
    sandbox_http: HTTPClient
    worlds: Worlds
    idempotency: Idempotency
    library: MediaLibrary
    wakeups: Wakeups


@asynccontextmanager
async def open_core(settings: Settings, platforms: dict[str, PlatformSettings]) -> AsyncIterator[Core]:
    """Everything that API and worker share, open.

    Raises:
        UnsafeDeploymentError: the database role is not bound by row-level security.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database = open_database(settings.database_url.get_secret_value(), pool_size=settings.database_pool)
        stack.push_async_callback(database.close)
        await _refuse_powerful_role(database)
        redis_url = settings.redis_url.get_secret_value()
        redis, subscriber = open_redis(redis_url, timeout_s=1.0), open_redis(redis_url, timeout_s=None)
        stack.push_async_callback(redis.aclose)
        stack.push_async_callback(subscriber.aclose)
        lookup = NameLookup()
        stack.callback(lookup.close)
        sandbox = None if settings.sandbox_url is None else read_origin(str(settings.sandbox_url))
        guard = AddressGuard(_live_policy(settings, sandbox), lookup)
        live_http = HTTPClient(guard=guard, clock=clock, user_agent=USER_AGENT)
        stack.push_async_callback(live_http.close)
        only = AddressPolicy(allow_private=True, allow_http=True, only_origins=_set(sandbox))
        sandbox_http = HTTPClient(guard=AddressGuard(only, lookup), clock=clock, user_agent=USER_AGENT)
        stack.push_async_callback(sandbox_http.close)
        keyring = Keyring(settings.open_keys(), clock.entropy)
        idempotency = Idempotency(database, keyring, clock)
        yield Core(
            settings=settings,
            clock=clock,
            database=database,
            redis=redis,
            keyring=keyring,
            guard=guard,
            live_http=live_http,
            sandbox_http=sandbox_http,
            worlds=Worlds(
                platforms=discover(),
                settings=platforms,
                live_http=live_http,
                sandbox_http=sandbox_http,
                sandbox_url=None if settings.sandbox_url is None else str(settings.sandbox_url),
            ),
            idempotency=idempotency,
            library=MediaLibrary(
                database=database,
                blobs=DiskBlobStore(settings.media_dir),
                http=live_http,
                clock=clock,
                idempotency=idempotency,
            ),
            wakeups=Wakeups(redis, subscriber),
        )


@asynccontextmanager
async def open_api(settings: Settings, platforms: dict[str, PlatformSettings]) -> AsyncIterator[APIServices]:
    """The use cases behind the API."""
    async with open_core(settings, platforms) as core, listening(core.wakeups, BATCH_CHANNEL):
        posts = Posts(
            database=core.database,
            keyring=core.keyring,
            clock=core.clock,
            worlds=core.worlds,
            library=core.library,
            idempotency=core.idempotency,
            wakeups=core.wakeups,
        )
        accounts = Accounts(
            database=core.database,
            keyring=core.keyring,
            clock=core.clock,
            worlds=core.worlds,
            idempotency=core.idempotency,
        )
        yield APIServices(
            clock=core.clock,
            posts=posts,
            submission=Submission(
                posts=posts,
                idempotency=core.idempotency,
                database=core.database,
                wakeups=core.wakeups,
                clock=core.clock,
            ),
            accounts=accounts,
            api_keys=ApiKeys(core.database, core.keyring, core.clock, core.idempotency),
            endpoints=Endpoints(
                database=core.database,
                keyring=core.keyring,
                clock=core.clock,
                guard=core.guard,
                idempotency=core.idempotency,
            ),
            media=core.library,
            sandbox=Sandbox(control=_sandbox_control(core), accounts=accounts, worlds=core.worlds),
            idempotency=core.idempotency,
            rate_limits=RateLimits(core.redis, core.clock),
            requests_per_minute=settings.requests_per_minute,
            operator_token=_text(settings.operator_token),
            docs_url=docs_url(settings),
            rules=tuple(rule for platform in discover().values() for rule in platform.rules),
            check_readiness=_readiness(core),
        )


@asynccontextmanager
async def open_worker(settings: Settings, platforms: dict[str, PlatformSettings]) -> AsyncIterator[WorkerServices]:
    """The use cases behind the worker."""
    async with open_core(settings, platforms) as core:
        claims = EveryTenantClaims(core.database)
        leases = Leases(claims, core.clock, lease_s=settings.lease_s)
        tools = Tools(
            database=core.database,
            keyring=core.keyring,
            clock=core.clock,
            worlds=core.worlds,
            library=core.library,
            leases=leases,
            wakeups=core.wakeups,
            jitter=_jitter,
        )
        yield WorkerServices(
            publishing=Publishing(tools, claims, lease_s=settings.lease_s),
            deliveries=Deliveries(
                database=core.database, keyring=core.keyring, clock=core.clock, http=core.live_http, jitter=_jitter
            ),
            library=core.library,
            leases=leases,
            wakeups=core.wakeups,
            beat=partial(Heartbeats(core.redis).beat, str(new_id(core.clock))),
            post_slots=settings.worker_slots,
            delivery_slots=settings.delivery_slots,
            grace_s=settings.shutdown_grace_s,
        )


@asynccontextmanager
async def open_api_keys(settings: Settings) -> AsyncIterator[ApiKeys]:
    """What the operator's commands need."""
    clock = SystemClock()
    database = open_database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        await _refuse_powerful_role(database)
        keyring = Keyring(settings.open_keys(), clock.entropy)
        yield ApiKeys(database, keyring, clock, Idempotency(database, keyring, clock))
    finally:
        await database.close()


@asynccontextmanager
async def listening(wakeups: Wakeups, channel: str) -> AsyncIterator[None]:
    """Pass the channel's hints on, meanwhile."""
    listener = asyncio.create_task(wakeups.listen(channel))
    try:
        yield
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


def open_redis(url: str, *, timeout_s: float | None) -> Redis:
    """A client that tries once more and then gives up: Redis is a hint, and nobody waits long for one."""
    client: Redis = Redis.from_url(
        url, socket_connect_timeout=1.0, socket_timeout=timeout_s, retry=Retry(NoBackoff(), 1), health_check_interval=10
    )
    return client


def new_request_id(clock: Clock) -> str:
    """The id of a request that brings none."""
    return spell(Prefix.REQUEST, new_id(clock))


def docs_url(settings: Settings) -> str:
    """Where the pages are that errors link to."""
    return f"{str(settings.public_url).rstrip('/')}/docs"


async def _refuse_powerful_role(database: Database) -> None:
    role = await powerful_role(database)
    if role is not None:
        message = (
            f"The database role {role!r} is a superuser or has BYPASSRLS, so row-level security would not bind it. "
            "Give DATABASE_URL a role of its own; `letmepost migrate` makes it."
        )
        raise UnsafeDeploymentError(message)


def _live_policy(settings: Settings, sandbox: Origin | None) -> AddressPolicy:
    return AddressPolicy(
        allow_private=settings.allow_private_addresses,
        allow_http=settings.allow_private_addresses,
        never_origins=_set(sandbox),
    )


def _set(origin: Origin | None) -> frozenset[Origin]:
    return frozenset() if origin is None else frozenset({origin})


def _sandbox_control(core: Core) -> SandboxControl | None:
    settings = core.settings
    if settings.sandbox_url is None or settings.sandbox_token is None:
        return None
    return SandboxControl(core.sandbox_http, str(settings.sandbox_url), settings.sandbox_token.get_secret_value())


def _readiness(core: Core) -> Callable[[], Awaitable[Readiness]]:
    schema = DatabaseReadiness(core.database, known_revisions())
    heartbeats = Heartbeats(core.redis)

    async def check() -> Readiness:
        parts: dict[str, str | None] = {"database": None, "redis": None, "worker": None, "overdue": None}
        try:
            parts["database"] = await schema.problem()
            overdue_s = await schema.oldest_overdue_s()
            parts["overdue"] = f"a post waits for {overdue_s:.0f} s" if overdue_s > OVERDUE_S else None
        except (SQLAlchemyError, OSError) as error:
            parts["database"] = f"does not answer: {type(error).__name__}"
        try:
            parts["worker"] = None if await heartbeats.count() else "no worker lives"
        except (RedisError, OSError) as error:
            parts["redis"] = f"does not answer: {type(error).__name__}"
        return Readiness(parts=parts)

    return check


def _jitter() -> float:
    return random.uniform(-1, 1)  # noqa: S311 - spreads retries; protects nothing


def _text(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
