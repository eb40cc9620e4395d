"""The tenants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.quotas import QuotaLimits
from letmepost.storage.database import Database, Tenant, driver_of
from letmepost.storage.queries import below_if_given
from letmepost.storage.tables.organizations import organizations, usage


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """A tenant, with the values that the operator has set; None if not set."""

    id: UUID
    name: str
    late_within_s: int | None
    late_then: str | None
    posts_per_month: int | None
    posts_per_account_day: int | None
    media_bytes: int | None
    return_origins: Sequence[str]
    brand_name: str | None
    brand_logo_url: str | None
    brand_color: str | None
    created_at: datetime


_ORGANIZATION_COLUMNS = [organizations.c[name] for name in OrganizationRow.__dataclass_fields__]
_LIMITS = f"SELECT {', '.join(QuotaLimits.__dataclass_fields__)} FROM organizations WHERE id = $1"  # noqa: S608 - our own names


class OrganizationRepository:
    """One organization. It cannot reach another."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._organization_id = tenant.organization_id
        self._mode = tenant.mode

    async def create(self, name: str) -> OrganizationRow:
        """Store the organization."""
        statement = insert(organizations).values(id=self._organization_id, name=name)
        row = (await self._connection.execute(statement.returning(*_ORGANIZATION_COLUMNS))).mappings().one()
        return OrganizationRow(**row)

    async def change(self, values: Mapping[str, Any]) -> OrganizationRow | None:
        """Change columns of the organization. Return None if it is deleted."""
        # The name is set to itself, so that a change of nothing is valid.
        statement = update(organizations).where(self._is_there()).values({"name": organizations.c.name, **values})
        row = (await self._connection.execute(statement.returning(*_ORGANIZATION_COLUMNS))).mappings().first()
        return None if row is None else OrganizationRow(**row)

    async def find(self) -> OrganizationRow | None:
        """Return the organization; None if it is deleted."""
        query = select(*_ORGANIZATION_COLUMNS).where(self._is_there())
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else OrganizationRow(**row)

    async def hold(self) -> bool:
        """Prevent a deletion until the transaction ends. Return False if the organization is deleted."""
        query = select(organizations.c.id).where(self._is_there()).with_for_update(read=True)
        return await self._connection.scalar(query) is not None

    async def delete(self) -> None:
        """Delete the organization with all remaining data."""
        await self._connection.execute(delete(organizations).where(organizations.c.id == self._organization_id))

    async def reset_counters(self) -> None:
        """Reset the counters of quotas in this mode."""
        counters = and_(usage.c.organization_id == self._organization_id, usage.c.mode == self._mode)
        await self._connection.execute(delete(usage).where(counters))

    async def get_limits(self) -> QuotaLimits:
        """Return the quotas that the operator has set."""
        row = await driver_of(self._connection).fetchrow(_LIMITS, self._organization_id)
        return QuotaLimits() if row is None else QuotaLimits(**row)

    async def find_name(self) -> str | None:
        """Return the name of the organization."""
        query = select(organizations.c.name).where(organizations.c.id == self._organization_id)
        found: str | None = await self._connection.scalar(query)
        return found

    def _is_there(self) -> ColumnElement[bool]:
        return and_(organizations.c.id == self._organization_id, organizations.c.deleted_at.is_(None))


class OrganizationDirectory:
    """Lists the organizations of the deployment, in a transaction with the rights of `letmepost_lookup`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list_page(self, *, before: UUID | None, limit: int) -> list[OrganizationRow]:
        """Return organizations, newest first, below `before`."""
        query = select(*_ORGANIZATION_COLUMNS).where(
            organizations.c.deleted_at.is_(None), below_if_given(organizations.c.id, before)
        )
        query = query.order_by(organizations.c.id.desc()).limit(limit)
        return [OrganizationRow(**row) for row in (await self._connection.execute(query)).mappings()]


class EveryTenantOrganizations:
    """Finds deleted organizations with remaining data. For the worker only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_deleted(self, before: datetime, limit: int) -> list[UUID]:
        """Return organizations that were deleted before a time and still have rows, oldest deletion first."""
        query = select(organizations.c.id).where(organizations.c.deleted_at < before)
        async with self._database.sweep() as connection:
            found = await connection.execute(query.order_by(organizations.c.deleted_at).limit(limit))
            return list(found.scalars())
