"""The record of the operator's idempotent requests: it outlives the tenants that they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.idempotency import IdempotencyClaim
from letmepost.storage.tables.organizations import operator_requests as requests


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRequestRow:
    """A request that was carried out, and its sealed answer."""

    key_hash: bytes
    organization_id: UUID
    fingerprint: bytes
    status: int
    body: bytes
    created_at: datetime


_COLUMNS = [requests.c[name] for name in OperatorRequestRow.__dataclass_fields__]


class OperatorRequestRepository:
    """Requests about one tenant, in the transactions that carry them out."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._organization_id = tenant.organization_id

    async def claim(self, claim: IdempotencyClaim, now: datetime) -> bool:
        """Take the key for the transaction under way; False when another request has it, be it about another tenant.

        Waits for a concurrent transaction that is taking it.
        """
        statement = insert(requests).values(
            key_hash=claim.key_hashes[0],
            organization_id=self._organization_id,
            fingerprint=claim.fingerprints[0],
            created_at=now,
        )
        taken = statement.on_conflict_do_nothing().returning(requests.c.key_hash)
        return (await self._connection.execute(taken)).first() is not None

    async def answer(self, claim: IdempotencyClaim, *, status: int, body: bytes) -> None:
        """Store the answer, in the transaction that has taken the key."""
        mine = requests.c.key_hash == claim.key_hashes[0]
        await self._connection.execute(update(requests).where(mine).values(status=status, body=body))


class EveryTenantOperatorRequests:
    """Finds what a key was used for, whoever's tenant it was about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key_hashes: Sequence[bytes], expired: datetime) -> OperatorRequestRow | None:
        """What is on record of the key; a record older than `expired` is removed."""
        mine = requests.c.key_hash.in_(key_hashes)
        async with self._database.lookup() as connection:
            await connection.execute(delete(requests).where(mine, requests.c.created_at < expired))
            row = (await connection.execute(select(*_COLUMNS).where(mine))).mappings().first()
        return None if row is None else OperatorRequestRow(**row)
