"""Wires the API: its use cases, and the application around them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import TypeAlias

from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import ASGIApp

from letmepost.bootstrap.connecting import connecting_parts
from letmepost.bootstrap.core import Core, open_core
from letmepost.bootstrap.metrics import make_metrics, queue_reader
from letmepost.bootstrap.readiness import readiness
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.processes import Process
from letmepost.gateways.clock import Clock, SystemClock
from letmepost.gateways.metrics import Metrics, SharedMetrics
from letmepost.gateways.rate_limits import RateLimits
from letmepost.gateways.sandbox import SandboxControl
from letmepost.gateways.stream_slots import StreamSlots
from letmepost.gateways.throttles import Throttles
from letmepost.gateways.wakeups import BATCH_CHANNEL, STREAM_CHANNEL, Wakeups
from letmepost.http.app import create_app
from letmepost.http.client_limits import ClientLimits
from letmepost.http.docs.site import Site
from letmepost.http.middleware import RequestTimes
from letmepost.http.services import APIServices
from letmepost.platforms import discover
from letmepost.platforms.contract import Platform
from letmepost.services.accounts.disconnect import Disconnecting
from letmepost.services.accounts.resources import AccountResources
from letmepost.services.callers import new_id
from letmepost.services.media.attachments import Attachments
from letmepost.services.media.downloads import Downloads
from letmepost.services.media.uploads import Uploads
from letmepost.services.posts.accept import Acceptance
from letmepost.services.posts.change import Editing
from letmepost.services.posts.duplicate import Duplication
from letmepost.services.posts.inline_media import PostMedia
from letmepost.services.posts.submit import Submission
from letmepost.services.posts.unpublish import Unpublishing
from letmepost.services.posts.validate import Validation
from letmepost.services.publishing.throttling import ThrottleReadings
from letmepost.services.sandbox.accounts import Sandbox
from letmepost.services.sandbox.clock import SandboxWorld
from letmepost.services.sandbox.page_clock import PageClock
from letmepost.services.tenants.api_keys import ApiKeys
from letmepost.services.webhooks.endpoints import Endpoints
from letmepost.services.webhooks.stream import Streams
from letmepost.settings import Settings
from letmepost.storage.tenants.api_keys import EveryTenantKeys

OpenMCP: TypeAlias = Callable[[], AbstractAsyncContextManager[ASGIApp | None]]
"""Opens the application that receives the messages of MCP clients."""


@asynccontextmanager
async def open_api(
    settings: Settings,
    platforms: Mapping[str, Platform],
    environment: Mapping[str, str],
    metrics: Metrics,
    open_mcp: OpenMCP,
) -> AsyncIterator[APIServices]:
    """Open the use cases of the API."""
    async with (
        open_core(settings, platforms, environment, metrics, Process.API) as core,
        listening(core.wakeups, BATCH_CHANNEL, STREAM_CHANNEL),
        metrics.served(queue_reader(core.database)),
        open_mcp() as mcp,
    ):
        media = PostMedia(core.units, core.library, core.fetching)
        acceptance = Acceptance(units=core.units, worlds=core.worlds, media=media)
        control = _sandbox_control(core)
        parts = connecting_parts(core, control)
        rate_limits = RateLimits(core.redis, core.clock, metrics)
        sandbox = Sandbox(
            units=core.units,
            control=control,
            worlds=core.worlds,
            max_accounts=settings.sandbox_accounts_max,
        )
        yield APIServices(
            clock=core.clock,
            submission=Submission(
                acceptance=acceptance,
                media=media,
                idempotency=core.idempotency,
                units=core.units,
                wakeups=core.wakeups,
            ),
            editing=Editing(acceptance, media),
            duplication=Duplication(acceptance),
            unpublishing=Unpublishing(core.units, core.worlds),
            validation=Validation(acceptance=acceptance, worlds=core.worlds, links=core.links, clock=core.clock),
            connecting=parts.connecting,
            consents=parts.consents,
            completions=parts.completions,
            connect_sessions=parts.sessions,
            hosted=parts.hosted,
            browsers=parts.browsers,
            browsers_need_tls=parts.address.is_encrypted,
            callbacks=parts.callbacks,
            disconnecting=Disconnecting(core.units, core.worlds),
            health=core.health,
            resources=AccountResources(core.units, core.worlds),
            api_keys=ApiKeys(
                found=EveryTenantKeys(core.database, core.keyring),
                clock=core.clock,
                requests_per_minute=settings.requests_per_minute,
                max_count=settings.api_keys_max,
            ),
            throttles=ThrottleReadings(core.units, core.worlds.platforms, Throttles(core.redis, core.clock)),
            platforms=core.worlds.platforms,
            endpoints=Endpoints(
                guard=core.guard, http=core.live_http, clock=core.clock, max_count=settings.webhook_endpoints_max
            ),
            streams=Streams(
                units=core.units, clock=core.clock, wakeups=core.wakeups, upload_reports=core.upload_reports
            ),
            upload_reports=core.upload_reports,
            media=Attachments(library=core.library, fetching=core.fetching, expiry=core.expiry),
            media_links=core.links,
            uploads=Uploads(
                units=core.units,
                library=core.library,
                fetching=core.fetching,
                rechecks=core.rechecks,
                direct=core.direct,
                links=core.links,
            ),
            downloads=Downloads(units=core.units, library=core.library, links=core.links, metrics=metrics),
            sandbox=sandbox,
            sandbox_world=SandboxWorld(sandbox),
            page_clock=PageClock(core.units, control, _text(settings.sandbox_token)),
            idempotency=core.idempotency,
            units=core.units,
            rate_limits=rate_limits,
            client_limits=ClientLimits(rate_limits, settings.trusted_proxies),
            requests_per_minute=settings.requests_per_minute,
            stream_slots=StreamSlots(core.redis, core.clock, settings.event_streams_per_key, metrics),
            operator_token=_text(settings.operator_token),
            docs_url=docs_url(settings),
            public_url=str(settings.public_url).rstrip("/"),
            check_readiness=readiness(core),
            mcp=mcp,
        )


@asynccontextmanager
async def listening(wakeups: Wakeups, *channels: str) -> AsyncIterator[None]:
    """Listen to the channels while the context is open."""
    listener = asyncio.create_task(wakeups.listen(*channels))
    try:
        yield
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


def make_api(
    settings: Settings,
    platforms: Mapping[str, Platform],
    environment: Mapping[str, str],
    shared_metrics: SharedMetrics | None = None,
    *,
    docs_site: Site | None = None,
    open_mcp: OpenMCP = nullcontext,
) -> FastAPI:
    """Return the application. It opens its services when it starts."""
    clock, metrics = SystemClock(), make_metrics(settings, shared_metrics)
    timed = partial(RequestTimes, metrics=metrics, monotonic_s=clock.monotonic_s)
    return create_app(
        partial(open_api, settings, platforms, environment, metrics, open_mcp),
        docs_url=docs_url(settings),
        new_request_id=partial(new_request_id, clock),
        server_url=str(settings.public_url).rstrip("/"),
        example_platform=_example_platform(),
        cors_origins=settings.cors_origins,
        time_requests=None if settings.metrics_port is None else timed,
        docs_site=docs_site,
    )


def describe_api() -> str:
    """Return the OpenAPI document of the API, as committed."""
    app = create_app(_no_services, docs_url="/docs", new_request_id=str, example_platform=_example_platform())
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def _example_platform() -> str:
    return next(iter(discover()))


@asynccontextmanager
async def _no_services() -> AsyncIterator[APIServices]:
    """Return services for an application that is only described, never called."""
    raise RuntimeError("this application only describes itself")
    yield


def new_request_id(clock: Clock) -> str:
    """Return the id of a request that arrives without one."""
    return format_id(Prefix.REQUEST, new_id(clock))


def docs_url(settings: Settings) -> str:
    """Return the URL of the pages that errors link to."""
    return f"{str(settings.public_url).rstrip('/')}/docs"


def _sandbox_control(core: Core) -> SandboxControl | None:
    settings = core.settings
    if settings.sandbox_url is None or settings.sandbox_token is None:
        return None
    return SandboxControl(core.sandbox_http, str(settings.sandbox_url), settings.sandbox_token.get_secret_value())


def _text(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
