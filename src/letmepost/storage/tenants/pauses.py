"""Pauses of publishing (the emergency stop), which last until an operator ends them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Connection, Database, Tenant, driver_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseSelector:
    """What a pause applies to. Each field that is set narrows it; without any, it is the whole deployment."""

    organization_id: UUID | None = None
    account_id: UUID | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRow:
    """A pause in force."""

    scope: PauseSelector
    reason: str | None
    created_at: datetime


# $1 is the organization, $2 the account, and $3 the platform.
_ADD = """
    INSERT INTO pauses (id, organization_id, account_id, platform, reason, created_at)
    VALUES (uuidv7(), $1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING true
"""
_KNOWN = """
    SELECT ($1::uuid IS NULL OR EXISTS (SELECT FROM organizations WHERE id = $1 AND deleted_at IS NULL))
       AND ($2::uuid IS NULL OR EXISTS (SELECT FROM accounts WHERE id = $2 AND organization_id = $1))
"""
_REMOVE = """
    DELETE FROM pauses
    WHERE organization_id IS NOT DISTINCT FROM $1 AND account_id IS NOT DISTINCT FROM $2
      AND platform IS NOT DISTINCT FROM $3
    RETURNING true
"""
_LIST = "SELECT organization_id, account_id, platform, reason, created_at FROM pauses ORDER BY created_at, id"
_HOLDING = """
    SELECT DISTINCT organization_id, mode FROM posts
    WHERE status = 'held' AND ready_at IS NOT NULL AND ($1::uuid IS NULL OR organization_id = $1)
    ORDER BY organization_id, mode
"""
_PAUSED = f"""
    SELECT DISTINCT organization_id, mode FROM posts
    WHERE status = 'held' AND ready_at IS NOT NULL AND error->>'rule' = '{refusals.publishing.PAUSED.id}'
"""  # noqa: S608 - a constant
_FIND = """
    SELECT coalesce(reason, '') FROM pauses
    WHERE (organization_id IS NULL OR organization_id = $1)
      AND (account_id IS NULL OR account_id = $2) AND (platform IS NULL OR platform = $3)
    LIMIT 1 FOR SHARE
"""


class PauseRepository:
    """Every pause of the deployment, in a transaction with the rights of `letmepost_lookup`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, scope: PauseSelector, reason: str | None, now: datetime) -> bool:
        """Add a pause; return False if it exists already."""
        return await driver_of(self._connection).fetchval(_ADD, *_values(scope), reason, now) is not None

    async def is_known(self, scope: PauseSelector) -> bool:
        """Return True if the organization and the account exist, and the account is one of the organization."""
        return bool(await driver_of(self._connection).fetchval(_KNOWN, scope.organization_id, scope.account_id))

    async def remove(self, scope: PauseSelector) -> bool:
        """Remove a pause; return False if there is none. Waits for transactions that hold a post because of it."""
        return await driver_of(self._connection).fetchval(_REMOVE, *_values(scope)) is not None

    async def list_all(self) -> list[PauseRow]:
        """Return every pause, oldest first."""
        return [
            PauseRow(
                scope=PauseSelector(organization_id=organization_id, account_id=account_id, platform=platform),
                reason=reason,
                created_at=created_at,
            )
            for organization_id, account_id, platform, reason, created_at in await driver_of(self._connection).fetch(
                _LIST
            )
        ]

    async def list_holding(self, organization_id: UUID | None) -> list[Tenant]:
        """Return the tenants with held posts, of any reason: `letmepost_lookup` cannot read the reason."""
        return _tenants(await driver_of(self._connection).fetch(_HOLDING, organization_id))


class EveryTenantPauses:
    """Finds the posts that pauses hold. For the worker only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_paused(self) -> list[Tenant]:
        """Return the tenants with posts that a pause holds."""
        async with self._database.sweep() as connection:
            return _tenants(await driver_of(connection).fetch(_PAUSED))


async def find_pause(connection: Connection, tenant: Tenant, account_id: UUID, platform: str) -> str | None:
    """Return why an account is paused ('' without a reason), or None. A pause stays until the transaction ends."""
    found: str | None = await driver_of(connection).fetchval(_FIND, tenant.organization_id, account_id, platform)
    return found


def _values(scope: PauseSelector) -> tuple[UUID | None, UUID | None, str | None]:
    return scope.organization_id, scope.account_id, scope.platform


def _tenants(rows: Sequence[asyncpg.Record]) -> list[Tenant]:
    return [Tenant(organization_id, Mode(mode)) for organization_id, mode in rows]
