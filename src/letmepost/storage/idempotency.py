"""The record of idempotent requests of one tenant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.storage.database import Tenant
from letmepost.storage.tables.posts import idempotency_keys as keys


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyClaim:
    """What a request with an `Idempotency-Key` is known by.

    The hashes are by each key of the ring: the first is stored, and a record by any of them is the request's.
    """

    profile_scope: UUID
    key_hashes: Sequence[bytes]
    fingerprints: Sequence[bytes]
    api_key_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRow:
    """What is on record of a key. Without `status`, its first request has not been answered yet."""

    key_hash: bytes
    fingerprint: bytes
    api_key_id: UUID
    batch_id: UUID | None
    status: int | None
    headers: Mapping[str, str] | None
    body: bytes | None
    has_secret: bool
    created_at: datetime


_COLUMNS = [keys.c[name] for name in IdempotencyRow.__dataclass_fields__]


class IdempotencyRepository:
    """Idempotency records of one tenant. There is no way to ask for anyone else's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def claim(self, claim: IdempotencyClaim, batch_id: UUID | None, now: datetime, expired: datetime) -> bool:
        """Take the key for the transaction under way; False when another request has it.

        Waits for a concurrent transaction that is taking it. A record older than `expired` is taken over.
        """
        if len(claim.key_hashes) > 1 and await self.find(claim, expired) is not None:
            return False  # perhaps by a key of the ring that no longer seals
        values = {
            "fingerprint": claim.fingerprints[0],
            "api_key_id": claim.api_key_id,
            "batch_id": batch_id,
            "status": None,
            "headers": None,
            "body": None,
            "has_secret": False,
            "created_at": now,
        }
        statement = insert(keys).values(
            organization_id=self._tenant.organization_id,
            mode=self._tenant.mode,
            profile_scope=claim.profile_scope,
            key_hash=claim.key_hashes[0],
            **values,
        )
        taken = statement.on_conflict_do_update(
            index_elements=[keys.c.organization_id, keys.c.mode, keys.c.profile_scope, keys.c.key_hash],
            set_=values,
            where=keys.c.created_at < expired,
        ).returning(keys.c.created_at)
        return (await self._connection.execute(taken)).first() is not None

    async def find(self, claim: IdempotencyClaim, expired: datetime) -> IdempotencyRow | None:
        """What is on record of the key."""
        query = select(*_COLUMNS).where(self._is(claim), keys.c.created_at >= expired)
        row = (await self._connection.execute(query)).mappings().first()
        return None if row is None else IdempotencyRow(**row)

    async def answer(
        self,
        claim: IdempotencyClaim,
        *,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        has_secret: bool,
    ) -> None:
        """Store the answer with its sealed body, unless there is one: the first is the one that is replayed."""
        await self._connection.execute(
            update(keys)
            .where(self._is(claim), keys.c.status.is_(None))
            .values(status=status, headers=dict(headers), body=body, has_secret=has_secret)
        )

    def _is(self, claim: IdempotencyClaim) -> ColumnElement[bool]:
        return and_(
            keys.c.organization_id == self._tenant.organization_id,
            keys.c.mode == self._tenant.mode,
            keys.c.profile_scope == claim.profile_scope,
            keys.c.key_hash.in_(claim.key_hashes),
        )
