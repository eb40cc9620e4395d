"""Wires what the API and the worker share."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from letmepost import __version__
from letmepost.domain.processes import Process
from letmepost.gateways.addresses import AddressGuard, AddressPolicy, Origin, read_origin
from letmepost.gateways.blobs import BlobStore, DirectUploads, DiskBlobStore
from letmepost.gateways.blobs.s3 import Bucket, open_s3
from letmepost.gateways.clock import Clock, SystemClock
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.media.probes import MediaProbes
from letmepost.gateways.metrics import Metrics
from letmepost.gateways.name_lookup import NameLookup
from letmepost.gateways.upload_progress import UploadReports
from letmepost.gateways.wakeups import Wakeups
from letmepost.platforms.contract import Platform
from letmepost.services.accounts.health import HealthChecks
from letmepost.services.idempotency import Idempotency
from letmepost.services.media.expiry import MediaExpiry
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.fitting import ImageFitting
from letmepost.services.media.library import MediaLibrary
from letmepost.services.media.links import MediaLinks
from letmepost.services.media.rechecks import PostRechecks
from letmepost.services.platform_access import SandboxAccess, Worlds
from letmepost.services.platform_costs import CostMeter
from letmepost.services.work import UnitsOfWork
from letmepost.settings import Settings, platform_settings
from letmepost.storage.database import Database, open_database
from letmepost.storage.logins import read_login
from letmepost.storage.media.sweeps import EveryTenantMedia
from letmepost.storage.roles import UnsafeDeploymentError
from letmepost.storage.sealing import Keyring

USER_AGENT = f"letmepost/{__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The parts that the API and the worker share."""

    settings: Settings
    clock: Clock
    database: Database
    redis: Redis
    keyring: Keyring
    guard: AddressGuard
    live_http: HTTPClient
    sandbox_http: HTTPClient
    worlds: Worlds
    health: HealthChecks
    units: UnitsOfWork
    idempotency: Idempotency
    library: MediaLibrary
    links: MediaLinks
    fetching: MediaFetching
    rechecks: PostRechecks
    expiry: MediaExpiry
    direct: DirectUploads | None
    wakeups: Wakeups
    upload_reports: UploadReports
    meter: CostMeter


@asynccontextmanager
async def open_core(
    settings: Settings,
    platforms: Mapping[str, Platform],
    environment: Mapping[str, str],
    metrics: Metrics,
    process: Process,
    clock: Clock | None = None,
) -> AsyncIterator[Core]:
    """Open the parts that the API and the worker share.

    Args:
        platforms: by name. Their settings are read from the environment.
        clock: the system clock by default.

    Raises:
        UnsafeDeploymentError: the login role has too many rights for the process, or too few.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            open_checked_database(settings, process, pool_size=settings.database_pool)
        )
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
        answers_kept_for = timedelta(hours=settings.idempotency_kept_hours)
        wakeups, upload_reports = Wakeups(redis, subscriber), UploadReports(redis, clock)
        stack.push_async_callback(upload_reports.close)
        units = UnitsOfWork(database, keyring, clock, wakeups)
        blobs, direct = open_blobs(settings, stack)
        kept_for = timedelta(days=settings.media_days)
        probes = MediaProbes(settings.media_processes)
        stack.push_async_callback(probes.close)
        library = MediaLibrary(units=units, blobs=blobs, probe=probes.probe, kept_for=kept_for)
        fitting = ImageFitting(library, probes.convert)
        links = MediaLinks(keyring, clock, str(settings.public_url))
        by_platform = platform_settings(environment, platforms)
        meter = CostMeter(units)
        stack.push_async_callback(meter.close)
        worlds = Worlds(
            platforms={name: platform.configured(by_platform[name]) for name, platform in platforms.items()},
            settings=by_platform,
            live_http=live_http,
            sandbox=_sandbox_access(settings, sandbox_http),
            is_public=links.are_public,
            metrics=metrics,
            meter=meter,
        )
        yield Core(
            settings=settings,
            clock=clock,
            database=database,
            redis=redis,
            keyring=keyring,
            guard=guard,
            live_http=live_http,
            sandbox_http=sandbox_http,
            worlds=worlds,
            health=HealthChecks(units, worlds),
            units=units,
            idempotency=Idempotency(units, keyring, clock, kept_for=answers_kept_for),
            library=library,
            links=links,
            fetching=MediaFetching(units=units, library=library, fitting=fitting, direct=direct, http=live_http),
            rechecks=PostRechecks(units=units, platforms=worlds.platforms, wakeups=wakeups),
            expiry=MediaExpiry(units=units, every_tenant=EveryTenantMedia(database), library=library),
            direct=direct,
            meter=meter,
            wakeups=wakeups,
            upload_reports=upload_reports,
        )


def open_redis(url: str, *, timeout_s: float | None) -> Redis:
    """Return a client that retries once and then fails: Redis holds only hints, so no caller waits long for it."""
    client: Redis = Redis.from_url(
        url, socket_connect_timeout=1.0, socket_timeout=timeout_s, retry=Retry(NoBackoff(), 1), health_check_interval=10
    )
    return client


@asynccontextmanager
async def open_checked_database(settings: Settings, process: Process, *, pool_size: int) -> AsyncIterator[Database]:
    """Open the database with the login role of a process, after a check of the rights of that role.

    Raises:
        UnsafeDeploymentError: the login role has too many rights for the process, or too few.
    """
    url = settings.database_url_of(process)
    if url is None:
        raise UnsafeDeploymentError(
            f"{process.variable} is not set. `letmepost migrate` creates the role that it names."
        )
    database = open_database(url.get_secret_value(), pool_size=pool_size)
    try:
        problem = (await read_login(database)).problem(process)
        if problem is not None:
            raise UnsafeDeploymentError(" ".join(problem))
        yield database
    finally:
        await database.close()


async def check_database(settings: Settings, process: Process) -> None:
    """Check that a process could start. Raise as `open_checked_database`, or the error of the connection."""
    async with open_checked_database(settings, process, pool_size=1):
        pass


def open_blobs(settings: Settings, stack: AsyncExitStack) -> tuple[BlobStore, DirectUploads | None]:
    """Return the store of media files; and the same store again if callers can upload to it directly."""
    if settings.s3_bucket is None:
        return DiskBlobStore(settings.media_dir), None
    secret = settings.s3_secret_access_key
    bucket = Bucket(
        name=settings.s3_bucket,
        endpoint=None if settings.s3_endpoint is None else str(settings.s3_endpoint),
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_id,
        secret_access_key=None if secret is None else secret.get_secret_value(),
    )
    store = open_s3(bucket)
    stack.callback(store.close)
    return store, store


def _live_policy(settings: Settings, sandbox: Origin | None) -> AddressPolicy:
    return AddressPolicy(
        allow_private=settings.allow_private_addresses,
        allow_http=settings.allow_private_addresses,
        never_origins=_set(sandbox),
    )


def _sandbox_access(settings: Settings, http: HTTPClient) -> SandboxAccess | None:
    if settings.sandbox_url is None:
        return None
    browser_url = str(settings.sandbox_public_url or settings.sandbox_url)
    key = settings.sandbox_link_key
    return SandboxAccess(
        http, str(settings.sandbox_url), browser_url, link_key=None if key is None else key.get_secret_value()
    )


def _set(origin: Origin | None) -> frozenset[Origin]:
    return frozenset() if origin is None else frozenset({origin})
