"""One effect a key: the claim is written in the transaction of what it protects."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller
from letmepost.services.idempotency import (
    KEPT_FOR,
    SECRETS_KEPT_FOR,
    Answer,
    body_mismatch,
    in_progress,
    secret_expired,
)
from letmepost.storage.database import Connection, Database
from letmepost.storage.idempotency import IdempotencyClaim, IdempotencyRepository, IdempotencyRow
from letmepost.storage.sealing import Keyring, Place

T = TypeVar("T")


class AnsweredError(Exception):
    """The request was carried out before. `row` says how far it has come."""

    def __init__(self, row: IdempotencyRow) -> None:
        super().__init__("already answered")
        self.row = row


@dataclass(frozen=True, slots=True)
class Once(Generic[T]):
    """What a use case needs to be carried out once for a key: the claim, and how its result is answered.

    Without a key (`claim` is None) nothing is recorded.
    """

    claim: IdempotencyClaim | None
    render: Callable[[T], Answer]
    has_secret: bool = False


class OldIdempotency:
    """Claims keys, stores answers, and gives stored ones back. A record is kept for `kept_for`."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, *, kept_for: timedelta = KEPT_FOR) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._kept_for = kept_for

    def claim_of(self, caller: Caller, key: str, request: bytes) -> IdempotencyClaim:
        """What a key and the request that bears it are known by. `request`: method, path, query and raw body."""
        return IdempotencyClaim(
            profile_scope=caller.profile_id or UUID(int=0),
            key_hashes=self._keyring.hashes("idempotency-key", key.encode()),
            fingerprints=self._keyring.hashes("idempotency-request", request),
            api_key_id=caller.key_id,
        )

    async def find(self, caller: Caller, claim: IdempotencyClaim) -> IdempotencyRow | None:
        """Return the record of the key, or None if the key is new.

        Raises:
            IdempotencyConflict: the key was used for another request.
        """
        async with self._database.tenant(caller.tenant) as connection:
            row = await IdempotencyRepository(connection, caller.tenant).find(claim, self._oldest(self._clock.now()))
        return None if row is None else _same_request(row, claim)

    async def begin(self, caller: Caller, claim: IdempotencyClaim) -> IdempotencyRow | None:
        """Claim the key for a request that runs in several transactions; return the earlier record if there is one.

        Raises:
            IdempotencyConflict: the key was used for another request.
        """
        try:
            async with self._database.tenant(caller.tenant) as connection:
                await self.take(connection, caller, claim)
        except AnsweredError as answered:
            return answered.row
        return None

    async def take(
        self,
        connection: Connection,
        caller: Caller,
        claim: IdempotencyClaim | None,
        batch_id: UUID | None = None,
    ) -> None:
        """Claim the key in the transaction under way.

        Raises:
            AnsweredError: another request has carried it out.
            IdempotencyConflict: the key was used for another request.
        """
        if claim is None:
            return
        now = self._clock.now()
        repository = IdempotencyRepository(connection, caller.tenant)
        if await repository.claim(claim, batch_id, now, self._oldest(now)):
            return
        row = await repository.find(claim, self._oldest(now))
        if row is None:
            raise in_progress()
        raise AnsweredError(_same_request(row, claim))

    async def answer(self, connection: Connection, caller: Caller, once: Once[T], result: T) -> Answer:
        """The answer to a result, stored under the key in the transaction under way."""
        answer = once.render(result)
        if once.claim is not None:
            await self.store(connection, caller, once.claim, answer, has_secret=once.has_secret)
        return answer

    async def store(
        self,
        connection: Connection,
        caller: Caller,
        claim: IdempotencyClaim,
        answer: Answer,
        *,
        has_secret: bool = False,
    ) -> None:
        """Store an answer under its key, unless one is stored already.

        The body is always sealed: it may contain a signed URL. `has_secret` also limits who may read it again.
        """
        await IdempotencyRepository(connection, caller.tenant).answer(
            claim,
            status=answer.status,
            headers=answer.headers,
            body=self._keyring.seal(answer.body, _place(caller, claim, claim.key_hashes[0])),
            has_secret=has_secret,
        )

    async def settle(self, caller: Caller, claim: IdempotencyClaim, answer: Answer) -> Answer:
        """Store an answer in a transaction of its own, and return the one that was stored first."""
        async with self._database.tenant(caller.tenant) as connection:
            await self.store(connection, caller, claim, answer)
        stored = await self.find(caller, claim)
        if stored is None or stored.body is None or stored.status is None:
            return answer
        return Answer(stored.status, self._open(caller, claim, stored, stored.body), stored.headers or {})

    def replay(self, caller: Caller, claim: IdempotencyClaim, row: IdempotencyRow) -> Answer:
        """The stored answer, byte for byte.

        Raises:
            IdempotencyConflict: there is none yet, or it held a secret and may not be shown again.
        """
        if row.status is None or row.body is None:
            raise in_progress()
        if row.has_secret:
            is_old = self._clock.now() - row.created_at > SECRETS_KEPT_FOR
            if is_old or row.api_key_id != caller.key_id:
                raise secret_expired()
        body = self._open(caller, claim, row, row.body)
        return Answer(row.status, body, {**(row.headers or {}), "Idempotency-Replayed": "true"})

    def _open(self, caller: Caller, claim: IdempotencyClaim, row: IdempotencyRow, body: bytes) -> bytes:
        return self._keyring.open(body, _place(caller, claim, row.key_hash))

    def _oldest(self, now: datetime) -> datetime:
        """Return the time before which a record has expired."""
        return now - self._kept_for


def _same_request(row: IdempotencyRow, claim: IdempotencyClaim) -> IdempotencyRow:
    if row.fingerprint not in claim.fingerprints:
        raise body_mismatch()
    return row


def _place(caller: Caller, claim: IdempotencyClaim, key_hash: bytes) -> Place:
    row = f"{caller.mode}/{claim.profile_scope}/{key_hash.hex()}"
    return Place(caller.organization_id, "idempotency_keys", "body", row)
