"""The webhook endpoints of one tenant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Tenant
from letmepost.storage.queries import below_if_given, equals_if_given
from letmepost.storage.sealing import Keyring, Place
from letmepost.storage.tables.webhooks import webhook_endpoints as endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRow:
    """A webhook endpoint and its subscribed events."""

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
    """The webhook endpoints of one tenant. It cannot reach another tenant's."""

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

    async def lock_all(self) -> None:
        """Prevent other transactions from adding or moving an endpoint of this organization until this one ends."""
        name = f"letmepost.endpoints:{self._tenant.organization_id}"
        await self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))

    async def count_all(self) -> int:
        """Count the endpoints of both modes. Row-level security shows one mode at a time."""
        count = 0
        for mode in (*(mode for mode in Mode if mode is not self._tenant.mode), self._tenant.mode):
            await self._connection.execute(select(func.set_config("letmepost.mode", str(mode), True)))  # noqa: FBT003 - SQL
            of_mode = and_(endpoints.c.organization_id == self._tenant.organization_id, endpoints.c.mode == mode)
            count += await self._connection.scalar(select(func.count()).where(of_mode)) or 0
        return count

    async def list_urls(self, profile_id: UUID | None) -> dict[UUID, str]:
        """Return the URLs of exactly this profile; for None, of endpoints without a profile."""
        own = and_(self._visible(None), endpoints.c.profile_id.is_not_distinct_from(profile_id))
        rows = await self._connection.execute(select(endpoints.c.id, endpoints.c.url).where(own))
        return {row.id: row.url for row in rows}

    async def find(self, endpoint_id: UUID, profile_id: UUID | None) -> EndpointRow | None:
        """Return an endpoint; only one of the profile if given."""
        query = select(*_COLUMNS).where(self._visible(profile_id), endpoints.c.id == endpoint_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else EndpointRow(**row)

    async def list_page(self, profile_id: UUID | None, *, before: UUID | None, limit: int) -> list[EndpointRow]:
        """Return endpoints, newest first, below `before`."""
        query = select(*_COLUMNS).where(self._visible(profile_id), below_if_given(endpoints.c.id, before))
        query = query.order_by(endpoints.c.id.desc()).limit(limit)
        return [EndpointRow(**row) for row in (await self._connection.execute(query)).mappings()]

    async def change(self, endpoint_id: UUID, values: Mapping[str, Any]) -> None:
        """Change columns of an endpoint."""
        await self._connection.execute(
            update(endpoints).where(self._visible(None), endpoints.c.id == endpoint_id).values(**values)
        )

    async def rotate(self, endpoint_id: UUID, secret: str, previous_until: datetime, now: datetime) -> None:
        """Store a new signing secret. The previous one also signs until then."""
        sealed = self._keyring.seal(secret.encode(), secret_place(self._tenant, endpoint_id))
        values = {
            "previous_secret_sealed": endpoints.c.secret_sealed,
            "previous_secret_until": previous_until,
            "secret_sealed": sealed,
            "updated_at": now,
        }
        await self.change(endpoint_id, values)

    async def list_secrets(self, endpoint_id: UUID) -> list[str]:
        """Return every secret that signs now: the current one, and during a rotation the previous one."""
        is_valid = endpoints.c.previous_secret_until > func.clock_timestamp()
        previous = case((is_valid, endpoints.c.previous_secret_sealed))
        query = select(endpoints.c.secret_sealed, previous).where(self._visible(None), endpoints.c.id == endpoint_id)
        place = secret_place(self._tenant, endpoint_id)
        sealed = (await self._connection.execute(query)).one()
        return [self._keyring.open(value, place).decode() for value in sealed if value is not None]

    async def delete(self, endpoint_id: UUID) -> None:
        """Delete an endpoint with its deliveries."""
        await self._connection.execute(delete(endpoints).where(self._visible(None), endpoints.c.id == endpoint_id))

    def _visible(self, profile_id: UUID | None) -> ColumnElement[bool]:
        return and_(
            endpoints.c.organization_id == self._tenant.organization_id,
            endpoints.c.mode == self._tenant.mode,
            equals_if_given(endpoints.c.profile_id, profile_id),
        )


def secret_place(tenant: Tenant, endpoint_id: UUID) -> Place:
    """Return the place of an endpoint's sealed signing secret."""
    return Place(tenant.organization_id, "webhook_endpoints", "secret_sealed", str(endpoint_id))
