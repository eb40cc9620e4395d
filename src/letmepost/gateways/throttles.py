"""What platforms do not take at the moment, learnt from their answers, and shared by every worker.

A limit that a platform named holds back one account, or everything of ours there, until it resets; one of which next to
nothing is left does so before the platform has to name it. A platform that fails one account after another is left
alone for a while, then tried with one post. Redis is how workers tell each other; what it loses, whoever knows it
writes anew, and what nobody knows is learnt again from the next answer.
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
    """Why something is held back: the platform named a limit, or has not answered for a while."""

    LIMIT = "limit"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Throttle:
    """Nothing goes there until then. `budget`: the limit, where it is known how large it is."""

    until: datetime
    reason: Reason
    budget: Budget | None = None


@dataclass(slots=True)
class _Failures:
    """Failures in a row, by whomever; `opened` is how often that has closed the way."""

    count: int = 0
    accounts: set[str] = field(default_factory=set)
    opened: int = 0


class Throttles:
    """Throttles by name: an account's, or a platform's. Names are the callers' to choose.

    `budgets`: what is left of each limit, whether it holds anything back or not.
    """

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self.budgets = Budgets(redis, clock)
        self._redis = redis
        self._clock = clock
        self._known: dict[str, Throttle] = {}
        self._failures: dict[str, _Failures] = {}

    def find(self, names: Collection[str]) -> Throttle | None:
        """The longest of these throttles. When one of an absent platform is over, who asks first is let through."""
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
        """Whether what is left of a limit is kept for posts: less urgent calls wait."""
        now, low = self._clock.now(), [self._known.get(_low(name)) for name in names]
        return any(throttle is not None and throttle.until > now for throttle in low)

    async def limit(self, name: str, until: datetime, budget: Budget | None = None) -> None:
        """The platform named a limit that resets then; of two of them the one holds that resets later."""
        known = self._known.get(name)
        if known is None or known.reason is Reason.AWAY or known.until < until:
            await self._set(name, Throttle(until, Reason.LIMIT, budget))

    async def spend(self, name: str, budgets: Collection[Budget]) -> None:
        """The platform told what is left of its limits. What is used up, or nearly, is not asked for any more."""
        self.budgets.learn(name, budgets)
        for budget in budgets:
            if budget.is_used_up:
                await self.limit(name, budget.resets_at, budget)
            if budget.is_low:
                await self.limit(_low(name), budget.resets_at, budget)

    async def failed(self, name: str, account: str) -> None:
        """The platform did not answer, or with an error of its own."""
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
        """The platform answered: whatever was thought of its absence is over."""
        self._failures.pop(name, None)
        known = self._known.get(name)
        if known is not None and known.reason is Reason.AWAY:
            del self._known[name]
            await self._ask("HDEL", name)

    async def refresh(self) -> None:
        """Learn what other workers know, write anew what Redis has lost, forget what is over."""
        await self.budgets.tell()
        now = self._clock.now()
        told: Mapping[bytes, bytes] = await self._ask("HGETALL") or {}
        shared = {name.decode(): _read(value) for name, value in told.items()}
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
        """What is held back now, by name."""
        now = self._clock.now()
        return {name: throttle for name, throttle in self._known.items() if throttle.until > now}

    async def _set(self, name: str, throttle: Throttle) -> None:
        self._known[name] = throttle
        value: dict[str, Any] = {"until": throttle.until.isoformat(), "reason": throttle.reason}
        if throttle.budget is not None:
            value["budget"] = write_budget(throttle.budget)
        await self._ask("HSET", name, json.dumps(value))

    async def _ask(self, command: str, *words: str) -> Any:
        """What Redis answers; None when it does not."""
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
