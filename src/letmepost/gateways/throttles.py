"""The throttles of platforms, detected from their replies and shared by all workers.

A limit that a platform reports holds back one account, or the whole app there, until it resets. A limit that is nearly
used up does so before the platform has to report it. A circuit breaker pauses a platform that fails for several
accounts, then lets one post through. Workers share throttles through Redis. What Redis loses is written again by a
worker that knows it, or detected again from the next reply.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from letmepost.domain.budgets import Budget
from letmepost.gateways.budgets import Budgets, read_budget, write_budget
from letmepost.gateways.clock import Clock

_KEY = "letmepost:throttles"
FAILURES_TO_OPEN = 5
ACCOUNTS_TO_OPEN = 2
FIRST_AWAY_S = 5.0
LONGEST_AWAY_S = 60.0

log = structlog.get_logger()


class Reason(StrEnum):
    """Why something is held back: the platform reported a limit, or is unavailable."""

    LIMIT = "limit"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Throttle:
    """A hold until a time. `budget`: the limit, if its size is known."""

    until: datetime
    reason: Reason
    budget: Budget | None = None


@dataclass(slots=True)
class _Failures:
    """Consecutive failures. `opened` counts how often they have opened the circuit breaker."""

    count: int = 0
    accounts: set[str] = field(default_factory=set)
    opened: int = 0


class Throttles:
    """Throttles by name: of an account, or of a platform. Callers choose the names.

    `budgets`: what is left of each limit, even if it holds nothing back.
    """

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self.budgets = Budgets(redis, clock)
        self._redis = redis
        self._clock = clock
        self._known: dict[str, Throttle] = {}
        self._failures: dict[str, _Failures] = {}

    def find(self, names: Collection[str]) -> Throttle | None:
        """Return the longest of these throttles. After one of an unavailable platform, the first caller gets None."""
        now = self._clock.now()
        found = [self._known[name] for name in names if name in self._known and self._known[name].until > now]
        if found:
            return max(found, key=lambda throttle: throttle.until)
        for name in names:
            over = self._known.get(name)
            if over is not None and over.reason is Reason.AWAY:
                self._known[name] = Throttle(now + timedelta(seconds=FIRST_AWAY_S), Reason.AWAY)
        return None

    def is_low(self, names: Collection[str]) -> bool:
        """Return True if the rest of a limit is reserved for posts, so that less urgent calls must wait."""
        now, low = self._clock.now(), [self._known.get(_low(name)) for name in names]
        return any(throttle is not None and throttle.until > now for throttle in low)

    async def limit(self, name: str, until: datetime, budget: Budget | None = None) -> None:
        """Hold `name` back until a limit resets. Of two limits, the later reset counts."""
        known = self._known.get(name)
        if known is None or known.reason is Reason.AWAY or known.until < until:
            await self._set(name, Throttle(until, Reason.LIMIT, budget))

    async def spend(self, name: str, budgets: Collection[Budget]) -> None:
        """Use what a reply reported about limits: hold back what is used up, or nearly."""
        self.budgets.record(name, budgets)
        for budget in budgets:
            if budget.is_used_up:
                await self.limit(name, budget.resets_at, budget)
            if budget.is_low:
                await self.limit(_low(name), budget.resets_at, budget)

    async def failed(self, name: str, account: str) -> None:
        """Count a call without a reply, or with a server error."""
        failures = self._failures.setdefault(name, _Failures())
        failures.count += 1
        failures.accounts.add(account)
        if failures.count < FAILURES_TO_OPEN or len(failures.accounts) < ACCOUNTS_TO_OPEN:
            return
        away_s = min(FIRST_AWAY_S * 2**failures.opened, LONGEST_AWAY_S)
        self._failures[name] = _Failures(FAILURES_TO_OPEN - 1, failures.accounts, failures.opened + 1)
        log.warning("platform.away", name=name, seconds=away_s)
        await self._set(name, Throttle(self._clock.now() + timedelta(seconds=away_s), Reason.AWAY))

    async def succeeded(self, name: str) -> None:
        """Close the circuit breaker, because the platform replied."""
        self._failures.pop(name, None)
        known = self._known.get(name)
        if known is not None and known.reason is Reason.AWAY:
            del self._known[name]
            await self._ask("HDEL", name)

    async def refresh(self) -> None:
        """Read the throttles of other workers, write again what Redis has lost, and delete what has ended."""
        await self.budgets.tell()
        now = self._clock.now()
        found: Mapping[bytes, bytes] = await self._ask("HGETALL") or {}
        shared = {name.decode(): _read(value) for name, value in found.items()}
        over = [name for name, throttle in shared.items() if throttle.until <= now]
        if over:
            await self._ask("HDEL", *over)
        for name, throttle in shared.items():
            if throttle.until > now and (name not in self._known or self._known[name].until < throttle.until):
                self._known[name] = throttle
        for name, throttle in list(self._known.items()):
            if throttle.until <= now and throttle.reason is Reason.LIMIT:
                del self._known[name]
            elif throttle.until > now and name not in shared:
                await self._set(name, throttle)

    def list_all(self) -> Mapping[str, Throttle]:
        """Return all current throttles by name."""
        now = self._clock.now()
        return {name: throttle for name, throttle in self._known.items() if throttle.until > now}

    async def _set(self, name: str, throttle: Throttle) -> None:
        self._known[name] = throttle
        value: dict[str, Any] = {"until": throttle.until.isoformat(), "reason": throttle.reason}
        if throttle.budget is not None:
            value["budget"] = write_budget(throttle.budget)
        await self._ask("HSET", name, json.dumps(value))

    async def _ask(self, command: str, *words: str) -> Any:
        """Return the reply of Redis; None if there is none."""
        try:
            return await self._redis.execute_command(command, _KEY, *words)
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="throttles")
            return None


def _read(value: bytes) -> Throttle:
    given = json.loads(value)
    budget = given.get("budget")
    return Throttle(
        datetime.fromisoformat(given["until"]),
        Reason(given["reason"]),
        None if budget is None else read_budget(budget),
    )


def _low(name: str) -> str:
    return f"{name}#low"
