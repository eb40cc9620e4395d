"""Whether the deployment can publish."""

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
    """Looks at every part. Without Redis, or with posts that are late, the API serves all the same, and says so."""
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
                parts["overdue"] = Problem(f"a post waits for {overdue_s:.0f} s", is_tolerable=True)
            async with core.units.begin(DEPLOYMENT) as work:
                parts["pauses"] = _paused([row.scope for row in await pauses.list_all(work)])
        except DATABASE_ERRORS as error:
            parts["database"] = Problem(f"does not answer: {type(error).__name__}")
        try:
            parts["worker"] = None if await heartbeats.count() else Problem("no worker lives")
        except (RedisError, OSError) as error:
            log.warning("redis.lost", error=str(error), role="readiness")
            parts["redis"] = Problem(f"does not answer: {type(error).__name__}", is_tolerable=True)
            parts["worker"] = Problem("unknown: its heartbeat is in Redis", is_tolerable=True)
        return Readiness(parts=parts)

    return check


def _paused(scopes: Sequence[PauseSelector]) -> Problem | None:
    """What an operator has stopped. Whoever asks needs no key, so it names no tenant."""
    if not scopes:
        return None
    if PauseSelector() in scopes:
        return Problem("publishing is paused", is_tolerable=True)
    platforms = sorted({scope.platform for scope in scopes if scope.platform and not scope.organization_id})
    return Problem(f"paused in part: {', '.join(platforms) or 'some tenants'}", is_tolerable=True)
