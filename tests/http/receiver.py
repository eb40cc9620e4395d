"""A server that receives webhooks, and verifies their signatures independently."""

import base64
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.doubles.waiting import eventually


@dataclass(frozen=True, slots=True)
class Sending:
    """A received request."""

    method: str
    path: str
    headers: Headers
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def type(self) -> str:
        return str(self.event["type"])

    def is_signed_by(self, secret: str) -> bool:
        """Return True if both signatures are valid."""
        return self._has_standard_signature(secret) and self._has_letmepost_signature(secret)

    def _has_standard_signature(self, secret: str) -> bool:
        # https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md: id.timestamp.body
        signed = b".".join([self._header("webhook-id"), self._header("webhook-timestamp"), self.body])
        digest = base64.b64encode(_hmac(base64.b64decode(secret.removeprefix("whsec_")), signed)).decode()
        return f"v1,{digest}" in self.headers["webhook-signature"].split(" ")

    def _has_letmepost_signature(self, secret: str) -> bool:
        time, *signatures = self.headers["x-letmepost-signature"].split(",")
        expected = _hmac(secret.encode(), time.removeprefix("t=").encode() + b"." + self.body).hex()
        return f"v1={expected}" in signatures

    def _header(self, name: str) -> bytes:
        return self.headers[name].encode()


@dataclass
class Receiver:
    """An ASGI application. It responds with `answers` first, then with 200."""

    url: str = ""
    got: list[Sending] = field(default_factory=list)
    answers: deque[tuple[int, Mapping[str, str]]] = field(default_factory=deque)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        sending = Sending(request.method, request.url.path, request.headers, await request.body())
        status, headers = self.answers.popleft() if self.answers else (200, {})
        self.got.append(sending)
        await Response(status_code=status, headers=headers)(scope, receive, send)

    async def first(self, event_type: str, count: int = 1) -> list[Sending]:
        """Wait for the first `count` requests of a type, and return them."""

        async def look() -> list[Sending] | None:
            found = [sending for sending in self.got if sending.type == event_type]
            return found[:count] if len(found) >= count else None

        return await eventually(look) or []


def _hmac(key: bytes, message: bytes) -> bytes:
    signer = HMAC(key, SHA256())
    signer.update(message)
    return signer.finalize()
