"""The cost of a million scheduled posts for those that are due now.

    python -m tests.benchmarks.many_waiting [posts]

The same is measured twice in one deployment: with a thousand waiting posts, and with a million. Times depend on the
machine and its load. The number of pages that a statement reads, and its indexes, do not.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from statistics import median
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from letmepost.domain.ids import Prefix, parse_id
from letmepost.storage.database import open_database
from letmepost.storage.publishing.claims import CANDIDATES, NEXT_READY, EveryTenantClaims
from tests.benchmarks.stand import CLOCK, Stand, running
from tests.doubles.waiting import eventually

FEW = 1_000
TENANTS, ACCOUNTS = 8, 8
TIMES, CLAIMED_TIMES, DISPATCHED = 150, 15, 40
FIRST_DISPATCH_S, DISPATCHES_APART_S = 8.0, 0.5
Tenants: TypeAlias = Mapping[str, list[str]]

# Each in its own batch, at its own time within the year.
_FILL = """
    WITH made AS (
      INSERT INTO batches (id, organization_id, mode, request_id, is_scheduled, created_at)
      SELECT uuidv7(), $1, 'live', 'req', true, now() FROM generate_series(1, $4) RETURNING id
    ), post AS (
      INSERT INTO posts (id, organization_id, mode, batch_id, target_index, account_id, profile_id, platform, status,
                         due_at, ready_at, late_within_s, late_then, content_hash, created_at, updated_at)
      SELECT uuidv7(), $1, 'live', made.id, 0, account.id, $3, 'bluesky', 'queued', due.at, due.at, 86400, 'skip',
             uuid_send(made.id), now(), now()
      FROM made CROSS JOIN LATERAL (SELECT now() + interval '1 day' * (1 + 300 * random() + 0 * length(made.id::text)))
        AS due(at) CROSS JOIN LATERAL (SELECT ($2::uuid[])[1 + (random() * (cardinality($2) - 1))::int
          + 0 * length(made.id::text)]) AS account(id)
      RETURNING id
    )
    INSERT INTO post_revisions (organization_id, mode, post_id, revision, content, created_at)
    SELECT $1, 'live', id, 1, '{"text": "Some day", "media": [], "first_comment": null, "thread": [], "options": {},
      "option_media": {}}', now() FROM post
"""
_IS_ANALYZED = """
    SELECT coalesce(bool_and(last_autoanalyze > $1), false) FROM pg_stat_user_tables
    WHERE relname IN ('posts', 'batches', 'post_revisions')
"""
_MAKE_READY = """
    UPDATE posts SET ready_at = now() WHERE id IN (
      SELECT DISTINCT ON (account_id) id FROM posts WHERE organization_id = $1 AND mode = 'live' AND status = 'queued'
      ORDER BY account_id, id
    )
"""
_PUT_BACK = """
    UPDATE posts SET ready_at = due_at, status = 'queued', lease_token = NULL, lease_until = NULL
    WHERE organization_id = $1 AND mode = 'live' AND (lease_token IS NOT NULL OR ready_at < due_at)
"""

_STATEMENTS = {"who is next": CANDIDATES, "when is the next": NEXT_READY}


@dataclass
class Figures:
    """The measurements with a number of waiting posts: milliseconds, and pages with the used indexes."""

    posts: int
    took_ms: dict[str, float] = field(default_factory=dict)
    plans: dict[str, tuple[int, list[str]]] = field(default_factory=dict)


@dataclass
class Measurement:
    """A deployment, its tenants by key with their accounts' ids, and a separate connection to its database."""

    stand: Stand
    tenants: Tenants
    driver: "asyncpg.Connection[asyncpg.Record]"
    owners: dict[str, tuple[UUID, UUID]] = field(default_factory=dict)

    async def fill(self, posts: int) -> None:
        """Store more waiting posts."""
        for key, accounts in self.tenants.items():
            organization, profile = self.owners[key]
            ids = [parse_id(Prefix.ACCOUNT, account) for account in accounts]
            await self._as_tenant(organization, _FILL, ids, profile, posts // len(self.tenants))
        filled_at = CLOCK.now()
        # Only the owner may analyze the tables. PostgreSQL itself does it within a minute or two.
        await eventually(lambda: self.driver.fetchval(_IS_ANALYZED, filled_at), within_s=300)

    async def measure(self, posts: int) -> Figures:
        """Measure everything once."""
        figures, key = Figures(posts), next(iter(self.tenants))
        at = (CLOCK.now() + timedelta(days=400 // 2)).isoformat()
        body = {"targets": [{"accountId": self.tenants[key][0]}], "text": "Hello", "scheduledAt": at}
        figures.took_ms["accept"] = await _timed(lambda: self.stand.call("POST", "/v1/posts", key, body))
        figures.took_ms["list of 50"] = await _timed(lambda: self.stand.call("GET", "/v1/posts", key))
        figures.took_ms["dispatch, after its time"] = await self._dispatch(key)
        worker = self.stand.child("worker")
        worker.suspend()  # otherwise, it would claim the posts itself
        try:
            await self._claim(figures)
        finally:
            worker.resume()
        return figures

    async def _claim(self, figures: Figures) -> None:
        database = open_database(self.stand.ready["workerDatabaseUrl"], pool_size=1)
        claims = EveryTenantClaims(database)
        look = partial(claims.claim, limit=64, lease_s=60, after=_ZERO)
        figures.took_ms["look, with nothing due"] = await _timed(look)
        figures.took_ms["look for the next"] = await _timed(claims.next_ready_in_s)
        took_ms: list[float] = []
        for _ in range(CLAIMED_TIMES):
            await self._everywhere(_MAKE_READY)
            if not took_ms:
                figures.plans = {name: await self._plan(statement) for name, statement in _STATEMENTS.items()}
            began_s = time.perf_counter()
            claimed = await look()
            took_ms.append(1000 * (time.perf_counter() - began_s))
            assert len(claimed) == TENANTS * ACCOUNTS
            await self._everywhere(_PUT_BACK)
        figures.took_ms[f"claim of {TENANTS * ACCOUNTS}"] = median(took_ms)
        await database.close()

    async def _dispatch(self, key: str) -> float:
        """Return the median delay from the due time of a post to the platform."""
        first = CLOCK.now() + timedelta(seconds=FIRST_DISPATCH_S)
        times = (first + timedelta(seconds=DISPATCHES_APART_S * number) for number in range(DISPATCHED))
        due = {str(at): at for at in times}
        for text, at in due.items():
            body = {"targets": [{"accountId": self.tenants[key][0]}], "text": text, "scheduledAt": at.isoformat()}
            await self.stand.call("POST", "/v1/posts", key, body)
        await asyncio.sleep((max(due.values()) - CLOCK.now()).total_seconds() + 2)
        return median(1000 * (self.stand.arrivals.at[text] - at.timestamp()) for text, at in due.items())

    async def _plan(self, statement: str) -> tuple[int, list[str]]:
        """Return the number of pages that the statement reads, and the indexes that it uses."""
        for name, value in (("$1", "128"), ("$2", f"'{_ZERO}'"), ("$3", "500")):
            statement = statement.replace(name, value)
        async with self.driver.transaction():
            await self.driver.execute("SET LOCAL ROLE letmepost_sweeper")
            explained = await self.driver.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
        plan = json.loads(explained)[0]["Plan"]
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], sorted(set(_indexes(plan)))

    async def _everywhere(self, statement: str) -> None:
        for organization, _ in self.owners.values():
            await self._as_tenant(organization, statement)

    async def _as_tenant(self, organization: UUID, statement: str, *values: Any) -> None:
        async with self.driver.transaction():
            await self.driver.execute(
                f"SET LOCAL ROLE letmepost_app; SET LOCAL letmepost.organization = '{organization}';"
                " SET LOCAL letmepost.mode = 'live'"
            )
            await self.driver.execute(statement, organization, *values, timeout=1800)


_ZERO = UUID(int=0)


async def main(many: int) -> None:
    async with running() as stand:
        tenants = {}
        for number in range(TENANTS):
            key = await stand.tenant(f"Tenant {number}")
            tenants[key] = [await stand.account(key) for _ in range(ACCOUNTS)]
        driver = await asyncpg.connect(stand.ready["workerDatabaseUrl"])
        measurement = Measurement(stand, tenants, driver)
        for key in tenants:
            account = (await stand.call("GET", "/v1/accounts", key))["data"][0]
            organization = (await stand.call("GET", "/v1/me", key))["organization"]["id"]
            measurement.owners[key] = (
                parse_id(Prefix.ORGANIZATION, organization),
                parse_id(Prefix.PROFILE, account["profileId"]),
            )
        await measurement.fill(FEW)
        few = await measurement.measure(FEW)
        began_s = time.perf_counter()
        await measurement.fill(many - FEW)
        print(f"{many} posts stored in {time.perf_counter() - began_s:.0f} s")
        _show(few, await measurement.measure(many))
        await driver.close()


async def _timed(call: Callable[[], Awaitable[object]]) -> float:
    """Return the median of many calls in milliseconds, after a warm-up of a tenth as many."""
    took_ms = []
    for number in range(TIMES + TIMES // 10):
        began_s = time.perf_counter()
        await call()
        if number >= TIMES // 10:
            took_ms.append(1000 * (time.perf_counter() - began_s))
    return median(took_ms)


def _indexes(plan: Mapping[str, Any]) -> Iterator[str]:
    if "Index Name" in plan:
        yield plan["Index Name"]
    for part in plan.get("Plans", ()):
        yield from _indexes(part)


def _show(few: Figures, many: Figures) -> None:
    print(f"  {'milliseconds, p50':28}{few.posts:>12,}{many.posts:>12,} posts waiting")
    for name, took_ms in few.took_ms.items():
        print(f"  {name:28}{took_ms:12.1f}{many.took_ms[name]:12.1f}   ratio {many.took_ms[name] / took_ms:.2f}")
    for name, (pages, _) in few.plans.items():
        more, indexes = many.plans[name]
        print(f"  {'pages, ' + name:28}{pages:12}{more:12}   by {', '.join(indexes)}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
