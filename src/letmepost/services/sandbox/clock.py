"""The test world as a whole: its clock, and beginning again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from letmepost.domain.errors import InvalidRequest
from letmepost.domain.posts import TRANSITIONS, Cause
from letmepost.gateways.clock import Clock
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.callers import Caller
from letmepost.services.events import post_event, timestamp
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import AnsweredError, OldIdempotency, Once
from letmepost.services.sandbox.accounts import Sandbox, world_of
from letmepost.storage.database import Database
from letmepost.storage.sandbox.clock import TestWorld
from letmepost.storage.webhooks.events import EventRepository

ADVANCE_MAX_S = 366 * 86_400.0
"""How far one request may move the clock."""
FURTHEST_AHEAD_S = 10 * ADVANCE_MAX_S


@dataclass(frozen=True, slots=True)
class WorldTime:
    """What time it is in a test world, and how far that is ahead of the real time."""

    now: datetime
    ahead_s: float


@dataclass(frozen=True, slots=True)
class FreshWorld:
    """A world in which nothing has happened yet: how many posts that still waited were canceled for it."""

    canceled_count: int


class SandboxWorld:
    """Moves the clock of the caller's test world, or empties it."""

    def __init__(
        self, *, sandbox: Sandbox, database: Database, clock: Clock, idempotency: OldIdempotency, wakeups: Wakeups
    ) -> None:
        self._sandbox = sandbox
        self._database = database
        self._clock = clock
        self._idempotency = idempotency
        self._wakeups = wakeups

    async def read(self, caller: Caller) -> WorldTime:
        """Return the time in the caller's test world.

        Raises:
            Unauthorized: the key is a live one.
        """
        self._sandbox.control(caller)
        async with self._database.tenant(caller.tenant) as connection:
            ahead_s = await TestWorld(connection, caller.tenant).ahead_s()
        return WorldTime(self._clock.now() + timedelta(seconds=ahead_s), ahead_s)

    async def advance(self, caller: Caller, by: float | datetime, once: Once[WorldTime]) -> Answer:
        """Move the test world's time forward. What lies ahead comes nearer by as much, and what falls due is done.

        Args:
            by: how many seconds, or to which time of the test world.

        Raises:
            Unauthorized: the key is a live one, or belongs to one profile.
            InvalidRequest: the time is not later than that of the test world, or too far ahead.
            SendFailure: the sandbox does not answer.
        """
        control = self._sandbox.control_for_all(caller)
        while True:
            before_s = await self._ahead_s(caller, once)
            ahead_s = self._ahead_at(by, before_s) if isinstance(by, datetime) else before_s + by
            if ahead_s > FURTHEST_AHEAD_S:
                raise InvalidRequest(
                    "The test world would be more than ten years ahead.",
                    rule="to" if isinstance(by, datetime) else "advanceS",
                    remediation="Reset the test world; its clock then shows the real time.",
                )
            # The simulators first: a worker that is woken by the commit must find them there already. The whole
            # distance is set, so that it does no harm if this is cut short or done twice.
            await control.set_clock(world_of(caller), ahead_s)
            answer = await self._move(caller, before_s, ahead_s, once)
            if answer is not None:
                await self._wakeups.wake_worker()
                return answer

    async def reset(self, caller: Caller, once: Once[FreshWorld]) -> Answer:
        """Cancel what waits, part from the accounts, and empty every simulator.

        Raises:
            Unauthorized: the key is a live one, or belongs to one profile.
            SendFailure: the sandbox does not answer.
        """
        control, now = self._sandbox.control_for_all(caller), self._clock.now()
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            world = TestWorld(connection, caller.tenant)
            canceled = await world.cancel_waiting(now)
            await world.reset(now)
            events = [post_event(self._clock, str(TRANSITIONS[Cause.CANCELED].event), post) for post in canceled]
            await EventRepository(connection, caller.tenant).write(events, now)
            answer = await self._idempotency.answer(connection, caller, once, FreshWorld(len(canceled)))
        await control.reset(world_of(caller))
        return answer

    def _ahead_at(self, moment: datetime, before_s: float) -> float:
        """Return how far ahead the test world is when its clock shows this moment.

        Raises:
            InvalidRequest: that is not later than now, or more than `ADVANCE_MAX_S` later.
        """
        ahead_s = (moment - self._clock.now()).total_seconds()
        if not 0 < ahead_s - before_s <= ADVANCE_MAX_S:
            now = timestamp(self._clock.now() + timedelta(seconds=before_s))
            raise InvalidRequest(
                f"to is {timestamp(moment)}; the clock of the test world shows {now}.",
                rule="to",
                remediation="Send a later time, up to 366 days ahead of the clock of the test world.",
            )
        return ahead_s

    async def _ahead_s(self, caller: Caller, once: Once[WorldTime]) -> float:
        """How far ahead it is; read before the key is looked up, so that what has been done is not done again."""
        async with self._database.tenant(caller.tenant) as connection:
            ahead_s = await TestWorld(connection, caller.tenant).ahead_s()
        known = None if once.claim is None else await self._idempotency.find(caller, once.claim)
        if known is not None:
            raise AnsweredError(known)
        return ahead_s

    async def _move(self, caller: Caller, before_s: float, ahead_s: float, once: Once[WorldTime]) -> Answer | None:
        """Everything in one transaction; None when another jump came in between."""
        now = self._clock.now()
        async with self._database.tenant(caller.tenant) as connection:
            if not await TestWorld(connection, caller.tenant).advance(before_s, ahead_s, now):
                return None
            await self._idempotency.take(connection, caller, once.claim)
            moved = WorldTime(now + timedelta(seconds=ahead_s), ahead_s)
            return await self._idempotency.answer(connection, caller, once, moved)
