"""Disturbs the simulated networks while they run: an ASGI layer around the sandbox."""

import asyncio
import json
import os
import random
from dataclasses import asdict, dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.faults.failpoints import SHOOT

PATH = "/knobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """How the networks misbehave. The shares are of all requests, in [0, 1].

    Args:
        away: True if every connection breaks before anything is executed.
        unavailable: answered with 503 and not executed.
        lost: executed, but the connection breaks before the response.
        delay_s: the delay of each response.
    """

    away: bool = False
    unavailable: float = 0.0
    lost: float = 0.0
    delay_s: float = 0.0

    def encode(self) -> bytes:
        """Return the body of a PUT."""
        return json.dumps(asdict(self)).encode()


class Misbehaving:
    """The sandbox behind its knobs. Health and control API are not affected."""

    def __init__(self, app: ASGIApp, seed: int) -> None:
        self._app = app
        self._random = random.Random(seed)  # noqa: S311 - chooses which request fails
        self._knobs = Knobs()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/health", "/control/")):
            await self._app(scope, receive, send)
        elif scope["path"] == PATH:
            self._knobs = Knobs(**json.loads(await _body(receive)))
            await _answer(send, 204)
        else:
            await self._misbehave(scope, receive, send)

    async def _misbehave(self, scope: Scope, receive: Receive, send: Send) -> None:
        knobs, lot = self._knobs, self._random.random()
        if knobs.away:
            await _break(send)
            return
        if lot < knobs.unavailable:
            await _answer(send, 503)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        await self._app(scope, receive, hold)
        await asyncio.sleep(knobs.delay_s)
        _send_signal(scope)
        if lot < knobs.unavailable + knobs.lost:
            await _break(send)
            return
        for message in held:
            await send(message)


def _send_signal(scope: Scope) -> None:
    """Send the caller its requested signal: the call is executed, and the response not read yet."""
    for name, value in scope["headers"]:
        if name == SHOOT.encode():
            number, _, pid = value.decode().partition(":")
            os.kill(int(pid), int(number))


async def _body(receive: Receive) -> bytes:
    pieces: bytes = b""
    while True:
        message = await receive()
        pieces += message.get("body", b"")
        if not message.get("more_body"):
            return pieces


async def _answer(send: Send, status: int) -> None:
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]}
    await send(start if status != 204 else {**start, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _break(send: Send) -> None:
    """Announce a body and end without one, so that the server can only close the connection."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
