"""OldIdempotency keys and answers, between the routes and the use cases."""

import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from fastapi import Request, Response

from letmepost.domain.errors import InvalidRequest
from letmepost.http.gate import caller_of
from letmepost.http.schemas.base import View
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import AnsweredError, OldIdempotency, Once
from letmepost.storage.idempotency import IdempotencyClaim

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")

T = TypeVar("T")


async def claim_of(request: Request, body: bytes | None = None) -> IdempotencyClaim | None:
    """The claim that a request makes by its `Idempotency-Key`, if it has one.

    Args:
        body: what stands for the body in the fingerprint, where that is not the raw body.

    Raises:
        InvalidRequest: the key is not 1 to 255 visible ASCII characters.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not _VISIBLE_ASCII.fullmatch(key):
        raise InvalidRequest(
            "Idempotency-Key is 1 to 255 visible ASCII characters.",
            rule="idempotency_key.format",
            remediation="Send a random UUID.",
        )
    line = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    idempotency: OldIdempotency = request.app.state.services.old_idempotency
    return idempotency.claim_of(caller_of(request), key, line + (await request.body() if body is None else body))


async def once(
    request: Request,
    show: Callable[[T], View],
    *,
    status: int | Callable[[T], int] = 200,
    has_secret: bool = False,
    body: bytes | None = None,
) -> Once[T]:
    """How a use case's result is answered, and under which key."""
    return Once(await claim_of(request, body), _renderer(show, status), has_secret)


def _renderer(show: Callable[[T], View], status: int | Callable[[T], int]) -> Callable[[T], Answer]:
    def render(result: T) -> Answer:
        code = status(result) if callable(status) else status
        return Answer(code, show(result).encode(), {"content-type": "application/json"})

    return render


async def respond(request: Request, wanted: Once[T], carry_out: Coroutine[Any, Any, Answer]) -> Response:
    """Run a use case, or replay the response that the same request got before.

    An earlier response is looked up first: what the request was checked against may have changed since.
    """
    claim = wanted.claim
    if claim is None:
        return to_response(await carry_out)
    idempotency: OldIdempotency = request.app.state.services.old_idempotency
    caller = caller_of(request)
    try:
        known = await idempotency.find(caller, claim)
        if known is None:
            return to_response(await carry_out)
    except AnsweredError as answered:  # another request with the same key was faster
        known = answered.row
    finally:
        carry_out.close()
    return to_response(idempotency.replay(caller, claim, known))


def to_response(answer: Answer) -> Response:
    """The answer, byte for byte."""
    return Response(answer.body, answer.status, headers=dict(answer.headers))


def show(view: View, status: int = 200) -> Response:
    """A view, encoded once."""
    return Response(view.encode(), status, media_type="application/json")
