"""The deliveries of events to webhook endpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Connection, Database, Tenant, driver_of
from letmepost.storage.sealing import Keyring
from letmepost.storage.webhooks.endpoints import secret_place


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery that only this worker sends until its lease ends."""

    id: UUID
    tenant: Tenant
    token: UUID
    attempt_count: int
    endpoint_id: UUID
    url: str
    is_active: bool
    secrets: Sequence[str] = field(repr=False)
    event_id: UUID
    event_type: str
    created_at: datetime
    position: int
    data: Mapping[str, Any]


_CLAIM = """
    WITH due AS (
      SELECT d.id FROM (
        SELECT id, ready_at, row_number() OVER (PARTITION BY endpoint_id ORDER BY ready_at, id) AS place
        FROM deliveries WHERE ready_at <= clock_timestamp()
      ) d ORDER BY d.place, d.ready_at LIMIT $1
    ), mine AS (
      SELECT d.id FROM deliveries d JOIN due ON due.id = d.id
      WHERE d.ready_at <= clock_timestamp() FOR NO KEY UPDATE OF d SKIP LOCKED
    ), leased AS (
      UPDATE deliveries d SET lease_token = gen_random_uuid(), attempt_count = attempt_count + 1,
        lease_until = clock_timestamp() + make_interval(secs => $2),
        ready_at = clock_timestamp() + make_interval(secs => $2)
      FROM mine WHERE d.id = mine.id RETURNING d.*
    )
    SELECT l.id, l.organization_id, l.mode, l.lease_token, l.attempt_count, l.endpoint_id, w.url, w.active,
           w.secret_sealed, l.event_id,
           CASE WHEN w.previous_secret_until > clock_timestamp() THEN w.previous_secret_sealed END AS previous_sealed,
           e.type, e.created_at, e.position, e.data
    FROM leased l JOIN webhook_endpoints w ON w.id = l.endpoint_id JOIN events e ON e.id = l.event_id
"""
_FINISH = """
    UPDATE deliveries SET status = $4, last_status = $5, last_error = $6,
      finished_at = CASE WHEN $4 = 'pending' THEN NULL ELSE now() END,
      ready_at = clock_timestamp() + make_interval(secs => $7), lease_token = NULL, lease_until = NULL
    WHERE organization_id = $1 AND id = $2 AND lease_token = $3
"""
# Before the delivery itself, so that endpoint and deliveries are always locked in the same order.
_NOTE_ON_ENDPOINT = """
    UPDATE webhook_endpoints w SET last_delivery_at = now(), last_failure_reason = $5::text,
      failing_since = CASE WHEN $5::text IS NULL THEN NULL ELSE coalesce(w.failing_since, now()) END,
      active = w.active AND ($5::text IS NULL OR NOT (
        $6::boolean OR coalesce(w.failing_since, now()) <= now() - make_interval(secs => $7)))
    WHERE w.organization_id = $1 AND w.id = $4
      AND EXISTS (SELECT FROM deliveries d WHERE d.id = $2 AND d.lease_token = $3)
    RETURNING new.active AS is_active, old.active AND NOT new.active AS is_disabled, w.profile_id
"""
# Leased deliveries are finished by their workers, with the receiver's response.
_BURY_WAITING = """
    UPDATE deliveries SET status = 'dead', ready_at = NULL, finished_at = now(),
      last_error = coalesce(last_error, 'The endpoint was disabled.')
    WHERE organization_id = $1 AND endpoint_id = $2 AND status = 'pending' AND lease_token IS NULL
"""
_NEXT_DELIVERY = """
    SELECT extract(epoch FROM min(ready_at) - clock_timestamp())::float8 FROM deliveries
    WHERE ready_at > clock_timestamp()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The result of a delivery attempt. `delay_s`: until the next one, if any. `last_error`: None for a success."""

    status: str
    delay_s: float | None = None
    last_status: int | None = None
    last_error: str | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAfter:
    """The endpoint after a delivery attempt. `is_disabled`: True if this attempt disabled it."""

    is_active: bool
    is_disabled: bool
    profile_id: UUID | None


class DeliveryRepository:
    """The deliveries of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def note_on_endpoint(
        self, delivery: Delivery, ending: Ending, *, give_up_after_s: float
    ) -> EndpointAfter | None:
        """Record the result at the endpoint. Disable it if it is gone, or has failed for `give_up_after_s`.

        Return None if the lease is lost, or the endpoint is deleted.
        """
        row = await driver_of(self._connection).fetchrow(
            _NOTE_ON_ENDPOINT,
            self._tenant.organization_id,
            delivery.id,
            delivery.token,
            delivery.endpoint_id,
            ending.last_error,
            ending.is_gone,
            give_up_after_s,
        )
        return None if row is None else EndpointAfter(**row)

    async def finish(self, delivery: Delivery, ending: Ending) -> None:
        """Record the result of a delivery attempt, unless the lease is lost."""
        await driver_of(self._connection).execute(
            _FINISH,
            self._tenant.organization_id,
            delivery.id,
            delivery.token,
            ending.status,
            ending.last_status,
            ending.last_error,
            ending.delay_s,
        )

    async def bury_waiting(self, endpoint_id: UUID) -> None:
        """Mark the waiting deliveries of an endpoint as dead. They are kept, and can be replayed."""
        await driver_of(self._connection).execute(_BURY_WAITING, self._tenant.organization_id, endpoint_id)


class EveryTenantDeliveries:
    """Leases deliveries to workers: the first of each endpoint before the second of any."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def claim(self, *, limit: int, lease_s: float) -> list[Delivery]:
        """Lease up to `limit` due deliveries. A delivery with an expired lease is due again."""
        async with self._database.sweep() as connection:
            rows = await driver_of(connection).fetch(_CLAIM, limit, lease_s)
        return [self._delivery(row) for row in rows]

    async def next_due_in_s(self) -> float | None:
        """Return the seconds until the next delivery is due; None if none is waiting."""
        async with self._database.sweep() as connection:
            found: float | None = await driver_of(connection).fetchval(_NEXT_DELIVERY)
        return found

    def _delivery(self, row: asyncpg.Record) -> Delivery:
        tenant = Tenant(row["organization_id"], Mode(row["mode"]))
        place = secret_place(tenant, row["endpoint_id"])
        sealed = [value for value in (row["secret_sealed"], row["previous_sealed"]) if value is not None]
        return Delivery(
            id=row["id"],
            tenant=tenant,
            token=row["lease_token"],
            attempt_count=row["attempt_count"],
            endpoint_id=row["endpoint_id"],
            url=row["url"],
            is_active=row["active"],
            secrets=[self._keyring.open(value, place).decode() for value in sealed],
            event_id=row["event_id"],
            event_type=row["type"],
            created_at=row["created_at"],
            position=row["position"],
            data=row["data"],
        )
