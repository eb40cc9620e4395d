"""Checks if the deployment can publish."""

from collections.abc import Awaitable, Callable, Sequence

import structlog
from redis.exceptions import RedisError

from letmepost.bootstrap.core import Core
from letmepost.gateways.heartbeats import Heartbeats
from letmepost.http.services import Problem, Readiness
from letmepost.services.tenants import pauses
from letmepost.storage.database import DATABASE_ERRORS, DEPLOYMENT
from letmepost.storage.publishing.queue import EveryTenantQueue
from letmepost.storage.readiness import DatabaseReadiness
from letmepost.storage.revisions import newest_revision
from letmepost.storage.tenants.pauses import PauseSelector

OVERDUE_S = 60.0
_PARTS = ("database", "migrations", "redis", "worker", "overdue", "pauses")

log = structlog.get_logger()


def readiness(core: Core) -> Callable[[], Awaitable[Readiness]]:
    """Return a check of every part. The API also serves without Redis and with overdue posts, and reports both."""
    schema = DatabaseReadiness(core.database, newest_revision())
    queue = EveryTenantQueue(core.database)
    heartbeats = Heartbeats(core.redis)

    async def check() -> Readiness:
        parts: dict[str, Problem | None] = dict.fromkeys(_PARTS)
        try:
            behind = await schema.problem()
            parts["migrations"] = None if behind is None else Problem(behind)
            overdue_s = await queue.oldest_overdue_s()
            if overdue_s > OVERDUE_S:
                parts["overdue"] = Problem(f"the oldest post is {overdue_s:.0f} s overdue", is_tolerable=True)
            async with core.units.begin(DEPLOYMENT) as work:
                parts["pauses"] = _paused([row.scope for row in await pauses.list_all(work)])
        except DATABASE_ERRORS as error:
            parts["database"] = Problem(f"does not answer: {type(error).__name__}")
        try:
            parts["worker"] = None if await heartbeats.count() else Problem("no worker is running")
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="readiness")
            parts["redis"] = Problem(f"does not answer: {type(error).__name__}", is_tolerable=True)
            parts["worker"] = Problem("unknown: heartbeats are in Redis", is_tolerable=True)
        return Readiness(parts=parts)

    return check


def _paused(scopes: Sequence[PauseSelector]) -> Problem | None:
    """Describe what an operator has paused. The caller has no key, so no tenant is named."""
    if not scopes:
        return None
    if PauseSelector() in scopes:
        return Problem("publishing is paused", is_tolerable=True)
    platforms = sorted({scope.platform for scope in scopes if scope.platform and not scope.organization_id})
    return Problem(f"paused in part: {', '.join(platforms) or 'some tenants'}", is_tolerable=True)
