"""Tenants, their profiles and their keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, and_, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.api_keys import Mode, Scope
from letmepost.storage.conditions import equals_if_given
from letmepost.storage.database import Database, Tenant
from letmepost.storage.tables.organizations import api_keys, organizations, profiles


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """A tenant."""

    id: UUID
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A group of accounts inside a tenant."""

    id: UUID
    name: str
    is_default: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """A key as its owner sees it: never the key itself."""

    id: UUID
    organization_id: UUID
    mode: Mode
    profile_id: UUID | None
    name: str
    last4: str
    scopes: frozenset[Scope]
    requests_per_minute: int | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


_KEY_COLUMNS = [column for column in api_keys.c if column.name != "key_hash"]


def _key(row: RowMapping) -> ApiKeyRow:
    values: dict[str, Any] = dict(row)
    return ApiKeyRow(
        **{**values, "mode": Mode(values["mode"]), "scopes": frozenset(map(Scope, values["scopes"]))},
    )


class OrganizationRepository:
    """One organization with its profiles and keys. There is no way to ask for anyone else's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._organization_id = tenant.organization_id

    async def create(self, name: str) -> None:
        """Store the organization itself."""
        await self._connection.execute(insert(organizations).values(id=self._organization_id, name=name))

    async def create_profile(self, profile_id: UUID, name: str, *, is_default: bool = False) -> None:
        """Store a profile."""
        values = {
            "id": profile_id,
            "organization_id": self._organization_id,
            "name": name,
            "is_default": is_default,
        }
        await self._connection.execute(insert(profiles).values(values))

    async def find_profile(self, profile_id: UUID | None) -> ProfileRow | None:
        """The profile, or the default one for None."""
        wanted = profiles.c.is_default if profile_id is None else profiles.c.id == profile_id
        query = select(profiles.c.id, profiles.c.name, profiles.c.is_default, profiles.c.created_at).where(
            profiles.c.organization_id == self._organization_id, wanted
        )
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else ProfileRow(**row)

    async def list_profiles(self) -> list[ProfileRow]:
        """Every profile, oldest first."""
        query = select(profiles.c.id, profiles.c.name, profiles.c.is_default, profiles.c.created_at).where(
            profiles.c.organization_id == self._organization_id
        )
        rows = await self._connection.execute(query.order_by(profiles.c.id))
        return [ProfileRow(**row) for row in rows.mappings()]

    async def rename_profile(self, profile_id: UUID, name: str) -> None:
        """Give a profile another name."""
        mine = and_(profiles.c.organization_id == self._organization_id, profiles.c.id == profile_id)
        await self._connection.execute(update(profiles).where(mine).values(name=name))

    async def delete_profile(self, profile_id: UUID) -> bool:
        """Remove a profile; False when something belongs to it, be it in the other world."""
        mine = and_(profiles.c.organization_id == self._organization_id, profiles.c.id == profile_id)
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(delete(profiles).where(mine))
        except IntegrityError:
            return False
        return True

    async def find_name(self) -> str | None:
        """The organization's name."""
        query = select(organizations.c.name).where(organizations.c.id == self._organization_id)
        found: str | None = await self._connection.scalar(query)
        return found

    async def expire_key(self, key_id: UUID, expires_at: datetime) -> None:
        """End a key at a time, unless it ends earlier."""
        mine = and_(api_keys.c.organization_id == self._organization_id, api_keys.c.id == key_id)
        earlier = func.least(func.coalesce(api_keys.c.expires_at, expires_at), expires_at)
        await self._connection.execute(update(api_keys).where(mine).values(expires_at=earlier))

    async def create_key(self, key: ApiKeyRow, key_hash: bytes) -> None:
        """Store a key by its keyed hash."""
        await self._connection.execute(
            insert(api_keys).values(
                id=key.id,
                organization_id=self._organization_id,
                mode=key.mode,
                profile_id=key.profile_id,
                name=key.name,
                key_hash=key_hash,
                last4=key.last4,
                scopes=sorted(key.scopes),
                requests_per_minute=key.requests_per_minute,
                created_at=key.created_at,
                expires_at=key.expires_at,
            )
        )

    async def list_keys(self, *, mode: Mode | None, profile_id: UUID | None) -> list[ApiKeyRow]:
        """Keys, newest first; only those of a mode or a profile when given."""
        query = (
            select(*_KEY_COLUMNS)
            .where(
                api_keys.c.organization_id == self._organization_id,
                equals_if_given(api_keys.c.mode, mode),
                equals_if_given(api_keys.c.profile_id, profile_id),
            )
            .order_by(api_keys.c.id.desc())
        )
        return [_key(row) for row in (await self._connection.execute(query)).mappings()]

    async def find_key(self, key_id: UUID) -> ApiKeyRow | None:
        """A key by its id."""
        query = select(*_KEY_COLUMNS).where(
            api_keys.c.organization_id == self._organization_id, api_keys.c.id == key_id
        )
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _key(row)

    async def revoke_key(self, key_id: UUID, now: datetime) -> None:
        """End a key; one that has ended keeps its first end."""
        await self._connection.execute(
            update(api_keys)
            .where(
                api_keys.c.organization_id == self._organization_id,
                api_keys.c.id == key_id,
                api_keys.c.revoked_at.is_(None),
            )
            .values(revoked_at=now)
        )


class EveryTenantKeys:
    """Finds whose a presented key is: the one question that must be asked before the tenant is known."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key_hashes: list[bytes]) -> ApiKeyRow | None:
        """The key with one of these hashes (one for each key of the keyring)."""
        query = select(*_KEY_COLUMNS).where(api_keys.c.key_hash.in_(key_hashes))
        async with self._database.every_tenant() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _key(row)

    async def touch(self, key_ids: list[UUID], now: datetime) -> None:
        """Note that the keys were used."""
        async with self._database.every_tenant() as connection:
            await connection.execute(update(api_keys).where(api_keys.c.id.in_(key_ids)).values(last_used_at=now))


class EveryTenantOrganizations:
    """Lists organizations for the operator."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_all(self, limit: int) -> list[OrganizationRow]:
        """Organizations, newest first."""
        query = text("SELECT id, name, created_at FROM organizations ORDER BY id DESC LIMIT :limit")
        async with self._database.every_tenant() as connection:
            return [OrganizationRow(*row) for row in await connection.execute(query, {"limit": limit})]

    async def find(self, organization_id: UUID) -> OrganizationRow | None:
        """One organization."""
        query = text("SELECT id, name, created_at FROM organizations WHERE id = :id")
        async with self._database.every_tenant() as connection:
            row = (await connection.execute(query, {"id": organization_id})).first()
        return None if row is None else OrganizationRow(*row)
