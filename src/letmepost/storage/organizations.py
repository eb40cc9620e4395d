"""Tenants, their profiles and their keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.api_keys import Mode, Scope
from letmepost.domain.quotas import Limits
from letmepost.storage.conditions import equals_if_given
from letmepost.storage.database import Database, Tenant, driver_of
from letmepost.storage.tables.organizations import api_keys, organizations, profiles, usage


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """A tenant, with what the operator has set for it; None is nothing."""

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


_ORGANIZATION_COLUMNS = [organizations.c[name] for name in OrganizationRow.__dataclass_fields__]
_LIMITS = f"SELECT {', '.join(Limits.__dataclass_fields__)} FROM organizations WHERE id = $1"  # noqa: S608 - our own names
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

    async def create(self, name: str) -> OrganizationRow:
        """Store the organization itself."""
        statement = insert(organizations).values(id=self._organization_id, name=name)
        row = (await self._connection.execute(statement.returning(*_ORGANIZATION_COLUMNS))).mappings().one()
        return OrganizationRow(**row)

    async def change(self, values: Mapping[str, Any]) -> OrganizationRow | None:
        """Change the organization's own columns; None when it is gone."""
        # Set to itself, so that a change of nothing is one, too.
        statement = update(organizations).where(self._is_there()).values({"name": organizations.c.name, **values})
        row = (await self._connection.execute(statement.returning(*_ORGANIZATION_COLUMNS))).mappings().first()
        return None if row is None else OrganizationRow(**row)

    async def find(self) -> OrganizationRow | None:
        """The organization; None when it is gone."""
        query = select(*_ORGANIZATION_COLUMNS).where(self._is_there())
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else OrganizationRow(**row)

    async def hold(self) -> bool:
        """Keep the organization from being deleted until the transaction ends; False when it is gone."""
        query = select(organizations.c.id).where(self._is_there()).with_for_update(read=True)
        return await self._connection.scalar(query) is not None

    async def revoke_keys(self, now: datetime) -> None:
        """End every key, of both worlds."""
        mine = and_(api_keys.c.organization_id == self._organization_id, api_keys.c.revoked_at.is_(None))
        await self._connection.execute(update(api_keys).where(mine).values(revoked_at=now))

    async def delete(self) -> None:
        """Remove the organization with everything of it that is left."""
        await self._connection.execute(delete(organizations).where(organizations.c.id == self._organization_id))

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
        """Remove a profile and its ended keys; False when something belongs to it, be it in the other world."""
        mine = and_(profiles.c.organization_id == self._organization_id, profiles.c.id == profile_id)
        its_keys = and_(api_keys.c.organization_id == self._organization_id, api_keys.c.profile_id == profile_id)
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(delete(api_keys).where(its_keys, api_keys.c.revoked_at <= func.now()))
                await self._connection.execute(delete(profiles).where(mine))
        except IntegrityError:
            return False
        return True

    async def get_limits(self) -> Limits:
        """The quotas that the operator has set."""
        row = await driver_of(self._connection).fetchrow(_LIMITS, self._organization_id)
        return Limits() if row is None else Limits(**row)

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

    def _is_there(self) -> ColumnElement[bool]:
        return and_(organizations.c.id == self._organization_id, organizations.c.deleted_at.is_(None))


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
    """Finds organizations for the operator, and those that are to be removed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_all(self, limit: int) -> list[OrganizationRow]:
        """Organizations, newest first."""
        query = self._there().order_by(organizations.c.id.desc()).limit(limit)
        async with self._database.every_tenant() as connection:
            return [OrganizationRow(**row) for row in (await connection.execute(query)).mappings()]

    async def find(self, organization_id: UUID) -> OrganizationRow | None:
        """One organization."""
        query = self._there().where(organizations.c.id == organization_id)
        async with self._database.every_tenant() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else OrganizationRow(**row)

    async def list_deleted(self, before: datetime, limit: int) -> list[UUID]:
        """Organizations that were deleted before a time and still have rows, oldest deletion first."""
        query = select(organizations.c.id).where(organizations.c.deleted_at < before)
        async with self._database.every_tenant() as connection:
            found = await connection.execute(query.order_by(organizations.c.deleted_at).limit(limit))
            return list(found.scalars())

    async def forget_counters(self, organization_id: UUID) -> None:
        """Let what quotas count be counted anew, in both worlds."""
        async with self._database.every_tenant() as connection:
            await connection.execute(delete(usage).where(usage.c.organization_id == organization_id))

    @staticmethod
    def _there() -> Select[Any]:
        return select(*_ORGANIZATION_COLUMNS).where(organizations.c.deleted_at.is_(None))
