"""The API as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from letmepost import __version__
from letmepost.domain.errors import ErrorCode, PlatformFailure, RequestError, SendFailure
from letmepost.http.errors import envelope, error_fields, status_of, validation_fields
from letmepost.http.middleware import BodyLimits, BrowserAccess, RequestIds
from letmepost.http.openapi import DescribedAPI
from letmepost.http.routes import docs, platforms, service
from letmepost.http.routes.accounts import accounts, connect_sessions, consents, hosted
from letmepost.http.routes.media import media, uploads
from letmepost.http.routes.posts import bulk, editing, posts
from letmepost.http.routes.sandbox import sandbox
from letmepost.http.routes.tenants import keys, organizations, pauses, profiles, usage
from letmepost.http.routes.webhooks import endpoints, events, streaming
from letmepost.http.services import APIServices


def create_app(
    open_services: Callable[[], AbstractAsyncContextManager[APIServices]],
    *,
    docs_url: str,
    new_request_id: Callable[[], str],
    example_platform: str = "example",
    cors_origins: Sequence[str] = (),
    time_requests: Callable[[ASGIApp], ASGIApp] | None = None,
) -> FastAPI:
    """The application.

    Args:
        open_services: entered when it starts and left when it stops.
        docs_url: where errors link to.
        example_platform: the platform that the examples in its description show.
        cors_origins: the pages that may upload media and follow the event stream from a browser.
        time_requests: put around everything else, where somebody watches.
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
        example_platform=example_platform,
    )
    # Set when the server is asked to stop: it would wait for those who follow a stream, and they for it.
    app.state.stopping = asyncio.Event()
    # For errors that the server itself answers, before the application sees a request.
    app.state.describe_error = lambda fields: envelope(fields, docs_url=docs_url, request_id=new_request_id())
    # Routes are tried one after another, so those that are called most come first.
    for router in (
        posts.router,
        events.router,
        media.router,
        bulk.router,
        editing.router,
        accounts.router,
        accounts.sandbox_router,
        consents.router,
        connect_sessions.router,
        hosted.router,
        sandbox.router,
        uploads.router,
        uploads.signed_router,
        pauses.router,
        keys.router,
        profiles.router,
        platforms.router,
        usage.router,
        organizations.router,
        endpoints.router,
        streaming.router,
        service.router,
        docs.router,
    ):
        app.include_router(router)
    _handle_errors(app, docs_url)
    app.add_middleware(BodyLimits, docs_url=docs_url)
    if cors_origins:
        app.add_middleware(BrowserAccess, origins=cors_origins)
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
        return respond(request, status_of(error), error_fields(error), headers)

    @app.exception_handler(PlatformFailure)
    async def on_platform_failure(request: Request, error: PlatformFailure) -> JSONResponse:
        return respond(request, status_of(error), error_fields(error))

    @app.exception_handler(SendFailure)
    async def on_send_failure(request: Request, error: SendFailure) -> JSONResponse:
        return respond(request, 503, {"code": ErrorCode.PLATFORM_UNAVAILABLE, "message": str(error)})

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return respond(request, 400, validation_fields(error))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        code = ErrorCode.NOT_FOUND if error.status_code == HTTPStatus.NOT_FOUND else ErrorCode.VALIDATION_FAILED
        fields = {"code": code, "message": f"{request.method} {request.url.path}: {error.detail}."}
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = headers.get("Allow", headers.get("allow", ""))
            fields |= {"rule": "method.not_allowed", "remediation": f"Use {allowed}."}
        return respond(request, error.status_code, fields, headers)
