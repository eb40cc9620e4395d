"""Who publishes next: the one place where work of every tenant is looked at together."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice
from typing import NewType
from uuid import UUID

import asyncpg

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Database, Tenant, driver_of

LeaseToken = NewType("LeaseToken", UUID)

_WINDOW = 500

# A row that is locked is somebody's last write under that lease: the next claim sees how it ended.
_RELEASE_EXPIRED = """
    UPDATE posts SET lease_token = NULL, lease_until = NULL WHERE id IN (
      SELECT id FROM posts WHERE lease_until < clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED
    )
"""

# The organizations that have something ready, then the oldest ready post of each free account, then one of each
# organization in turn. Of a long backlog only the oldest are looked at: accounts that are busy are left out first, so
# that one of them cannot hide the others for longer than a post takes. It locks nothing: FOR UPDATE is refused beside
# DISTINCT and window functions.
CANDIDATES = """
    WITH RECURSIVE busy AS MATERIALIZED (
      SELECT array_agg(account_id) AS accounts FROM posts WHERE lease_token IS NOT NULL
    ), organization(id) AS (
      (SELECT organization_id FROM posts WHERE ready_at <= now() ORDER BY organization_id LIMIT 1)
      UNION ALL
      SELECT (SELECT organization_id FROM posts
              WHERE organization_id > organization.id AND ready_at <= now() ORDER BY organization_id LIMIT 1)
      FROM organization WHERE organization.id IS NOT NULL
    ), turn AS (
      SELECT head.id, head.platform, organization.id AS organization_id,
             row_number() OVER (PARTITION BY organization.id ORDER BY head.ready_at, head.id) AS place
      FROM organization CROSS JOIN LATERAL (
        SELECT DISTINCT ON (oldest.account_id) oldest.id, oldest.ready_at, oldest.platform FROM (
          SELECT p.id, p.account_id, p.ready_at, p.platform FROM posts p
          WHERE p.organization_id = organization.id AND p.ready_at <= now() AND p.lease_token IS NULL
            AND p.account_id <> ALL (coalesce((SELECT accounts FROM busy), '{}'))
          ORDER BY p.ready_at, p.id LIMIT $3
        ) oldest
        ORDER BY oldest.account_id, oldest.ready_at, oldest.id
      ) head
    )
    SELECT id, organization_id, platform FROM turn
    ORDER BY place, organization_id <= $2, organization_id LIMIT $1
"""

# Checked again under locks: between the two statements another worker may have been faster.
_LEASE = """
    WITH mine AS (
      SELECT p.id FROM posts p JOIN accounts a ON a.organization_id = p.organization_id AND a.id = p.account_id
      WHERE p.id = ANY($1) AND p.ready_at <= now() AND p.lease_token IS NULL
        AND NOT EXISTS (SELECT FROM posts l WHERE l.account_id = p.account_id AND l.lease_token IS NOT NULL)
      FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE posts SET
      lease_token = gen_random_uuid(),
      lease_until = clock_timestamp() + make_interval(secs => $2),
      status = CASE WHEN status IN ('queued', 'retrying') THEN 'publishing' ELSE status END,
      updated_at = now()
    FROM mine WHERE posts.id = mine.id
    RETURNING posts.id, posts.organization_id, posts.mode, posts.platform, posts.lease_token,
      extract(epoch FROM clock_timestamp() - posts.ready_at)::float8 AS late_s
"""

_RENEW = """
    UPDATE posts SET lease_until = greatest(lease_until, clock_timestamp() + make_interval(secs => $2))
    WHERE lease_token = ANY($1) RETURNING lease_token
"""

# `now()` because an index is not used with `clock_timestamp()`, which is volatile.
NEXT_READY = """
    SELECT extract(epoch FROM min(ready_at) - clock_timestamp())::float8 FROM posts
    WHERE ready_at > now() AND lease_token IS NULL
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A post that this worker alone may work on, until its lease ends. `late_s`: since it was ready."""

    tenant: Tenant
    post_id: UUID
    token: LeaseToken
    platform: str
    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post whose turn it is."""

    post_id: UUID
    organization_id: UUID
    platform: str


class EveryTenantClaims:
    """Leases posts to workers, tenants in turn, one post an account at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self,
        *,
        limit: int,
        lease_s: float,
        after: UUID,
        may_take: Callable[[Candidate], bool] = lambda _: True,
    ) -> list[Claim]:
        """Lease up to `limit` ready posts, in the order of turns.

        Args:
            after: the organization that had its turn last.
            may_take: asked of one candidate after another; twice as many are looked at as may be taken.
        """
        try:
            async with self._database.sweep() as connection:
                driver = driver_of(connection)
                await driver.fetch(_RELEASE_EXPIRED)  # prepared, which `execute` without arguments is not
                turns = (Candidate(*row) for row in await driver.fetch(CANDIDATES, 2 * limit, after, _WINDOW))
                ids = [turn.post_id for turn in islice(filter(may_take, turns), limit)]
                if not ids:
                    return []
                rows = await driver.fetch(_LEASE, ids, lease_s)
                leased = {
                    row["id"]: Claim(
                        Tenant(row["organization_id"], Mode(row["mode"])),
                        row["id"],
                        LeaseToken(row["lease_token"]),
                        row["platform"],
                        row["late_s"],
                    )
                    for row in rows
                }
                return [leased[post_id] for post_id in ids if post_id in leased]
        except asyncpg.UniqueViolationError:
            # Two workers leased two posts of one account in the same instant; the unique index let one of them.
            return []

    async def renew(self, tokens: Collection[LeaseToken], lease_s: float) -> set[LeaseToken]:
        """Lengthen leases, and never shorten one; returns those that still are ours."""
        async with self._database.sweep() as connection:
            rows = await driver_of(connection).fetch(_RENEW, list(tokens), lease_s)
        return {LeaseToken(token) for (token,) in rows}

    async def next_ready_in_s(self) -> float | None:
        """Seconds until the next post becomes ready; None when none is waiting."""
        async with self._database.sweep() as connection:
            found: float | None = await driver_of(connection).fetchval(NEXT_READY)
        return found
