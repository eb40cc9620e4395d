"""The idempotent requests of one tenant."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Tenant, driver_of


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyClaim:
    """The identity of a request with an `Idempotency-Key`.

    There is one hash per key of the keyring. The first is stored, and a record with any of them belongs to the request.
    """

    profile_scope: UUID
    key_hashes: Sequence[bytes]
    fingerprints: Sequence[bytes]
    api_key_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyRow:
    """The record of an Idempotency-Key. Without `status`, its first request has no response yet."""

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
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12
    WHERE NOT EXISTS (
      SELECT FROM idempotency_keys
      WHERE organization_id = $1 AND mode = $2 AND profile_scope = $3 AND key_hash = ANY($14) AND created_at >= $13
    )
    ON CONFLICT (organization_id, mode, profile_scope, key_hash) DO UPDATE SET
      fingerprint = excluded.fingerprint, api_key_id = excluded.api_key_id, batch_id = excluded.batch_id,
      status = excluded.status, headers = excluded.headers, body = excluded.body, has_secret = excluded.has_secret,
      created_at = excluded.created_at
    WHERE k.created_at < $13
    RETURNING true
"""
_FIND = f"""
    SELECT {", ".join(_NAMES)} FROM idempotency_keys
    WHERE organization_id = $1 AND mode = $2 AND profile_scope = $3 AND key_hash = ANY($4) AND created_at >= $5
"""  # noqa: S608 - the names are of our own columns
_SETTLE = """
    UPDATE idempotency_keys SET status = $5, headers = $6::jsonb, body = $7
    WHERE organization_id = $1 AND mode = $2 AND profile_scope = $3 AND key_hash = $4 AND status IS NULL
      AND created_at >= $8
    RETURNING true
"""


class IdempotencyRepository:
    """The idempotency records of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: AsyncConnection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def find_and_lock(self, claim: IdempotencyClaim, expired: datetime) -> tuple[bool, IdempotencyRow | None]:
        """Try to lock the key for this transaction, and look up its record, without waiting.

        Returns:
            True if the key is locked, and the record if there is one that is not older than `expired`. A request that
            ended between the look-up and the lock may be missed; `create` detects it.
        """
        [(is_locked, *values)] = await driver_of(self._connection).fetch(
            _FIND_AND_LOCK,
            self._lock_ids(claim),
            *self._key(claim),
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
            list(claim.key_hashes[1:]),
        )
        return created is not None

    def _lock_ids(self, claim: IdempotencyClaim) -> list[int]:
        """Return one advisory lock for each hash: while keys are rotated, processes may order them differently."""
        scope = f"{self._tenant.organization_id}/{self._tenant.mode}/{claim.profile_scope}/".encode()
        digests = (blake2b(scope + key_hash, digest_size=8).digest() for key_hash in sorted(claim.key_hashes))
        return [int.from_bytes(digest, signed=True) for digest in digests]

    async def find(self, claim: IdempotencyClaim, expired: datetime) -> IdempotencyRow | None:
        """Return the record of the key if there is one that is not older than `expired`."""
        row = await driver_of(self._connection).fetchrow(_FIND, *self._key(claim), expired)
        return None if row is None else IdempotencyRow(**row)

    async def settle(
        self,
        claim: IdempotencyClaim,
        key_hash: bytes,
        expired: datetime,
        *,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
    ) -> bool:
        """Add the response to the record of one hash of the key.

        Returns:
            False if the record has a response or is older than `expired`, or if there is none.
        """
        settled = await driver_of(self._connection).fetchval(
            _SETTLE,
            self._tenant.organization_id,
            self._tenant.mode,
            claim.profile_scope,
            key_hash,
            status,
            json.dumps(dict(headers)),
            body,
            expired,
        )
        return settled is not None

    def _key(self, claim: IdempotencyClaim) -> tuple[UUID, Mode, UUID, list[bytes]]:
        return self._tenant.organization_id, self._tenant.mode, claim.profile_scope, list(claim.key_hashes)
