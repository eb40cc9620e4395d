"""Runs the use cases of posts once per `Idempotency-Key`, in the former way."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response

from letmepost.http.gate import caller_of
from letmepost.http.perform import claim_of, renderer, to_response
from letmepost.http.schemas.base import View
from letmepost.http.services import APIServices
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import AnsweredError, Once

T = TypeVar("T")


async def once(request: Request, show: Callable[[T], View]) -> Once[T]:
    """Return how the result of a use case is shown, and under which key."""
    return Once(await claim_of(request), renderer(show))


async def respond_once(request: Request, wanted: Once[T], carry_out: Coroutine[Any, Any, Answer]) -> Response:
    """Run a use case, or replay the response to the same request.

    An earlier response is looked up first: what the request was checked against may have changed since.
    """
    claim = wanted.claim
    if claim is None:
        return to_response(await carry_out)
    services: APIServices = request.app.state.services
    caller = caller_of(request)
    try:
        known = await services.old_idempotency.find(caller, claim)
        if known is None:
            return to_response(await carry_out)
    except AnsweredError as answered:  # another request with the same key was faster
        known = answered.row
    finally:
        carry_out.close()
    return to_response(services.old_idempotency.replay(caller, claim, known))
