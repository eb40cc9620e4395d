"""API keys."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.api_keys import Mode, Scope
from letmepost.storage.database import Database, Tenant
from letmepost.storage.queries import below_if_given, equals_if_given
from letmepost.storage.sealing import Keyring
from letmepost.storage.tables.organizations import api_keys


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """An API key as its owner sees it, without its text."""

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


_COLUMNS = [column for column in api_keys.c if column.name != "key_hash"]


class ApiKeyRepository:
    """The API keys of one organization. It cannot reach another's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant, keyring: Keyring) -> None:
        self._connection = connection
        self._organization_id = tenant.organization_id
        self._keyring = keyring

    async def create(self, key: ApiKeyRow, text: str) -> None:
        """Store a key. Only a keyed hash of its text is stored."""
        await self._connection.execute(
            insert(api_keys).values(
                id=key.id,
                organization_id=self._organization_id,
                mode=key.mode,
                profile_id=key.profile_id,
                name=key.name,
                key_hash=_hashes(self._keyring, text)[0],
                last4=key.last4,
                scopes=sorted(key.scopes),
                requests_per_minute=key.requests_per_minute,
                created_at=key.created_at,
                expires_at=key.expires_at,
            )
        )

    async def list_page(
        self, *, mode: Mode | None, profile_id: UUID | None, before: UUID | None = None, limit: int | None = None
    ) -> list[ApiKeyRow]:
        """Return keys, newest first, below `before`; only those of a mode or a profile if given."""
        query = (
            select(*_COLUMNS)
            .where(
                api_keys.c.organization_id == self._organization_id,
                equals_if_given(api_keys.c.mode, mode),
                equals_if_given(api_keys.c.profile_id, profile_id),
                below_if_given(api_keys.c.id, before),
            )
            .order_by(api_keys.c.id.desc())
            .limit(limit)
        )
        return [_read(row) for row in (await self._connection.execute(query)).mappings()]

    async def find(self, key_id: UUID) -> ApiKeyRow | None:
        """Return a key by its id."""
        query = select(*_COLUMNS).where(api_keys.c.organization_id == self._organization_id, api_keys.c.id == key_id)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else _read(row)

    async def hold(self, key_ids: Collection[UUID]) -> dict[UUID, ApiKeyRow]:
        """Lock keys in the order of their ids, until the transaction ends. Return their locked state."""
        query = select(*_COLUMNS).where(api_keys.c.organization_id == self._organization_id, api_keys.c.id.in_(key_ids))
        rows = await self._connection.execute(query.order_by(api_keys.c.id).with_for_update(key_share=True))
        return {row["id"]: _read(row) for row in rows.mappings()}

    async def count_working(self, now: datetime) -> int:
        """Count the active keys. No other transaction counts them before this one ends."""
        name = f"letmepost.api_keys:{self._organization_id}"
        await self._connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
        query = select(func.count()).where(
            api_keys.c.organization_id == self._organization_id,
            api_keys.c.revoked_at.is_(None),
            or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now),
        )
        return await self._connection.scalar(query) or 0

    async def expire(self, key_id: UUID, expires_at: datetime) -> None:
        """Let a key expire at a time, unless it expires earlier."""
        mine = and_(api_keys.c.organization_id == self._organization_id, api_keys.c.id == key_id)
        earlier = func.least(func.coalesce(api_keys.c.expires_at, expires_at), expires_at)
        await self._connection.execute(update(api_keys).where(mine).values(expires_at=earlier))

    async def revoke(self, key_id: UUID, now: datetime) -> None:
        """Revoke a key. A revoked key keeps its first time."""
        await self._connection.execute(
            update(api_keys)
            .where(
                api_keys.c.organization_id == self._organization_id,
                api_keys.c.id == key_id,
                api_keys.c.revoked_at.is_(None),
            )
            .values(revoked_at=now)
        )

    async def revoke_all(self, now: datetime) -> None:
        """Revoke every key, of both modes."""
        mine = and_(api_keys.c.organization_id == self._organization_id, api_keys.c.revoked_at.is_(None))
        await self._connection.execute(update(api_keys).where(mine).values(revoked_at=now))


class EveryTenantKeys:
    """Looks up the keys that callers present, before their tenant is known."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def find(self, text: str) -> ApiKeyRow | None:
        """Return the key with this text."""
        query = select(*_COLUMNS).where(api_keys.c.key_hash.in_(_hashes(self._keyring, text)))
        async with self._database.lookup() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _read(row)

    async def touch(self, key_ids: list[UUID], now: datetime) -> None:
        """Record that the keys were used."""
        async with self._database.lookup() as connection:
            await connection.execute(update(api_keys).where(api_keys.c.id.in_(key_ids)).values(last_used_at=now))


def _hashes(keyring: Keyring, text: str) -> Sequence[bytes]:
    """Return the hashes by which a key may be stored: one for each key of the keyring, the current one first."""
    return keyring.hashes("api-key", text.encode())


def _read(row: RowMapping) -> ApiKeyRow:
    values: dict[str, Any] = dict(row)
    return ApiKeyRow(
        **{**values, "mode": Mode(values["mode"]), "scopes": frozenset(map(Scope, values["scopes"]))},
    )
