"""Where a process can be made to stop or die, without a line for it in the product.

A worker is given its platforms, and everything that it does for a post passes through their functions; of an API, its
connections tell which statements it has executed.
"""

import os
import signal
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Effect, Flow, Reply
from letmepost.platforms.contract import Credential, Platform, ReadyPost

SHOOT = "x-fault-shoot"
"""A header of a call: `signal:pid`, for the sandbox to send when it has executed the call and not answered yet."""


class Failpoint(StrEnum):
    """A moment in the work of a process. The first five are a worker's, the others an API's."""

    BEFORE_INTENT = "before intent"
    AFTER_INTENT = "after intent"
    AFTER_SEND = "after send"
    AFTER_REPLY = "after reply"
    BEFORE_RECORD = "before record"
    AFTER_ACCEPT = "after accept"
    BEFORE_ANSWER = "before answer"


WORKERS = (
    Failpoint.BEFORE_INTENT,
    Failpoint.AFTER_INTENT,
    Failpoint.AFTER_SEND,
    Failpoint.AFTER_REPLY,
    Failpoint.BEFORE_RECORD,
)


@dataclass(kw_only=True)
class Trap:
    """Sends this process a signal when it comes by a failpoint for the n-th time.

    Args:
        number: the signal.
        platform: the only one whose calls count; None counts them all.
    """

    failpoint: Failpoint
    passes_left: int
    number: int = signal.SIGKILL
    platform: str | None = None

    def springs(self, here: Failpoint) -> bool:
        """Count a pass; whether it was the one."""
        self.passes_left -= here is self.failpoint
        return here is self.failpoint and self.passes_left == 0

    def tread(self, here: Failpoint) -> None:
        """Come by a failpoint."""
        if self.springs(here):
            os.kill(os.getpid(), self.number)


def watch_commits(trap: Trap) -> None:
    """Tread on the failpoint after a batch is committed, on every connection that this process opens.

    Statements are told by SQLAlchemy or by its driver, whichever was asked to execute them; a COMMIT by the driver.
    """
    holding: set[Any] = set()

    def note(driver: Any, statement: str) -> None:
        if "INSERT INTO batches" in statement:
            holding.add(driver)
        elif statement in {"COMMIT", "ROLLBACK"} and driver in holding:
            holding.discard(driver)
            trap.tread(Failpoint.AFTER_ACCEPT)

    @event.listens_for(Engine, "connect")
    def _watch(connection: Any, _record: object) -> None:
        driver = connection.driver_connection
        driver.add_query_logger(lambda done: note(driver, done.query))

    @event.listens_for(Engine, "before_cursor_execute")
    def _note(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        note(connection.connection.driver_connection, statement)


def with_trap(platforms: Mapping[str, Platform], trap: Trap) -> Mapping[str, Platform]:
    """Platforms that tread on the failpoints of a try: they ask for a PUBLISH, sign it, and are shown its reply."""
    return {
        name: _Trapped(platform, trap).as_platform() if trap.platform in {None, name} else platform
        for name, platform in platforms.items()
    }


class _Trapped:
    def __init__(self, platform: Platform, trap: Trap) -> None:
        self._platform = platform
        self._trap = trap
        self._publishes: ContextVar[bool] = ContextVar("publishes", default=False)

    def as_platform(self) -> Platform:
        return replace(self._platform, publish=self._publish, sign=self._sign, needs_refresh=self._needs_refresh)

    def _publish(self, post: ReadyPost, settings: Any) -> Flow[None]:
        yield from _each_call(self._platform.publish(post, settings), self._ask)
        self._trap.tread(Failpoint.BEFORE_RECORD)

    def _ask(self, call: Call) -> Call:
        if call.effect is Effect.PUBLISH:
            self._trap.tread(Failpoint.BEFORE_INTENT)
        return call

    def _sign(self, call: Call, credential: Credential, now: datetime, entropy: bytes) -> Call:
        self._publishes.set(call.effect is Effect.PUBLISH)
        signed = self._platform.sign(call, credential, now, entropy)
        if call.effect is not Effect.PUBLISH:
            return signed
        self._trap.tread(Failpoint.AFTER_INTENT)
        if not self._trap.springs(Failpoint.AFTER_SEND):
            return signed
        return replace(signed, headers={**signed.headers, SHOOT: f"{int(self._trap.number)}:{os.getpid()}"})

    def _needs_refresh(self, reply: Reply) -> bool:
        if self._publishes.get():
            self._trap.tread(Failpoint.AFTER_REPLY)
        return self._platform.needs_refresh(reply)


def hurried(platform: Platform, timeout_s: float) -> Platform:
    """The platform with less patience: a lease outlives the call that it covers, and tests wait for leases to end."""

    def hurry(call: Call) -> Call:
        return replace(call, timeout_s=min(call.timeout_s, timeout_s))

    def publish(post: ReadyPost, settings: Any) -> Flow[None]:
        return _each_call(platform.publish(post, settings), hurry)

    return replace(platform, publish=publish)


def _each_call(flow: Flow[None], change: Callable[[Call], Call]) -> Flow[None]:
    """The flow, with each of its calls changed."""
    go_on: Callable[[], Any] = partial(next, flow)
    try:
        while True:
            try:
                instruction = go_on()
            except StopIteration:
                return
            try:
                reply = yield change(instruction) if isinstance(instruction, Call) else instruction
            except PlatformFailure as failure:
                go_on = partial(flow.throw, failure)
            else:
                go_on = partial(flow.send, reply)
    finally:
        flow.close()


class DyingAnswers:
    """An application that treads on the failpoint before a post is answered: what it tells is committed by then."""

    def __init__(self, app: ASGIApp, trap: Trap) -> None:
        self._app = app
        self._trap = trap

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tread_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._trap.tread(Failpoint.BEFORE_ANSWER)
            await send(message)

        is_post = scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", "/v1/posts")
        await self._app(scope, receive, tread_and_send if is_post else send)
