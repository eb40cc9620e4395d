"""What is left of platforms' rate limits, for display. Each is stored in Redis until it resets.

`Throttles` decides by them, not this module. So what Redis loses is only missing until the next reply.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.gateways.clock import Clock

_KEY = "letmepost:budgets:"
_LONGER = timedelta(seconds=1)
"""Redis counts in whole seconds; readers check the time of the reset."""

log = structlog.get_logger()


class Budgets:
    """The budgets by their names in `Throttles`."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._unwritten: dict[str, Sequence[Budget]] = {}

    def record(self, name: str, budgets: Collection[Budget]) -> None:
        """Record budgets from a reply. The next `tell` stores them, so that no post waits for it."""
        if budgets:
            self._unwritten[name] = tuple(budgets)

    async def tell(self) -> None:
        """Store the recorded budgets, in one round trip."""
        now = self._clock.now()
        lasting = {name: max(budget.resets_at for budget in budgets) - now for name, budgets in self._unwritten.items()}
        unwritten = {name: budgets for name, budgets in self._unwritten.items() if lasting[name] > timedelta()}
        self._unwritten = {}
        if not unwritten:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for name, budgets in unwritten.items():
            value = json.dumps([write_budget(budget) for budget in budgets])
            pipeline.set(_KEY + name, value, ex=lasting[name] + _LONGER)
        try:
            await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="budgets")
            self._unwritten = {**unwritten, **self._unwritten}

    async def read(self, names: Sequence[str]) -> Mapping[str, Sequence[Budget]]:
        """Return the budgets with these names that have not reset; none if Redis does not answer."""
        if not names:
            return {}
        try:
            found = await self._redis.mget([_KEY + name for name in names])
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="budgets")
            return {}
        now = self._clock.now()
        known = {
            name: [read_budget(one) for one in json.loads(value)]
            for name, value in zip(names, found, strict=True)
            if value
        }
        return {name: [budget for budget in budgets if budget.resets_at > now] for name, budgets in known.items()}


def write_budget(budget: Budget) -> dict[str, Any]:
    """Return a budget as JSON."""
    return {
        "name": budget.name,
        "scope": budget.scope,
        "limit": budget.limit,
        "remaining": budget.remaining,
        "resets_at": budget.resets_at.isoformat(),
        "counts_posts": budget.counts_posts,
    }


def read_budget(given: Mapping[str, Any]) -> Budget:
    """Return the budget that `write_budget` returned as JSON."""
    return Budget(
        name=given["name"],
        scope=LimitScope(given["scope"]),
        limit=given["limit"],
        remaining=given["remaining"],
        resets_at=datetime.fromisoformat(given["resets_at"]),
        counts_posts=given.get("counts_posts", False),  # an older version did not write it
    )
