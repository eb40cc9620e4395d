"""One effect per `Idempotency-Key`: the response is stored in the transaction of the effect, and replayed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.errors import RequestError
from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.database import Tenant
from letmepost.storage.idempotency import IdempotencyClaim, IdempotencyRow
from letmepost.storage.sealing import Keyring, Place

KEPT_FOR = timedelta(hours=24)
"""How long a record is kept by default."""
SECRETS_KEPT_FOR = timedelta(minutes=10)
RETRY_AFTER_S = 2
KEY_WAIT_MAX_S = 10.0
"""How long a request waits for another one with the same key."""
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.01, 0.25
_NO_ID = UUID(int=0)
_REPLAYED = "Idempotency-Replayed"

T = TypeVar("T")
P = TypeVar("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it is sent."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Prepared(Generic[P]):
    """The result of the first unit of work of a remote use case."""

    value: P


class KeyInUseError(Exception):
    """Another request with the same key is running, or has just ended. Roll back, wait and look it up again."""


class Idempotency:
    """Runs requests once per key. A record is kept for `kept_for`."""

    def __init__(self, units: UnitsOfWork, keyring: Keyring, clock: Clock, *, kept_for: timedelta = KEPT_FOR) -> None:
        self._units = units
        self._keyring = keyring
        self._clock = clock
        self._kept_for = kept_for

    def claim_of(self, owner: Caller | Tenant, key: str, request: bytes) -> IdempotencyClaim:
        """Return the claim of a request on a key.

        Args:
            owner: the caller, or `DEPLOYMENT` for the operator.
            request: method, path, query and raw body.
        """
        is_caller = isinstance(owner, Caller)
        kind = "" if is_caller else "operator-"
        return IdempotencyClaim(
            profile_scope=(owner.profile_id if isinstance(owner, Caller) else None) or _NO_ID,
            key_hashes=self._keyring.hashes(f"{kind}idempotency-key", key.encode()),
            fingerprints=self._keyring.hashes(f"{kind}idempotency-request", request),
            api_key_id=owner.key_id if isinstance(owner, Caller) else _NO_ID,
        )

    async def perform(
        self,
        owner: Caller | Tenant,
        claim: IdempotencyClaim | None,
        run: Callable[[Work], Awaitable[T]],
        render: Callable[[T], Answer],
        *,
        check: Callable[[], Awaitable[None]] | None = None,
        has_secret: bool = False,
    ) -> Answer:
        """Run a use case in one unit of work and store its response, or replay the response of an earlier request.

        Args:
            claim: None runs the use case every time.
            check: a check that calls the network. It precedes the unit of work, and is skipped if the key is known.
            has_secret: the response may be replayed to the same API key only, for ten minutes.

        Raises:
            IdempotencyConflict: the key was used for another request, or the first request is still running.
        """
        if check is not None:
            return await self.perform_remotely(
                owner,
                claim,
                prepare=_prepare_nothing,
                call=lambda _: check(),
                record=lambda work, _: run(work),
                render=render,
                has_secret=has_secret,
            )
        if claim is None:
            async with self._units.begin(owner) as work:
                return render(await run(work))

        async def attempt() -> Answer:
            async with self._units.begin(owner) as work:
                earlier = await self.find(work, claim)
                if earlier is not None:
                    return self.replay(work.tenant, claim, earlier)
                answer = render(await run(work))
                await self.store(work, claim, answer, has_secret=has_secret)
                return answer

        return await until_key_is_free(attempt)

    async def perform_remotely(
        self,
        owner: Caller | Tenant,
        claim: IdempotencyClaim | None,
        *,
        prepare: Callable[[Work], Awaitable[P]],
        call: Callable[[P], Awaitable[R]],
        record: Callable[[Work, R], Awaitable[T]],
        render: Callable[[T], Answer],
        undo: Callable[[R], Awaitable[None]] | None = None,
        has_secret: bool = False,
    ) -> Answer:
        """Run a use case that calls the network between two units of work. No transaction is open during the call.

        Two requests with the same key that run at the same time may both call the network. Only the first of them
        records its result; the other one receives the same response.

        Args:
            undo: reverses the call if its result is not recorded, because `record` raised a `RequestError` or because
                another request was first. After any other error the result may have been recorded.

        Raises:
            IdempotencyConflict: as `perform`.
        """

        async def begin() -> Answer | _Prepared[P]:
            async with self._units.begin(owner) as work:
                earlier = None if claim is None else await self.find(work, claim)
                if claim is not None and earlier is not None:
                    return self.replay(work.tenant, claim, earlier)
                return _Prepared(await prepare(work))

        prepared = await until_key_is_free(begin)
        if isinstance(prepared, Answer):
            return prepared
        result = await call(prepared.value)
        try:
            answer = await self.perform(owner, claim, lambda work: record(work, result), render, has_secret=has_secret)
        except RequestError:
            await _undo(undo, result)
            raise
        if _REPLAYED in answer.headers:
            await _undo(undo, result)
        return answer

    async def find(self, work: Work, claim: IdempotencyClaim) -> IdempotencyRow | None:
        """Lock the key until the end of the transaction; return its record, or None if the key is new.

        Raises:
            KeyInUseError: another transaction has locked it.
            IdempotencyConflict: the key was used for another request.
        """
        is_locked, row = await work.idempotency.find_and_lock(claim, self._oldest(work.now()))
        if row is not None:
            return self._check(claim, row)
        if not is_locked:
            raise KeyInUseError
        return None

    async def store(self, work: Work, claim: IdempotencyClaim, answer: Answer, *, has_secret: bool = False) -> None:
        """Store a response under its key.

        Raises:
            KeyInUseError: another request has stored its response in the meantime.
        """
        now = work.now()
        body = self._seal(work.tenant, claim, claim.key_hashes[0], answer)
        created = await work.idempotency.create(
            claim,
            now,
            self._oldest(now),
            status=answer.status,
            headers=answer.headers,
            body=body,
            has_secret=has_secret,
        )
        if not created:
            raise KeyInUseError

    async def reserve(self, work: Work, claim: IdempotencyClaim, batch_id: UUID | None = None) -> None:
        """Store a key whose response is added by `settle`, with the batch that the response waits for.

        Raises:
            KeyInUseError: another request has stored it in the meantime.
        """
        now = work.now()
        if not await work.idempotency.create(claim, now, self._oldest(now), batch_id=batch_id):
            raise KeyInUseError

    async def settle(self, work: Work, claim: IdempotencyClaim, answer: Answer) -> Answer:
        """Add the response to the record of a key; return the response that was added first."""
        records, expired, key_hash = work.idempotency, self._oldest(work.now()), claim.key_hashes[0]
        while True:
            body = self._seal(work.tenant, claim, key_hash, answer)
            if await records.settle(claim, key_hash, expired, status=answer.status, headers=answer.headers, body=body):
                return answer
            row = await records.find(claim, expired)
            if row is None or row.status is not None:
                return answer if row is None else self._open(work.tenant, claim, row)
            key_hash = row.key_hash  # stored before the key of the ring was rotated

    async def perform_in_parts(
        self,
        owner: Caller,
        claim: IdempotencyClaim | None,
        run: Callable[[], Awaitable[T]],
        render: Callable[[T], Answer],
        *,
        is_final: Callable[[T], bool],
    ) -> Answer:
        """Run a use case of several units of work, each with its own key.

        The same request runs again if the first one has stored no response, because its process crashed or its result
        was not final.

        Raises:
            IdempotencyConflict: the key was used for another request.
        """
        if claim is None:
            return render(await run())

        async def begin() -> Answer | None:
            async with self._units.begin(owner) as work:
                earlier = await self.find(work, claim)
                if earlier is None:
                    await self.reserve(work, claim)
                elif earlier.status is not None:
                    return self.replay(work.tenant, claim, earlier)
                return None

        replayed = await until_key_is_free(begin)
        if replayed is not None:
            return replayed
        result = await run()
        if not is_final(result):
            return render(result)
        async with self._units.begin(owner) as work:
            return await self.settle(work, claim, render(result))

    def replay(self, tenant: Tenant, claim: IdempotencyClaim, row: IdempotencyRow) -> Answer:
        """Return the stored response, byte for byte.

        Raises:
            IdempotencyConflict: there is no response yet, or it contained a secret and may not be shown again.
        """
        if row.has_secret:
            is_old = self._clock.now() - row.created_at > SECRETS_KEPT_FOR
            if is_old or row.api_key_id != claim.api_key_id:
                raise secret_expired()
        answer = self._open(tenant, claim, row)
        return Answer(answer.status, answer.body, {**answer.headers, _REPLAYED: "true"})

    def _check(self, claim: IdempotencyClaim, row: IdempotencyRow) -> IdempotencyRow:
        """Return the record of a key.

        Raises:
            IdempotencyConflict: the key was used for another request.
        """
        if row.fingerprint not in claim.fingerprints:
            raise body_mismatch()
        return row

    def _seal(self, tenant: Tenant, claim: IdempotencyClaim, key_hash: bytes, answer: Answer) -> bytes:
        """Return the sealed body of a response. It is always sealed, because it may contain a signed URL."""
        return self._keyring.seal(answer.body, _place(tenant, claim, key_hash))

    def _open(self, tenant: Tenant, claim: IdempotencyClaim, row: IdempotencyRow) -> Answer:
        """Return the response of a record.

        Raises:
            IdempotencyConflict: the record has none yet.
        """
        if row.status is None or row.body is None:
            raise in_progress()
        body = self._keyring.open(row.body, _place(tenant, claim, row.key_hash))
        return Answer(row.status, body, row.headers or {})

    def _oldest(self, now: datetime) -> datetime:
        """Return the time before which a record has expired."""
        return now - self._kept_for


async def _undo(undo: Callable[[R], Awaitable[None]] | None, result: R) -> None:
    if undo is not None:
        await undo(result)


async def _prepare_nothing(work: Work) -> None:
    """Do nothing, for use cases that need no row before they call the network."""


async def until_key_is_free(attempt: Callable[[], Awaitable[T]]) -> T:
    """Repeat a unit of work while another request uses its key. No connection is held between attempts.

    Raises:
        IdempotencyConflict: the other request took too long.
    """
    loop = asyncio.get_running_loop()
    deadline_s, delay_s = loop.time() + KEY_WAIT_MAX_S, _SHORTEST_WAIT_S
    while True:
        try:
            return await attempt()
        except KeyInUseError:
            if loop.time() + delay_s > deadline_s:
                raise in_progress() from None
        await asyncio.sleep(delay_s)
        delay_s = min(2 * delay_s, _LONGEST_WAIT_S)


def in_progress() -> RequestError:
    """Return the error of a key whose first request is still running."""
    conflict = refusals.requests.IDEMPOTENCY_KEY_IN_PROGRESS(retry_after_s=RETRY_AFTER_S)
    conflict.retry_after_s = RETRY_AFTER_S
    return conflict


def secret_expired() -> RequestError:
    """Return the error of a key whose response can no longer be replayed."""
    return refusals.requests.IDEMPOTENCY_KEY_SECRET_EXPIRED()


def body_mismatch() -> RequestError:
    """Return the error of a key that was used for another request."""
    return refusals.requests.IDEMPOTENCY_KEY_BODY_MISMATCH()


def _place(tenant: Tenant, claim: IdempotencyClaim, key_hash: bytes) -> Place:
    row = f"{tenant.mode}/{claim.profile_scope}/{key_hash.hex()}"
    return Place(tenant.organization_id, "idempotency_keys", "body", row)
