"""The outbox: events are written in the transaction of their cause, and announced after it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.text import as_storable
from letmepost.storage.database import Database, Tenant, driver_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that is not announced yet."""

    id: UUID
    type: str
    profile_id: UUID | None
    data: Mapping[str, Any]
    post_id: UUID | None = None


_WRITE = """
    INSERT INTO events (id, organization_id, mode, type, profile_id, post_id, data, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8)
"""


class EventRepository:
    """The outbox of one tenant."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def write(self, new: Sequence[NewEvent], now: datetime) -> None:
        """Write events, in their order, in the current transaction."""
        if not new:
            return
        rows = [
            (
                event.id,
                self._tenant.organization_id,
                self._tenant.mode,
                event.type,
                event.profile_id,
                event.post_id,
                json.dumps(as_storable(event.data)),
                now,
            )
            for event in new
        ]
        await driver_of(self._connection).executemany(_WRITE, rows)


# A separate statement: combined with the next one, that one would read a snapshot older than the lock.
_ONE_RELAY_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('letmepost.relay'))"

_ANNOUNCE = """
    WITH fresh AS (
      SELECT id, organization_id, row_number() OVER (PARTITION BY organization_id ORDER BY written) AS place
      FROM (SELECT id, organization_id, written FROM events WHERE position IS NULL ORDER BY written LIMIT $1) e
    ), head AS (
      UPDATE organizations o SET event_head = o.event_head + counted.n
      FROM (SELECT organization_id, count(*) AS n FROM fresh GROUP BY organization_id) counted
      WHERE o.id = counted.organization_id
      RETURNING o.id, o.event_head - counted.n AS base
    ), announced AS (
      UPDATE events e SET position = head.base + fresh.place
      FROM fresh JOIN head ON head.id = fresh.organization_id
      WHERE e.id = fresh.id
      RETURNING e.id, e.organization_id, e.mode, e.profile_id, e.type
    ), addressed AS (
      INSERT INTO deliveries (id, organization_id, mode, endpoint_id, event_id, status, ready_at, created_at)
      SELECT uuidv7(), a.organization_id, a.mode, w.id, a.id, 'pending', now(), now()
      FROM announced a JOIN webhook_endpoints w ON w.organization_id = a.organization_id AND w.mode = a.mode
      WHERE w.active AND (w.events = '{}' OR a.type = ANY(w.events))
        AND (w.profile_id IS NULL OR w.profile_id = a.profile_id)
      RETURNING id
    )
    SELECT (SELECT count(*) FROM announced) AS announced, (SELECT count(*) FROM addressed) AS addressed,
      ARRAY(SELECT id FROM head) AS organization_ids
"""


@dataclass(frozen=True, slots=True)
class Announced:
    """The numbers of announced events and of their deliveries, and the organizations with these events."""

    count: int
    addressed_count: int
    organization_ids: Sequence[UUID]


class EveryTenantOutbox:
    """Announces committed events: gives them public positions, and creates the deliveries to endpoints."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def announce(self, limit: int) -> Announced:
        """Announce up to `limit` events."""
        async with self._database.sweep() as connection:
            driver = driver_of(connection)
            await driver.execute(_ONE_RELAY_AT_A_TIME)
            [row] = await driver.fetch(_ANNOUNCE, limit)
        return Announced(*row)
