"""Profiles: groups of accounts of a tenant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.storage.database import Tenant
from letmepost.storage.queries import below_if_given, equals_if_given
from letmepost.storage.tables.organizations import api_keys, profiles


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A group of accounts of a tenant."""

    id: UUID
    name: str
    is_default: bool
    created_at: datetime


_COLUMNS = [profiles.c[name] for name in ProfileRow.__dataclass_fields__]


class ProfileRepository:
    """The profiles of one organization. It cannot reach another's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._organization_id = tenant.organization_id

    async def create(self, profile_id: UUID, name: str, *, is_default: bool = False) -> None:
        """Store a profile."""
        values = {
            "id": profile_id,
            "organization_id": self._organization_id,
            "name": name,
            "is_default": is_default,
        }
        await self._connection.execute(insert(profiles).values(values))

    async def find(self, profile_id: UUID | None) -> ProfileRow | None:
        """Return a profile; the default one for None."""
        wanted = profiles.c.is_default if profile_id is None else profiles.c.id == profile_id
        query = select(*_COLUMNS).where(profiles.c.organization_id == self._organization_id, wanted)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else ProfileRow(**row)

    async def list_page(self, profile_id: UUID | None, *, before: UUID | None, limit: int) -> list[ProfileRow]:
        """Return profiles, newest first, below `before`; only the given one if there is one."""
        query = select(*_COLUMNS).where(
            profiles.c.organization_id == self._organization_id,
            equals_if_given(profiles.c.id, profile_id),
            below_if_given(profiles.c.id, before),
        )
        rows = await self._connection.execute(query.order_by(profiles.c.id.desc()).limit(limit))
        return [ProfileRow(**row) for row in rows.mappings()]

    async def rename(self, profile_id: UUID, name: str) -> None:
        """Rename a profile."""
        mine = and_(profiles.c.organization_id == self._organization_id, profiles.c.id == profile_id)
        await self._connection.execute(update(profiles).where(mine).values(name=name))

    async def delete(self, profile_id: UUID) -> bool:
        """Delete a profile and its revoked keys. Return False if anything else belongs to it, in either mode."""
        mine = and_(profiles.c.organization_id == self._organization_id, profiles.c.id == profile_id)
        its_keys = and_(api_keys.c.organization_id == self._organization_id, api_keys.c.profile_id == profile_id)
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(delete(api_keys).where(its_keys, api_keys.c.revoked_at <= func.now()))
                await self._connection.execute(delete(profiles).where(mine))
        except IntegrityError:
            return False
        return True
