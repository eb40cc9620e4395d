"""The API as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from letmepost import __version__
from letmepost.domain.errors import FailureKind, PlatformFailure, RequestError, SendFailure, Unauthenticated
from letmepost.http.docs.site import Site
from letmepost.http.errors import envelope, error_fields, invalid_shape, status_of
from letmepost.http.middleware import BodyLimits, BrowserAccess, RequestIds, TrailingSlashes
from letmepost.http.openapi import DescribedAPI
from letmepost.http.routes import docs, mcp, platforms, service
from letmepost.http.routes.accounts import accounts, connect_sessions, consents, hosted, resources
from letmepost.http.routes.media import media, reading, uploads
from letmepost.http.routes.posts import bulk, editing, posts
from letmepost.http.routes.sandbox import page_clock, sandbox
from letmepost.http.routes.tenants import keys, organizations, pauses, profiles, usage
from letmepost.http.routes.webhooks import endpoints, events, streaming
from letmepost.http.services import APIServices
from letmepost.http.unknown_paths import explain_http

# Routes are tried one after another, so those that are called most come first.
_ROUTERS: Sequence[APIRouter] = (
    posts.router,
    events.router,
    media.router,
    bulk.router,
    editing.router,
    accounts.router,
    accounts.sandbox_router,
    resources.router,
    consents.router,
    connect_sessions.router,
    hosted.router,
    sandbox.router,
    page_clock.router,
    uploads.router,
    uploads.signed_router,
    reading.router,
    pauses.router,
    keys.router,
    profiles.router,
    platforms.router,
    usage.router,
    organizations.router,
    endpoints.router,
    streaming.router,
    mcp.router,
    service.router,
    docs.router,
    posts.foreign_router,
)


def create_app(
    open_services: Callable[[], AbstractAsyncContextManager[APIServices]],
    *,
    docs_url: str,
    new_request_id: Callable[[], str],
    server_url: str = "/",
    example_platform: str = "example",
    cors_origins: Sequence[str] = (),
    time_requests: Callable[[ASGIApp], ASGIApp] | None = None,
    docs_site: Site | None = None,
) -> FastAPI:
    """Return the application.

    Args:
        open_services: entered when it starts and left when it stops.
        docs_url: where errors link to.
        server_url: the base URL of the API in its OpenAPI description.
        example_platform: the platform that the examples in its description show.
        cors_origins: the pages that may upload media and follow the event stream from a browser.
        time_requests: the outermost middleware, if metrics are collected.
        docs_site: the built documentation; without it, generated pages are plain.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services() as services:
            app.state.services = services
            yield

    app = DescribedAPI(
        title="letmepost",
        version=__version__,
        summary="Publish to many social accounts, once and only once.",
        lifespan=lifespan,
        redirect_slashes=False,
        example_platform=example_platform,
        server_url=server_url,
    )
    # Set when the server stops. It waits for open event streams, so they have to end.
    app.state.stopping = asyncio.Event()
    app.state.docs_site = docs_site or Site()
    # For errors that the server itself returns, before the application receives a request.
    app.state.describe_error = lambda error: envelope(
        error_fields(error), docs_url=docs_url, request_id=new_request_id()
    )
    for router in _ROUTERS:
        app.include_router(router)
    app.state.routes = [route for router in _ROUTERS for route in router.routes]  # for errors of unknown paths
    _handle_errors(app, docs_url)
    app.add_middleware(BodyLimits, docs_url=docs_url)
    if cors_origins:
        app.add_middleware(BrowserAccess, origins=cors_origins)
    app.add_middleware(TrailingSlashes)
    app.add_middleware(RequestIds, new_request_id=new_request_id, docs_url=docs_url)
    if time_requests is not None:
        app.add_middleware(time_requests)
    return app


def _handle_errors(app: FastAPI, docs_url: str) -> None:
    def respond(
        request: Request, status: int, fields: dict[str, Any], headers: dict[str, str] | None = None
    ) -> JSONResponse:
        body = envelope(fields, docs_url=docs_url, request_id=request.state.request_id)
        return JSONResponse(body, status, headers=headers)

    @app.exception_handler(RequestError)
    async def on_request_error(request: Request, error: RequestError) -> JSONResponse:
        headers = {} if error.retry_after_s is None else {"retry-after": str(error.retry_after_s)}
        if isinstance(error, Unauthenticated):
            headers["www-authenticate"] = 'Bearer realm="letmepost"'
        return respond(request, status_of(error), error_fields(error), headers)

    @app.exception_handler(PlatformFailure)
    async def on_platform_failure(request: Request, error: PlatformFailure) -> JSONResponse:
        return respond(request, status_of(error), error_fields(error))

    @app.exception_handler(SendFailure)
    async def on_send_failure(request: Request, error: SendFailure) -> JSONResponse:
        return await on_platform_failure(request, PlatformFailure(FailureKind.UNAVAILABLE, str(error)))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return await on_request_error(request, invalid_shape(error, request))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        explained, headers = explain_http(request, error)
        return respond(request, error.status_code, error_fields(explained), headers)
