"""The record of idempotent requests of one tenant."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.storage.database import Tenant, driver_of
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


_NAMES = tuple(IdempotencyRow.__dataclass_fields__)
_FIND_AND_LOCK = f"""
    WITH taken AS MATERIALIZED (
      SELECT bool_and(pg_try_advisory_xact_lock(id)) AS is_locked FROM unnest($1::bigint[]) AS locks (id)
    )
    SELECT taken.is_locked, {", ".join(f"k.{name}" for name in _NAMES)}
    FROM taken LEFT JOIN idempotency_keys k
      ON k.organization_id = $2 AND k.mode = $3 AND k.profile_scope = $4 AND k.key_hash = ANY($5)
      AND k.created_at >= $6
"""  # noqa: S608 - the names are of our own columns
_CREATE = """
    INSERT INTO idempotency_keys AS k (organization_id, mode, profile_scope, key_hash, fingerprint, api_key_id,
                                       batch_id, status, headers, body, has_secret, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12)
    ON CONFLICT (organization_id, mode, profile_scope, key_hash) DO UPDATE SET
      fingerprint = excluded.fingerprint, api_key_id = excluded.api_key_id, batch_id = excluded.batch_id,
      status = excluded.status, headers = excluded.headers, body = excluded.body, has_secret = excluded.has_secret,
      created_at = excluded.created_at
    WHERE k.created_at < $13
    RETURNING true
"""
_COLUMNS = [keys.c[name] for name in IdempotencyRow.__dataclass_fields__]


class IdempotencyRepository:
    """Idempotency records of one tenant. There is no way to ask for anyone else's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def find_and_lock(self, claim: IdempotencyClaim, expired: datetime) -> tuple[bool, IdempotencyRow | None]:
        """Try to lock the key for this transaction, and look up its record; neither waits.

        Returns:
            Whether the key is locked, and the record if there is one that is not older than `expired`. A request that
            ended between the look-up and the lock may be missed; `create` detects it.
        """
        [(is_locked, *values)] = await driver_of(self._connection).fetch(
            _FIND_AND_LOCK,
            self._lock_ids(claim),
            self._tenant.organization_id,
            self._tenant.mode,
            claim.profile_scope,
            list(claim.key_hashes),
            expired,
        )
        record = None if values[0] is None else IdempotencyRow(**dict(zip(_NAMES, values, strict=True)))
        return is_locked, record

    async def create(
        self,
        claim: IdempotencyClaim,
        now: datetime,
        expired: datetime,
        *,
        batch_id: UUID | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        has_secret: bool = False,
    ) -> bool:
        """Store a record with its response, or with the batch that the response waits for.

        Returns:
            False if another request has stored a record that is not older than `expired`.
        """
        created = await driver_of(self._connection).fetchval(
            _CREATE,
            self._tenant.organization_id,
            self._tenant.mode,
            claim.profile_scope,
            claim.key_hashes[0],
            claim.fingerprints[0],
            claim.api_key_id,
            batch_id,
            status,
            None if headers is None else json.dumps(dict(headers)),
            body,
            has_secret,
            now,
            expired,
        )
        return created is not None

    def _lock_ids(self, claim: IdempotencyClaim) -> list[int]:
        """Return one advisory lock for each hash: while keys are rotated, processes may order them differently."""
        scope = f"{self._tenant.organization_id}/{self._tenant.mode}/{claim.profile_scope}/".encode()
        digests = (blake2b(scope + key_hash, digest_size=8).digest() for key_hash in sorted(claim.key_hashes))
        return [int.from_bytes(digest, signed=True) for digest in digests]

    async def claim(self, claim: IdempotencyClaim, batch_id: UUID | None, now: datetime, expired: datetime) -> bool:
        """Take the key for the transaction under way; False when another request has it.

        Waits for a concurrent transaction that is taking it. A record older than `expired` is taken over.
        """
        if len(claim.key_hashes) > 1 and await self.find(claim, expired) is not None:
            return False  # perhaps by a key of the ring that no longer seals
        return await self.create(claim, now, expired, batch_id=batch_id)

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
    ) -> None:
        """Store the answer with its sealed body, unless there is one: the first is the one that is replayed."""
        await self._connection.execute(
            update(keys)
            .where(self._is(claim), keys.c.status.is_(None))
            .values(status=status, headers=dict(headers), body=body)
        )

    def _is(self, claim: IdempotencyClaim) -> ColumnElement[bool]:
        return and_(
            keys.c.organization_id == self._tenant.organization_id,
            keys.c.mode == self._tenant.mode,
            keys.c.profile_scope == claim.profile_scope,
            keys.c.key_hash.in_(claim.key_hashes),
        )
