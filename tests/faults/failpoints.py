"""Places where a process can be stopped or killed, without any code for it in the product.

A worker receives its platforms as arguments, and everything that it does for a post goes through their functions. The
connections of an API show which statements it has executed.
"""

import json
import os
import signal
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from letmepost.domain.flow import Call, Effect, Flow, Reply
from letmepost.platforms.connecting import Credential
from letmepost.platforms.contract import Platform, ReadyPost, Sign
from tests.faults.lineup import each_call

SHOOT = "x-fault-shoot"
"""A header of a call, `signal:pid`: the sandbox sends the signal after it has executed the call, before it answers."""


FIRST_STEP = "post"
"""The name of the main publishing step on every platform."""


class Failpoint(StrEnum):
    """A place in the work of a process. The first five are in workers, the others in APIs."""

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


@dataclass(frozen=True, slots=True)
class Death:
    """Where a process ends or stops: at any time, unless a failpoint is given.

    Args:
        platform: the only platform whose calls count; None for all.
        is_later: True if only later steps count: further parts of a thread, and the first comment.
    """

    failpoint: Failpoint | None = None
    platform: str | None = None
    is_later: bool = False

    def is_at(self, here: Failpoint, platform: str | None, step: str | None) -> bool:
        """Return True if this is the place."""
        is_there = here == self.failpoint and self.platform in {None, platform}
        return is_there and not (self.is_later and step in {None, FIRST_STEP})


def read_death(path: Path) -> Death | None:
    """Return what a process wrote before its end, once; None if it wrote nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    path.unlink()
    return Death(Failpoint(found.pop("failpoint")), **found)


@dataclass(kw_only=True)
class Trap:
    """Sends this process a signal when it passes one of several places for the n-th time.

    Args:
        number: the signal.
        death_file: the file for the place and the platform, as JSON.
    """

    deaths: Sequence[Death]
    passes_left: int = 1
    number: int = signal.SIGKILL
    death_file: Path | None = None

    def springs(self, here: Failpoint, platform: str | None = None, step: str | None = None) -> bool:
        """Count a pass. Return True if it is the chosen one."""
        found = next((death for death in self.deaths if death.is_at(here, platform, step)), None)
        self.passes_left -= found is not None
        if found is None or self.passes_left != 0:
            return False
        if self.death_file is not None:
            self.death_file.write_text(json.dumps(asdict(replace(found, platform=platform))), encoding="utf-8")
        return True

    def pass_by(self, here: Failpoint, platform: str | None = None, step: str | None = None) -> None:
        """Pass a failpoint. `step`: the publishing step, if there is one."""
        if self.springs(here, platform, step):
            os.kill(os.getpid(), self.number)


def watch_commits(trap: Trap) -> None:
    """Pass the failpoint after a batch is committed, on every connection of this process.

    Statements are reported by SQLAlchemy or by its driver, whichever executes them; a COMMIT is reported by the driver.
    """
    holding: set[Any] = set()

    def note(driver: Any, statement: str) -> None:
        if "INSERT INTO batches" in statement:
            holding.add(driver)
        elif statement in {"COMMIT", "ROLLBACK"} and driver in holding:
            holding.discard(driver)
            trap.pass_by(Failpoint.AFTER_ACCEPT)

    @event.listens_for(Engine, "connect")
    def _watch(connection: Any, _record: object) -> None:
        driver = connection.driver_connection
        driver.add_query_logger(lambda done: note(driver, done.query))

    @event.listens_for(Engine, "before_cursor_execute")
    def _note(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        note(connection.connection.driver_connection, statement)


def with_trap(platforms: Mapping[str, Platform], trap: Trap) -> Mapping[str, Platform]:
    """Return platforms with failpoints at a PUBLISH: when it is requested, signed, and answered."""
    return {name: _Trapped(platform, trap).as_platform() for name, platform in platforms.items()}


class _Trapped:
    def __init__(self, platform: Platform, trap: Trap) -> None:
        self._platform = platform
        self._trap = trap
        self._step: ContextVar[str | None] = ContextVar("step", default=None)  # of the current PUBLISH

    def as_platform(self) -> Platform:
        return replace(
            self._platform,
            publish=self._publish,
            sign=partial(self._sign, self._platform.sign),
            sign_for=None if self._platform.sign_for is None else self._sign_for,
            needs_refresh=self._needs_refresh,
        )

    def _pass_by(self, here: Failpoint, step: str | None = None) -> None:
        self._trap.pass_by(here, self._platform.name, step)

    def _publish(self, post: ReadyPost, settings: Any) -> Flow[None]:
        yield from each_call(self._platform.publish(post, settings), self._ask)
        self._pass_by(Failpoint.BEFORE_RECORD)

    def _ask(self, call: Call) -> Call:
        if call.effect is Effect.PUBLISH:
            self._pass_by(Failpoint.BEFORE_INTENT, call.step)
        return call

    def _sign_for(self, settings: Any) -> Sign:
        return partial(self._sign, self._platform.signing_for(settings).sign)

    def _sign(self, sign: Sign, call: Call, credential: Credential, now: datetime, entropy: bytes) -> Call:
        self._step.set(call.step if call.effect is Effect.PUBLISH else None)
        signed = sign(call, credential, now, entropy)
        if call.effect is not Effect.PUBLISH:
            return signed
        self._pass_by(Failpoint.AFTER_INTENT, call.step)
        if not self._trap.springs(Failpoint.AFTER_SEND, self._platform.name, call.step):
            return signed
        return replace(signed, headers={**signed.headers, SHOOT: f"{int(self._trap.number)}:{os.getpid()}"})

    def _needs_refresh(self, reply: Reply) -> bool:
        if (step := self._step.get()) is not None:
            self._pass_by(Failpoint.AFTER_REPLY, step)
        return self._platform.needs_refresh(reply)


class DyingAnswers:
    """An application with a failpoint before the response to a post, which is committed by then."""

    def __init__(self, app: ASGIApp, trap: Trap) -> None:
        self._app = app
        self._trap = trap

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def pass_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._trap.pass_by(Failpoint.BEFORE_ANSWER)
            await send(message)

        is_post = scope["type"] == "http" and (scope["method"], scope["path"]) == ("POST", "/v1/posts")
        await self._app(scope, receive, pass_and_send if is_post else send)
