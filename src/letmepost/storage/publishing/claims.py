"""Leases posts to workers. Only here, the posts of all tenants are selected together."""

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

# A locked row is being written under that lease; the next claim sees the result.
_RELEASE_EXPIRED = """
    UPDATE posts SET lease_token = NULL, lease_until = NULL WHERE id IN (
      SELECT id FROM posts WHERE lease_until < clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED
    )
"""

# The organizations that have ready posts, then the oldest ready post of each free account, then one post of each
# organization in turn. Only the oldest posts of a long backlog are considered. Busy accounts are left out first, so
# that one of them cannot hide the others for longer than a post takes. It locks nothing: PostgreSQL does not allow
# FOR UPDATE with DISTINCT and window functions.
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

# Checked again under locks: another worker may have been faster since the first statement.
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
    """A post that only this worker may publish until its lease ends. `late_s`: seconds since it was ready."""

    tenant: Tenant
    post_id: UUID
    token: LeaseToken
    platform: str
    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post that may be leased."""

    post_id: UUID
    organization_id: UUID
    platform: str


class EveryTenantClaims:
    """Leases posts to workers: tenants in turn, and one post per account at a time."""

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
            after: the organization that had the last turn.
            may_take: called for one candidate after another, of which there are at most twice as many as `limit`.
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
            # Two workers leased two posts of one account at the same time, and the unique index rejected this one.
            return []

    async def renew(self, tokens: Collection[LeaseToken], lease_s: float) -> set[LeaseToken]:
        """Extend leases, and never shorten one. Return those that are still held."""
        async with self._database.sweep() as connection:
            rows = await driver_of(connection).fetch(_RENEW, list(tokens), lease_s)
        return {LeaseToken(token) for (token,) in rows}

    async def next_ready_in_s(self) -> float | None:
        """Return the seconds until the next post becomes ready; None if none is waiting."""
        async with self._database.sweep() as connection:
            found: float | None = await driver_of(connection).fetchval(NEXT_READY)
        return found
