"""Putting on record who changed what, in the transaction of the change."""

from typing import Any

from letmepost.domain.ids import Prefix, spell
from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller, new_id
from letmepost.storage.database import Connection, Tenant
from letmepost.storage.tenants.audit import Action, AuditEntry, AuditRepository

OPERATOR = "operator"
"""The actor behind the operator's routes and commands."""


async def record(
    connection: Connection, clock: Clock, by: Caller | Tenant, action: Action, subject: str, **detail: Any
) -> None:
    """Put a change on record. `by`: the caller; or the tenant, when it was the operator. `detail` holds no secret."""
    if isinstance(by, Caller):
        actor, tenant = spell(Prefix.API_KEY, by.key_id), by.tenant
    else:
        actor, tenant = OPERATOR, by
    entry = AuditEntry(id=new_id(clock), actor=actor, action=action, subject=subject, detail=detail)
    await AuditRepository(connection, tenant).write(entry, clock.now())
