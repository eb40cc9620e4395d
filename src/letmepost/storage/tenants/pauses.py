"""The emergency stop: what is not published until an operator says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Connection, Database, Tenant

PAUSED_RULE = "publishing.paused"
"""The rule in the error of a post that is held by a pause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSelector:
    """What a pause applies to: each field that is set narrows it; without any, it is the whole deployment."""

    organization_id: UUID | None = None
    account_id: UUID | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRow:
    """A pause that is on."""

    scope: PauseSelector
    reason: str | None
    created_at: datetime


_SAME = """
    organization_id IS NOT DISTINCT FROM CAST(:organization_id AS uuid)
    AND account_id IS NOT DISTINCT FROM CAST(:account_id AS uuid)
    AND platform IS NOT DISTINCT FROM CAST(:platform AS text)
"""
_ADD = text(
    """
    INSERT INTO pauses (id, organization_id, account_id, platform, reason, created_at)
    VALUES (uuidv7(), :organization_id, :account_id, :platform, :reason, :now) ON CONFLICT DO NOTHING
    """
)
_KNOWN = text(
    """
    SELECT (CAST(:organization_id AS uuid) IS NULL
            OR EXISTS (SELECT FROM organizations WHERE id = :organization_id AND deleted_at IS NULL))
       AND (CAST(:account_id AS uuid) IS NULL
            OR EXISTS (SELECT FROM accounts WHERE id = :account_id AND organization_id = :organization_id))
    """
)
_REMOVE = text(f"DELETE FROM pauses WHERE {_SAME}")  # noqa: S608 - a constant
_LIST = text("SELECT organization_id, account_id, platform, reason, created_at FROM pauses ORDER BY created_at, id")
_HOLDING = text(
    """
    SELECT DISTINCT organization_id, mode FROM posts
    WHERE status = 'held' AND ready_at IS NOT NULL
      AND (CAST(:organization_id AS uuid) IS NULL OR organization_id = :organization_id)
    """
)
_PAUSED = text(
    """
    SELECT DISTINCT organization_id, mode FROM posts
    WHERE status = 'held' AND ready_at IS NOT NULL AND error->>'rule' = :rule
    """
)
_FIND = text(
    """
    SELECT coalesce(reason, '') FROM pauses
    WHERE (organization_id IS NULL OR organization_id = :organization_id)
      AND (account_id IS NULL OR account_id = :account_id) AND (platform IS NULL OR platform = :platform)
    LIMIT 1 FOR SHARE
    """
)


class EveryTenantPauses:
    """Pauses of the deployment, of a platform, of a tenant, or of an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, scope: PauseSelector, reason: str | None, now: datetime) -> bool:
        """Pause; False when it was paused already."""
        async with self._database.lookup() as connection:
            done = await connection.execute(_ADD, {**_values(scope), "reason": reason, "now": now})
        return done.rowcount == 1

    async def is_known(self, scope: PauseSelector) -> bool:
        """Whether the tenant and the account that are named exist, the account as one of the tenant."""
        given = {"organization_id": scope.organization_id, "account_id": scope.account_id}
        async with self._database.lookup() as connection:
            return bool(await connection.scalar(_KNOWN, given))

    async def remove(self, scope: PauseSelector) -> bool:
        """End a pause; False when there was none."""
        async with self._database.lookup() as connection:
            done = await connection.execute(_REMOVE, _values(scope))
        return done.rowcount == 1

    async def list_all(self) -> list[PauseRow]:
        """Every pause that is on, oldest first."""
        async with self._database.lookup() as connection:
            rows = list(await connection.execute(_LIST))
        return [
            PauseRow(
                scope=PauseSelector(
                    organization_id=row.organization_id, account_id=row.account_id, platform=row.platform
                ),
                reason=row.reason,
                created_at=row.created_at,
            )
            for row in rows
        ]

    async def list_holding(self, organization_id: UUID | None) -> list[Tenant]:
        """Return the tenants with held posts, by a pause or not: `letmepost_lookup` cannot read why a post is held."""
        async with self._database.lookup() as connection:
            return _tenants(await connection.execute(_HOLDING, {"organization_id": organization_id}))

    async def list_paused(self) -> list[Tenant]:
        """Return the tenants with posts that a pause holds. For the worker only."""
        async with self._database.sweep() as connection:
            return _tenants(await connection.execute(_PAUSED, {"rule": PAUSED_RULE}))


async def find_pause(connection: Connection, tenant: Tenant, account_id: UUID, platform: str) -> str | None:
    """Why publishing to an account is paused ('' for no reason given), or None. The pause cannot end meanwhile."""
    given = {"organization_id": tenant.organization_id, "account_id": account_id, "platform": platform}
    found: str | None = await connection.scalar(_FIND, given)
    return found


def _values(scope: PauseSelector) -> dict[str, object]:
    return {"organization_id": scope.organization_id, "account_id": scope.account_id, "platform": scope.platform}


def _tenants(rows: Iterable[Any]) -> list[Tenant]:
    return [Tenant(row.organization_id, Mode(row.mode)) for row in rows]
