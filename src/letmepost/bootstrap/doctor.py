"""Wires the parts that `letmepost doctor` checks."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from letmepost.bootstrap.core import USER_AGENT, open_blobs, open_redis
from letmepost.cli.doctor.parts import Parts
from letmepost.gateways.addresses import AddressGuard, AddressPolicy, read_origin
from letmepost.gateways.clock import Clock, SystemClock
from letmepost.gateways.heartbeats import Heartbeats
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.name_lookup import NameLookup
from letmepost.gateways.sandbox import SandboxControl
from letmepost.services.media.links import MediaLinks
from letmepost.settings import Settings
from letmepost.storage.database import open_database
from letmepost.storage.inspection import DatabaseInspection
from letmepost.storage.readiness import DatabaseReadiness
from letmepost.storage.revisions import newest_revision
from letmepost.storage.sealing import Keyring


@asynccontextmanager
async def open_parts(settings: Settings) -> AsyncIterator[Parts]:
    """Open the parts of a deployment. A part is connected to when it is checked, not before."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value()
        database = open_database(url, pool_size=1)
        stack.push_async_callback(database.close)
        redis = open_redis(settings.redis_url.get_secret_value(), timeout_s=1.0)
        stack.push_async_callback(redis.aclose)
        worker_url = settings.worker_database_url
        lookup = NameLookup()
        stack.callback(lookup.close)
        yield Parts(
            clock=clock,
            inspection=DatabaseInspection(url),
            worker_inspection=None if worker_url is None else DatabaseInspection(worker_url.get_secret_value()),
            schema=DatabaseReadiness(database, newest_revision()),
            ping_redis=redis.ping,
            heartbeats=Heartbeats(redis),
            blobs=open_blobs(settings, stack)[0],
            sandbox=_sandbox(settings, clock, lookup, stack),
            http=_client_of(str(settings.public_url), clock, lookup, stack),
            links=MediaLinks(Keyring(settings.open_keys(), clock.entropy), clock, str(settings.public_url)),
            lookup=lookup,
        )


def _sandbox(settings: Settings, clock: Clock, lookup: NameLookup, stack: AsyncExitStack) -> SandboxControl | None:
    if settings.sandbox_url is None or settings.sandbox_token is None:
        return None
    url = str(settings.sandbox_url)
    return SandboxControl(_client_of(url, clock, lookup, stack), url, settings.sandbox_token.get_secret_value())


def _client_of(url: str, clock: Clock, lookup: NameLookup, stack: AsyncExitStack) -> HTTPClient:
    """Return a client that calls only the origin of a URL."""
    policy = AddressPolicy(allow_private=True, allow_http=True, only_origins=frozenset({read_origin(url)}))
    http = HTTPClient(guard=AddressGuard(policy, lookup), clock=clock, user_agent=USER_AGENT)
    stack.push_async_callback(http.close)
    return http
