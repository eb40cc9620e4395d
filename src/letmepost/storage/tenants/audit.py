"""The audit log of changes to a tenant. It is append-only, and outlives the tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from letmepost.storage.database import Connection, Tenant
from letmepost.storage.tables.organizations import audit_log


class Action(StrEnum):
    """An action in the audit log."""

    KEY_MINTED = "key.minted"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    ACCOUNT_CONNECTED = "account.connected"
    ACCOUNT_DISCONNECTED = "account.disconnected"
    ORGANIZATION_CREATED = "organization.created"
    ORGANIZATION_CHANGED = "organization.changed"
    ORGANIZATION_DELETED = "organization.deleted"
    ENDPOINT_CREATED = "endpoint.created"
    ENDPOINT_DELETED = "endpoint.deleted"
    ENDPOINT_SECRET_ROTATED = "endpoint.secret_rotated"  # noqa: S105 - the name of an action


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change. `actor` is the public id of a key, or `operator`; `subject` the public id of what was changed."""

    id: UUID
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class AuditRepository:
    """The audit log of one tenant."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._organization_id = tenant.organization_id

    async def write(self, entry: AuditEntry, now: datetime) -> None:
        """Record a change, in the transaction that makes it."""
        await self._connection.execute(
            insert(audit_log).values(
                id=entry.id,
                organization_id=self._organization_id,
                actor=entry.actor,
                action=entry.action,
                subject=entry.subject,
                detail=dict(entry.detail),
                created_at=now,
            )
        )
