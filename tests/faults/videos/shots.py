"""Kills a worker when the platform has received a byte of a video, and counts what the platform receives."""

import json
import os
import signal
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

RECEIVED = "/received"
AIM = "/aim"


@dataclass(frozen=True, slots=True)
class Shot:
    """What happens when a platform has received a number of bytes, since the shot was aimed.

    Args:
        at_byte: which one. The few bytes of forms and other calls around the parts count, too.
        is_lost: the call is executed, and its response is lost. By default, the worker is killed.
    """

    at_byte: int
    is_lost: bool = False


@dataclass(slots=True)
class Aim:
    """A shot at the process that calls a platform of a world."""

    shot: Shot
    pid: int
    received_bytes: int = 0

    def encode(self, place: str) -> bytes:
        """Return the body of a PUT."""
        return json.dumps({"place": place, "pid": self.pid, **asdict(self.shot)}).encode()

    def is_hit_by(self, count: int) -> bool:
        """Count received bytes. Return True if the byte is among them."""
        before = self.received_bytes
        self.received_bytes += count
        return before <= self.shot.at_byte < self.received_bytes


class Target:
    """The sandbox behind a layer that shoots at its callers, and counts the bytes and the largest size of requests.

    The counts are by world and platform: `org_1/double`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._received: Counter[str] = Counter()
        self._largest: dict[str, int] = {}
        self._aims: dict[str, Aim] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/health", "/control/")):
            await self._app(scope, receive, send)
        elif scope["path"] == RECEIVED:
            await _answer(send, {"received": self._received, "largest": self._largest})
        elif scope["path"] == AIM:
            given = json.loads((await receive())["body"])
            place, pid = given.pop("place"), given.pop("pid")
            self._aims[place] = Aim(Shot(**given), pid)
            await _answer(send, {})
        else:
            await self._take(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = "/".join(scope["path"].split("/")[1:3])
        announced = next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
        self._largest[place] = max(self._largest.get(place, 0), announced)
        is_lost = False

        async def take() -> Message:
            nonlocal is_lost
            message = await receive()
            count = len(message.get("body", b""))
            self._received[place] += count
            aim = self._aims.get(place)
            if aim is not None and aim.is_hit_by(count):
                is_lost = aim.shot.is_lost
                if not is_lost:
                    os.kill(aim.pid, signal.SIGKILL)
            return message

        async def reply(message: Message) -> None:
            if not is_lost:
                await send(message)
            elif message["type"] == "http.response.start":
                await send({**message, "headers": [(b"content-length", b"1")]})

        await self._app(scope, take, reply)


async def _answer(send: Send, value: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})
