"""Sessions of hosted pages, on which end users connect accounts: one page, one person, one hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, select, update

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.tables.connecting import connect_sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectSessionRow:
    """A connect session.

    Args:
        platform: the only platform that is offered; None for all.
        key_id: the API key that created it.
        browser_hash: the hash of the browser's id; None until a browser opens the session.
        status: `open`, `connected`, `cancelled` or `failed`.
        sign_in_count: attempts to connect an account so far.
    """

    id: UUID
    profile_id: UUID | None
    platform: str | None
    key_id: UUID
    external_user_id: str | None
    return_url: str
    browser_hash: bytes | None
    status: str
    account_ids: Sequence[UUID]
    error: Mapping[str, Any] | None
    created_at: datetime
    expires_at: datetime
    sign_in_count: int = 0

    def is_open(self, now: datetime) -> bool:
        """Return True if an account can still be connected."""
        return self.status == "open" and now < self.expires_at


_COLUMNS = [connect_sessions.c[name] for name in ConnectSessionRow.__dataclass_fields__]


class ConnectSessionRepository:
    """The connect sessions of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def create(self, row: ConnectSessionRow, token_hash: bytes) -> None:
        """Store a new session."""
        values = {name: getattr(row, name) for name in ConnectSessionRow.__dataclass_fields__}
        tenant = {"organization_id": self._tenant.organization_id, "mode": self._tenant.mode}
        await self._connection.execute(insert(connect_sessions).values(**values, **tenant, token_hash=token_hash))

    async def find(self, session_id: UUID, *, lock: bool = False) -> ConnectSessionRow | None:
        """Return a session. `lock`: no other transaction changes it until this one ends."""
        query = select(*_COLUMNS).where(self._mine(session_id))
        row = (await self._connection.execute(query.with_for_update() if lock else query)).mappings().first()
        return None if row is None else ConnectSessionRow(**row)

    async def bind(self, session_id: UUID, browser_hash: bytes) -> None:
        """Bind the session to a browser."""
        await self._change(session_id, browser_hash=browser_hash)

    async def count_sign_in(self, session_id: UUID) -> None:
        """Count an attempt to connect an account."""
        await self._change(session_id, sign_in_count=connect_sessions.c.sign_in_count + 1)

    async def finish(
        self,
        session_id: UUID,
        status: str,
        now: datetime,
        *,
        account_ids: Sequence[UUID] = (),
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """Record the result of the session."""
        ending = {"status": status, "account_ids": list(account_ids), "error": error, "finished_at": now}
        await self._change(session_id, **ending)

    async def _change(self, session_id: UUID, **values: Any) -> None:
        await self._connection.execute(update(connect_sessions).where(self._mine(session_id)).values(**values))

    def _mine(self, session_id: UUID) -> ColumnElement[bool]:
        return and_(
            connect_sessions.c.organization_id == self._tenant.organization_id,
            connect_sessions.c.mode == self._tenant.mode,
            connect_sessions.c.id == session_id,
        )


class EveryTenantConnectSessions:
    """Finds the tenant of a connect session, and nothing else of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_tenant(self, session_id: UUID | None, token_hashes: Sequence[bytes]) -> tuple[Tenant, UUID] | None:
        """Return the tenant and the id of a session, found by its id or its token."""
        columns = connect_sessions.c
        named = columns.token_hash.in_(token_hashes) if session_id is None else columns.id == session_id
        query = select(columns.organization_id, columns.mode, columns.id).where(named)
        async with self._database.lookup() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else (Tenant(row.organization_id, Mode(row.mode)), row.id)
