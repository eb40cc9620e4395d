"""The clock and the reset of a test world."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from letmepost.domain import refusals
from letmepost.domain.posts import TRANSITIONS, Cause
from letmepost.gateways.sandbox import SandboxControl
from letmepost.services.events import post_event, timestamp
from letmepost.services.sandbox.accounts import Sandbox, world_of
from letmepost.services.work import Work

ADVANCE_MAX_S = 366 * 86_400.0
"""How far one request may move the clock."""
FURTHEST_AHEAD_S = 10 * ADVANCE_MAX_S


class ClockMovedError(Exception):
    """Another request has moved the clock of the test world in the meantime. Start again."""


@dataclass(frozen=True, slots=True)
class WorldTime:
    """The time in a test world, and how far it is ahead of real time."""

    now: datetime
    ahead_s: float


@dataclass(frozen=True, slots=True)
class FreshWorld:
    """The result of a reset: how many waiting posts were canceled."""

    canceled_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """A move of a test world's clock, in seconds ahead of real time."""

    control: SandboxControl
    world: str
    before_s: float
    ahead_s: float


class SandboxWorld:
    """Moves the clock of the caller's test world, or resets the world."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def read(self, work: Work) -> WorldTime:
        """Return the time in the caller's test world.

        Raises:
            Unauthorized: the key is a live one.
        """
        self._sandbox.control(work.caller)
        return _time(work, await work.test_world.ahead_s())

    async def prepare_jump(self, work: Work, by: float | datetime, before_s: float) -> Jump:
        """Return a move of the test world's clock.

        Args:
            by: the number of seconds, or the time of the test world to move to.
            before_s: how far ahead the clock was before the request's key was looked up. A value that is read later
                might already contain the same jump, made by another request with the same key.

        Raises:
            Unauthorized: the key is a live one, or belongs to one profile.
            InvalidRequest: the time is not later than that of the test world, or too far ahead.
        """
        control = self._sandbox.control_for_all(work.caller)
        ahead_s = _ahead_at(work, by, before_s) if isinstance(by, datetime) else before_s + by
        if ahead_s > FURTHEST_AHEAD_S:
            raise refusals.sandbox.CLOCK_TOO_FAR(field="to" if isinstance(by, datetime) else "advanceS")
        return Jump(control=control, world=world_of(work.caller), before_s=before_s, ahead_s=ahead_s)

    async def reset(self, work: Work) -> FreshWorld:
        """Cancel waiting posts, disconnect the accounts, and empty every simulator after the commit.

        Raises:
            Unauthorized: the key is a live one, or belongs to one profile.
            SendFailure: the sandbox does not respond. It is raised after the commit.
        """
        control, now = self._sandbox.control_for_all(work.caller), work.now()
        canceled = await work.test_world.cancel_waiting(now)
        await work.test_world.reset(now)
        await work.server_apps.forget_all()
        event_type = str(TRANSITIONS[Cause.CANCELED].event)
        await work.emit(*[post_event(work.clock, event_type, post) for post in canceled])
        work.after_commit(partial(control.reset, world_of(work.caller)))
        return FreshWorld(len(canceled))


async def move_simulators(jump: Jump) -> Jump:
    """Move the clock of the simulators.

    This precedes `move`: a worker that is notified of the commit must find the simulators moved already. The absolute
    time is set, so that the call may be interrupted or repeated.

    Raises:
        SendFailure: the sandbox does not respond.
    """
    await jump.control.set_clock(jump.world, jump.ahead_s)
    return jump


async def move(work: Work, jump: Jump) -> WorldTime:
    """Move the test world's clock. Stored times move earlier by as much, and workers process posts that become due.

    Raises:
        ClockMovedError: it was moved in the meantime.
    """
    if not await work.test_world.advance(jump.before_s, jump.ahead_s, work.now()):
        raise ClockMovedError
    work.wake_workers()
    return _time(work, jump.ahead_s)


def _time(work: Work, ahead_s: float) -> WorldTime:
    return WorldTime(work.now() + timedelta(seconds=ahead_s), ahead_s)


def _ahead_at(work: Work, moment: datetime, before_s: float) -> float:
    """Return how far ahead the test world is when its clock shows this time.

    Raises:
        InvalidRequest: the time is not later than now, or more than `ADVANCE_MAX_S` later.
    """
    ahead_s = (moment - work.now()).total_seconds()
    if not 0 < ahead_s - before_s <= ADVANCE_MAX_S:
        now = timestamp(_time(work, before_s).now)
        raise refusals.sandbox.CLOCK_BACKWARDS(field="to", given=timestamp(moment), now=now)
    return ahead_s
