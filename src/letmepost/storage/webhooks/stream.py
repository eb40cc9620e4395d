"""The announced events of one tenant in their public order, and their deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from letmepost.storage.database import Connection, Tenant, driver_of
from letmepost.storage.queries import below_if_given, equals_if_given, newest_rows
from letmepost.storage.tables.organizations import organizations
from letmepost.storage.tables.webhooks import deliveries, events, webhook_endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedEvent:
    """An event with its position in the organization's stream."""

    id: UUID
    type: str
    data: Mapping[str, Any]
    position: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """The delivery of an event to an endpoint."""

    id: UUID
    event_id: UUID
    event_type: str
    status: str
    attempt_count: int
    ready_at: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


_EVENT_COLUMNS = [events.c[name] for name in AnnouncedEvent.__dataclass_fields__]
_DELIVERY_COLUMNS = [deliveries.c[name] for name in DeliveryRow.__dataclass_fields__ if name != "event_type"]

_REPLAY_RANGE = """
    INSERT INTO deliveries AS d (id, organization_id, mode, endpoint_id, event_id, status, ready_at, created_at)
    SELECT uuidv7(), e.organization_id, e.mode, w.id, e.id, 'pending', $6, $6
    FROM events e JOIN webhook_endpoints w ON w.organization_id = e.organization_id AND w.mode = e.mode
    WHERE e.organization_id = $1 AND e.mode = $2 AND w.id = $3
      AND e.position IS NOT NULL AND e.created_at >= $4 AND e.created_at < $5
      AND (w.events = '{}' OR e.type = ANY(w.events)) AND (w.profile_id IS NULL OR w.profile_id = e.profile_id)
    ON CONFLICT (endpoint_id, event_id) DO UPDATE SET status = 'pending', attempt_count = 0, ready_at = $6,
      lease_token = NULL, lease_until = NULL, last_status = NULL, last_error = NULL, finished_at = NULL
    RETURNING d.id
"""


class StreamRepository:
    """The event stream of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def read(
        self, *, after: int, types: Sequence[str], profile_id: UUID | None, limit: int
    ) -> list[AnnouncedEvent]:
        """Return the events after a position, in order."""
        query = select(*_EVENT_COLUMNS).where(
            events.c.organization_id == self._tenant.organization_id,
            events.c.mode == self._tenant.mode,
            events.c.position > after,
            equals_if_given(events.c.profile_id, profile_id),
        )
        if types:
            query = query.where(events.c.type.in_(types))
        rows = await self._connection.execute(query.order_by(events.c.position).limit(limit))
        return [AnnouncedEvent(**row) for row in rows.mappings()]

    async def head(self) -> int:
        """Return the position of the organization's last event, of either mode."""
        query = select(organizations.c.event_head).where(organizations.c.id == self._tenant.organization_id)
        head: int | None = await self._connection.scalar(query)
        return head or 0

    async def list_deliveries(self, endpoint_id: UUID, *, before: UUID | None, limit: int) -> list[DeliveryRow]:
        """Return the deliveries of an endpoint, newest first, below `before`."""
        matching = select(*_DELIVERY_COLUMNS).where(
            deliveries.c.organization_id == self._tenant.organization_id,
            deliveries.c.endpoint_id == endpoint_id,
            below_if_given(deliveries.c.id, before),
        )
        page = newest_rows(matching, deliveries.c.id, limit)
        query = select(page, events.c.type.label("event_type")).join(events, events.c.id == page.c.event_id)
        rows = await self._connection.execute(query.order_by(page.c.id.desc()))
        return [DeliveryRow(**row) for row in rows.mappings()]

    async def replay(self, delivery_id: UUID, profile_id: UUID | None, now: datetime) -> UUID | None:
        """Send a delivery again from the start of its schedule. Return its endpoint; None if it does not exist."""
        endpoint = select(webhook_endpoints.c.id).where(
            webhook_endpoints.c.organization_id == self._tenant.organization_id,
            equals_if_given(webhook_endpoints.c.profile_id, profile_id),
        )
        statement = (
            update(deliveries)
            .where(
                deliveries.c.organization_id == self._tenant.organization_id,
                deliveries.c.id == delivery_id,
                deliveries.c.endpoint_id.in_(endpoint),
            )
            .values(**_fresh(now))
            .returning(deliveries.c.endpoint_id)
        )
        found: UUID | None = await self._connection.scalar(statement)
        return found

    async def replay_range(self, endpoint_id: UUID, *, after: datetime, before: datetime, now: datetime) -> int:
        """Send every event of a period to an endpoint, even if the endpoint is newer. Return their number."""
        tenant = self._tenant
        rows = await driver_of(self._connection).fetch(
            _REPLAY_RANGE, tenant.organization_id, tenant.mode, endpoint_id, after, before, now
        )
        return len(rows)


def _fresh(now: datetime) -> dict[str, Any]:
    return {
        "status": "pending",
        "attempt_count": 0,
        "ready_at": now,
        "lease_token": None,
        "lease_until": None,
        "last_status": None,
        "last_error": None,
        "finished_at": None,
    }
