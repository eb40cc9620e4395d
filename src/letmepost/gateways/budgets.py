"""What is left of platforms' limits, for whoever wants to read it: each in Redis until it resets.

It decides nothing (`Throttles` does), so that what Redis loses is missing until the next answer, and does no harm.
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
"""Redis counts in whole seconds; whoever reads looks at the time of the reset."""

log = structlog.get_logger()


class Budgets:
    """Budgets by the names of `Throttles`."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._untold: dict[str, Sequence[Budget]] = {}

    def learn(self, name: str, budgets: Collection[Budget]) -> None:
        """Note what a platform told; it is told on by the next `tell`, so that no post waits for it."""
        if budgets:
            self._untold[name] = tuple(budgets)

    async def tell(self) -> None:
        """Write what was learnt since the last time, in one round trip."""
        now = self._clock.now()
        lasting = {name: max(budget.resets_at for budget in budgets) - now for name, budgets in self._untold.items()}
        untold = {name: budgets for name, budgets in self._untold.items() if lasting[name] > timedelta()}
        self._untold = {}
        if not untold:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for name, budgets in untold.items():
            value = json.dumps([write_budget(budget) for budget in budgets])
            pipeline.set(_KEY + name, value, ex=lasting[name] + _LONGER)
        try:
            await pipeline.execute()
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="budgets")
            self._untold = {**untold, **self._untold}

    async def read(self, names: Sequence[str]) -> Mapping[str, Sequence[Budget]]:
        """What is known by these names, and has not been reset; nothing while Redis does not answer."""
        if not names:
            return {}
        try:
            told = await self._redis.mget([_KEY + name for name in names])
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="budgets")
            return {}
        now = self._clock.now()
        known = {
            name: [read_budget(one) for one in json.loads(value)]
            for name, value in zip(names, told, strict=True)
            if value
        }
        return {name: [budget for budget in budgets if budget.resets_at > now] for name, budgets in known.items()}


def write_budget(budget: Budget) -> dict[str, Any]:
    """A budget as JSON."""
    return {
        "name": budget.name,
        "scope": budget.scope,
        "limit": budget.limit,
        "remaining": budget.remaining,
        "resets_at": budget.resets_at.isoformat(),
    }


def read_budget(given: Mapping[str, Any]) -> Budget:
    """What `write_budget` wrote."""
    return Budget(
        name=given["name"],
        scope=LimitScope(given["scope"]),
        limit=given["limit"],
        remaining=given["remaining"],
        resets_at=datetime.fromisoformat(given["resets_at"]),
    )
