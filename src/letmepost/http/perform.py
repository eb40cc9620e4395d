"""Runs use cases for routes: one unit of work, one response per `Idempotency-Key`."""

import re
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from fastapi import Request, Response

from letmepost.domain import refusals
from letmepost.http.gate import caller_of
from letmepost.http.schemas.base import View
from letmepost.http.services import APIServices
from letmepost.services.callers import Caller
from letmepost.services.idempotency import Answer
from letmepost.services.work import OpenWork, Reads, Work
from letmepost.storage.database import DEPLOYMENT, Tenant
from letmepost.storage.idempotency import IdempotencyClaim

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")

T = TypeVar("T")
P = TypeVar("P")
R = TypeVar("R")


class Shown(Protocol):
    """A part of a response that can be encoded: a `View`, or what a platform declares."""

    def encode(self) -> bytes:
        """Return it as JSON."""


def begin_work(request: Request) -> OpenWork:
    """Open a unit of work of the caller, for routes that only read."""
    services: APIServices = request.app.state.services
    return services.units.begin(caller_of(request))


def reads_of(request: Request) -> Reads:
    """Return the reads of the caller that need no unit of work."""
    services: APIServices = request.app.state.services
    return services.units.read(caller_of(request))


def begin_work_for_operator(request: Request) -> OpenWork:
    """Open a unit of work of the deployment, for routes of the operator that only read."""
    services: APIServices = request.app.state.services
    return services.units.begin(DEPLOYMENT)


async def perform(
    request: Request,
    run: Callable[[Work], Awaitable[T]],
    show: Callable[[T], Shown],
    *,
    check: Callable[[], Awaitable[None]] | None = None,
    status: int | Callable[[T], int] = 200,
    location: Callable[[T], str] | None = None,
    has_secret: bool = False,
) -> Response:
    """Run a use case in one unit of work of the caller, or replay the response to the same request.

    Args:
        location: the path of the result, for the `Location` header.
        check: a check that calls the network. It precedes the unit of work, and is skipped if the key is known.
        status: the status code, or a function that returns it for a result.
        has_secret: the response may be replayed to the same API key only, for ten minutes.

    Raises:
        InvalidRequest: the Idempotency-Key is malformed.
        IdempotencyConflict: the key was used for another request, or the first request is still running.
    """
    services: APIServices = request.app.state.services
    caller, claim = caller_of(request), await claim_of(request)
    answer = await services.idempotency.perform(
        caller, claim, run, renderer(show, status, location), check=check, has_secret=has_secret
    )
    return to_response(answer)


async def perform_remotely(  # noqa: PLR0913 - three steps, their reversal, and how to render the response
    request: Request,
    *,
    prepare: Callable[[Work], Awaitable[P]],
    call: Callable[[P], Awaitable[R]],
    record: Callable[[Work, R], Awaitable[T]],
    show: Callable[[T], Shown],
    undo: Callable[[R], Awaitable[None]] | None = None,
    status: int | Callable[[T], int] = 200,
    has_secret: bool = False,
    body: bytes | None = None,
) -> Response:
    """Run a use case that calls the network between two units of work of the caller; otherwise like `perform`.

    Args:
        undo: reverses the call if its result is not recorded; see `Idempotency.perform_remotely`.
        body: the bytes that represent the body in the request's fingerprint, if not the raw body.
    """
    services: APIServices = request.app.state.services
    answer = await services.idempotency.perform_remotely(
        caller_of(request),
        await claim_of(request, body=body),
        prepare=prepare,
        call=call,
        record=record,
        undo=undo,
        render=renderer(show, status),
        has_secret=has_secret,
    )
    return to_response(answer)


async def perform_in_parts(
    request: Request,
    run: Callable[[], Awaitable[T]],
    show: Callable[[T], Shown],
    *,
    is_final: Callable[[T], bool],
    status: int = 200,
) -> Response:
    """Run a use case of several units of work, each with its own key; see `Idempotency.perform_in_parts`.

    Args:
        is_final: returns True if the response may be stored and replayed. Otherwise the same request runs again.
    """
    services: APIServices = request.app.state.services
    answer = await services.idempotency.perform_in_parts(
        caller_of(request), await claim_of(request), run, renderer(show, status), is_final=is_final
    )
    return to_response(answer)


async def perform_for_operator(
    request: Request,
    run: Callable[[Work], Awaitable[T]],
    show: Callable[[T], Shown],
    *,
    status: int = 200,
    has_secret: bool = False,
) -> Response:
    """Run a use case of the operator in one unit of work of the deployment; otherwise like `perform`.

    `run` reaches the rows of a tenant through `Work.acting_for`.
    """
    services: APIServices = request.app.state.services
    claim = await claim_of(request, DEPLOYMENT)
    answer = await services.idempotency.perform(DEPLOYMENT, claim, run, renderer(show, status), has_secret=has_secret)
    return to_response(answer)


async def claim_of(
    request: Request, owner: Caller | Tenant | None = None, *, body: bytes | None = None
) -> IdempotencyClaim | None:
    """Return the claim of a request on its `Idempotency-Key`; None without a key.

    Args:
        owner: the owner of the key; by default the caller.
        body: the bytes that represent the body, if not the raw body.

    Raises:
        InvalidRequest: the key is not 1 to 255 visible ASCII characters.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not _VISIBLE_ASCII.fullmatch(key):
        raise refusals.requests.IDEMPOTENCY_KEY_FORMAT()
    line = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    services: APIServices = request.app.state.services
    content = await request.body() if body is None else body
    return services.idempotency.claim_of(owner or caller_of(request), key, line + content)


def renderer(
    show: Callable[[T], Shown],
    status: int | Callable[[T], int] = 200,
    location: Callable[[T], str] | None = None,
) -> Callable[[T], Answer]:
    """Return a function that renders the result of a use case."""

    def render(result: T) -> Answer:
        headers = {"content-type": "application/json"}
        if location is not None:
            headers["location"] = location(result)
        return Answer(status(result) if callable(status) else status, show(result).encode(), headers)

    return render


def to_response(answer: Answer) -> Response:
    """Return the stored bytes as a response."""
    return Response(answer.body, answer.status, headers=dict(answer.headers))


def respond(view: View, status: int = 200) -> Response:
    """Return a view as a response."""
    return Response(view.encode(), status, media_type="application/json")
