"""Webhook endpoints of one tenant, and each sending to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.api_keys import Mode
from letmepost.storage.conditions import equals_if_given
from letmepost.storage.database import Database, Tenant
from letmepost.storage.sealing import Keyring, Place
from letmepost.storage.tables.webhooks import webhook_endpoints as endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRow:
    """Who listens, and to what."""

    id: UUID
    profile_id: UUID | None
    url: str
    events: Sequence[str]
    description: str | None
    active: bool
    last_delivery_at: datetime | None
    last_failure_reason: str | None
    created_at: datetime
    updated_at: datetime


_COLUMNS = [endpoints.c[name] for name in EndpointRow.__dataclass_fields__]


class EndpointRepository:
    """Endpoints of one tenant. There is no way to ask for anyone else's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant, keyring: Keyring) -> None:
        self._connection = connection
        self._tenant = tenant
        self._keyring = keyring

    async def create(self, row: EndpointRow, secret: str) -> None:
        """Store an endpoint and its signing secret."""
        values = {name: getattr(row, name) for name in EndpointRow.__dataclass_fields__}
        await self._connection.execute(
            insert(endpoints).values(
                **{**values, "events": list(row.events)},
                organization_id=self._tenant.organization_id,
                mode=self._tenant.mode,
                secret_sealed=self._keyring.seal(secret.encode(), secret_place(self._tenant, row.id)),
            )
        )

    async def find(self, endpoint_id: UUID, profile_id: UUID | None) -> EndpointRow | None:
        """One endpoint; only of the profile when given."""
        query = select(*_COLUMNS).where(self._visible(profile_id), endpoints.c.id == endpoint_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else EndpointRow(**row)

    async def list_all(self, profile_id: UUID | None) -> list[EndpointRow]:
        """Endpoints, newest first."""
        query = select(*_COLUMNS).where(self._visible(profile_id)).order_by(endpoints.c.id.desc())
        return [EndpointRow(**row) for row in (await self._connection.execute(query)).mappings()]

    async def change(self, endpoint_id: UUID, values: Mapping[str, Any]) -> None:
        """Change an endpoint's own columns."""
        await self._connection.execute(
            update(endpoints).where(self._visible(None), endpoints.c.id == endpoint_id).values(**values)
        )

    async def rotate(self, endpoint_id: UUID, secret: str, previous_until: datetime, now: datetime) -> None:
        """Give an endpoint a new secret; the one before it signs beside it for a while."""
        sealed = self._keyring.seal(secret.encode(), secret_place(self._tenant, endpoint_id))
        values = {
            "previous_secret_sealed": endpoints.c.secret_sealed,
            "previous_secret_until": previous_until,
            "secret_sealed": sealed,
            "updated_at": now,
        }
        await self.change(endpoint_id, values)

    async def get_secret(self, endpoint_id: UUID) -> str:
        """The secret that signs now."""
        query = select(endpoints.c.secret_sealed).where(self._visible(None), endpoints.c.id == endpoint_id)
        sealed = (await self._connection.execute(query)).scalar_one()
        return self._keyring.open(sealed, secret_place(self._tenant, endpoint_id)).decode()

    async def delete(self, endpoint_id: UUID) -> None:
        """Remove an endpoint with its deliveries."""
        await self._connection.execute(delete(endpoints).where(self._visible(None), endpoints.c.id == endpoint_id))

    def _visible(self, profile_id: UUID | None) -> ColumnElement[bool]:
        return and_(
            endpoints.c.organization_id == self._tenant.organization_id,
            endpoints.c.mode == self._tenant.mode,
            equals_if_given(endpoints.c.profile_id, profile_id),
        )


def secret_place(tenant: Tenant, endpoint_id: UUID) -> Place:
    """Where an endpoint's signing secret is sealed."""
    return Place(tenant.organization_id, "webhook_endpoints", "secret_sealed", str(endpoint_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One sending that this worker alone makes: what, and where to."""

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


_CLAIM = text(
    """
    WITH due AS (
      SELECT d.id FROM (
        SELECT id, ready_at, row_number() OVER (PARTITION BY endpoint_id ORDER BY ready_at, id) AS place
        FROM deliveries WHERE ready_at <= clock_timestamp()
      ) d ORDER BY d.place, d.ready_at LIMIT :limit
    ), mine AS (
      SELECT d.id FROM deliveries d JOIN due ON due.id = d.id
      WHERE d.ready_at <= clock_timestamp() FOR NO KEY UPDATE OF d SKIP LOCKED
    ), leased AS (
      UPDATE deliveries d SET lease_token = gen_random_uuid(), attempt_count = attempt_count + 1,
        lease_until = clock_timestamp() + make_interval(secs => :lease_s),
        ready_at = clock_timestamp() + make_interval(secs => :lease_s)
      FROM mine WHERE d.id = mine.id RETURNING d.*
    )
    SELECT l.id, l.organization_id, l.mode, l.lease_token, l.attempt_count, l.endpoint_id, w.url, w.active,
           w.secret_sealed, l.event_id,
           CASE WHEN w.previous_secret_until > clock_timestamp() THEN w.previous_secret_sealed END AS previous_sealed,
           e.type, e.created_at, e.position, e.data
    FROM leased l JOIN webhook_endpoints w ON w.id = l.endpoint_id JOIN events e ON e.id = l.event_id
    """
)
_FINISH = text(
    """
    UPDATE deliveries SET status = :status, last_status = :last_status, last_error = :last_error,
      finished_at = CASE WHEN :status = 'pending' THEN NULL ELSE now() END,
      ready_at = clock_timestamp() + make_interval(secs => CAST(:delay_s AS float8)),
      lease_token = NULL, lease_until = NULL
    WHERE id = :id AND lease_token = :token RETURNING endpoint_id
    """
)
_NOTE_ON_ENDPOINT = text(
    """
    UPDATE webhook_endpoints SET last_delivery_at = now(), last_failure_reason = :last_error,
      active = active AND NOT :disable,
      failing_since = CASE WHEN CAST(:last_error AS text) IS NULL THEN NULL ELSE coalesce(failing_since, now()) END
    WHERE id = :endpoint_id
    """
)
_NEXT_DELIVERY = text(
    "SELECT extract(epoch FROM min(ready_at) - clock_timestamp())::float8 FROM deliveries"
    " WHERE ready_at > clock_timestamp()"
)


class EveryTenantDeliveries:
    """Leases deliveries to workers: the first of each endpoint before the second of any."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def claim(self, *, limit: int, lease_s: float) -> list[Delivery]:
        """Lease up to `limit` due deliveries. One whose lease ends unfinished is due again."""
        async with self._database.every_tenant() as connection:
            rows = (await connection.execute(_CLAIM, {"limit": limit, "lease_s": lease_s})).mappings().all()
        return [self._delivery(row) for row in rows]

    async def finish(
        self,
        delivery: Delivery,
        *,
        status: str,
        delay_s: float | None = None,
        last_status: int | None = None,
        last_error: str | None = None,
        disable: bool = False,
    ) -> None:
        """Record how a sending went; `delay_s` until the next, None when it was the last."""
        values = {
            "id": delivery.id,
            "token": delivery.token,
            "status": status,
            "delay_s": delay_s,
            "last_status": last_status,
            "last_error": last_error,
        }
        async with self._database.every_tenant() as connection:
            if (await connection.execute(_FINISH, values)).first() is not None:
                note = {"endpoint_id": delivery.endpoint_id, "last_error": last_error, "disable": disable}
                await connection.execute(_NOTE_ON_ENDPOINT, note)

    async def next_due_in_s(self) -> float | None:
        """Seconds until the next delivery is due; None when none is waiting."""
        async with self._database.every_tenant() as connection:
            found: float | None = await connection.scalar(_NEXT_DELIVERY)
        return found

    def _delivery(self, row: Mapping[Any, Any]) -> Delivery:
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
