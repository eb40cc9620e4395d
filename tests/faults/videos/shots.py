"""Kills a worker when the platform has received a byte of a video, and counts what the platform receives."""

import json
import os
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from letmepost.domain.flow import Call, FormFile, MediaRange
from letmepost.platforms.connecting import Credential
from letmepost.platforms.contract import Platform, Sign

PATH = "/received"
AT = "x-shoot-at"
LOSE = "x-lose-response"


@dataclass(frozen=True, slots=True)
class Shot:
    """What happens to the call that sends a byte of a file.

    Args:
        at_byte: the offset in the file.
        is_lost: the call is executed, and its response is lost. By default, the worker is killed at the byte.
    """

    at_byte: int
    is_lost: bool = False


def with_shot(platforms: Mapping[str, Platform], shot: Shot) -> Mapping[str, Platform]:
    """Return platforms whose calls tell the sandbox about the shot, once."""
    left = [shot]
    return {name: _aimed(platform, left) for name, platform in platforms.items()}


def _aimed(platform: Platform, left: list[Shot]) -> Platform:
    def sign_for(settings: Any) -> Sign:
        return partial(_sign, platform.signing_for(settings).sign, left)

    return replace(
        platform,
        sign=partial(_sign, platform.sign, left),
        sign_for=None if platform.sign_for is None else sign_for,
    )


def _sign(sign: Sign, left: list[Shot], call: Call, credential: Credential, now: datetime, entropy: bytes) -> Call:
    signed = sign(call, credential, now, entropy)
    media = _media_of(call)
    if media is None or not left or not 0 <= left[0].at_byte - media.first_byte < media.length_bytes:
        return signed
    shot = left.pop()
    aim = {LOSE: "1"} if shot.is_lost else {AT: f"{os.getpid()}:{shot.at_byte - media.first_byte}"}
    return replace(signed, headers={**signed.headers, **aim})


def _media_of(call: Call) -> MediaRange | None:
    files = [value.media for _, value in call.multipart or () if isinstance(value, FormFile)]
    return call.body if isinstance(call.body, MediaRange) else next(iter(files), None)


class Target:
    """The sandbox behind a layer that shoots at its callers, and counts the bytes and the largest size of requests.

    The counts are by world and platform: `org_1/double`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._received: Counter[str] = Counter()
        self._largest: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/health", "/control/")):
            await self._app(scope, receive, send)
        elif scope["path"] == PATH:
            body = json.dumps({"received": self._received, "largest": self._largest}).encode()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body})
        else:
            await self._take(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        place = "/".join(scope["path"].split("/")[1:3])
        announced = int(headers.get("content-length", 0))
        self._largest[place] = max(self._largest.get(place, 0), announced)
        pid, _, at_byte = headers.get(AT, "").partition(":")
        count = 0

        async def take() -> Message:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            self._received[place] += len(message.get("body", b""))
            if pid and count > int(at_byte):
                os.kill(int(pid), signal.SIGKILL)
            return message

        async def lose(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send({**message, "headers": [(b"content-length", b"1")]})

        await self._app(scope, take, lose if LOSE in headers else send)
