"""One effect a key, for the operator: as for tenants, but on a record that does not go with one of them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from letmepost.domain.api_keys import Mode
from letmepost.gateways.clock import Clock
from letmepost.services.idempotency import (
    KEPT_FOR,
    SECRETS_KEPT_FOR,
    Answer,
    body_mismatch,
    in_progress,
    secret_expired,
)
from letmepost.services.old_idempotency import Once
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.idempotency import IdempotencyClaim
from letmepost.storage.operator_requests import (
    EveryTenantOperatorRequests,
    OperatorRequestRepository,
    OperatorRequestRow,
)
from letmepost.storage.sealing import Keyring, Place

_NOBODY = UUID(int=0)

T = TypeVar("T")


class RepeatedError(Exception):
    """The request was carried out before. `answer` is the one that it got."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("already answered")
        self.answer = answer


class OperatorRequests:
    """Claims keys of the operator's, stores answers, and gives stored ones back."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, *, kept_for: timedelta = KEPT_FOR) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._kept_for = kept_for

    def claim_of(self, key: str, request: bytes) -> IdempotencyClaim:
        """What a key and the request that bears it are known by. `request`: method, path, query and raw body."""
        return IdempotencyClaim(
            profile_scope=_NOBODY,
            key_hashes=self._keyring.hashes("operator-idempotency-key", key.encode()),
            fingerprints=self._keyring.hashes("operator-idempotency-request", request),
            api_key_id=_NOBODY,
        )

    async def carry_out_for_deployment(self, once: Once[T], work: Callable[[], Awaitable[T]]) -> T:
        """Do something that concerns no single tenant, once for a key; without a key, every time.

        `work` commits before its answer is stored: after a crash in between it runs again.

        Raises:
            RepeatedError: it was done before.
            IdempotencyConflict: the key was used for another request.
        """
        return await self.carry_out(Tenant(_NOBODY, Mode.LIVE), once, lambda _: work())

    async def carry_out(self, tenant: Tenant, once: Once[T] | None, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do something in a transaction of a tenant's, once for a key; without a key, every time.

        Raises:
            RepeatedError: it was done before.
            IdempotencyConflict: the key was used for another request.
        """
        if once is None or once.claim is None:
            async with self._database.tenant(tenant) as connection:
                return await work(connection)
        claim = once.claim
        await self._refuse_repetition(claim, has_secret=once.has_secret)
        async with self._database.tenant(tenant) as connection:
            repository = OperatorRequestRepository(connection, tenant)
            if await repository.claim(claim, self._clock.now()):
                result = await work(connection)
                answer = once.render(result)
                place = _place(tenant.organization_id, claim.key_hashes[0])
                await repository.answer(claim, status=answer.status, body=self._keyring.seal(answer.body, place))
                return result
        await self._refuse_repetition(claim, has_secret=once.has_secret)
        raise in_progress()

    async def _refuse_repetition(self, claim: IdempotencyClaim, *, has_secret: bool) -> None:
        found = EveryTenantOperatorRequests(self._database)
        row = await found.find(claim.key_hashes, self._clock.now() - self._kept_for)
        if row is not None:
            raise RepeatedError(self._replay(row, claim, has_secret=has_secret))

    def _replay(self, row: OperatorRequestRow, claim: IdempotencyClaim, *, has_secret: bool) -> Answer:
        if row.fingerprint not in claim.fingerprints:
            raise body_mismatch()
        if has_secret and self._clock.now() - row.created_at > SECRETS_KEPT_FOR:
            raise secret_expired()
        body = self._keyring.open(row.body, _place(row.organization_id, row.key_hash))
        return Answer(row.status, body, {"content-type": "application/json", "Idempotency-Replayed": "true"})


def _place(organization_id: UUID, key_hash: bytes) -> Place:
    return Place(organization_id, "operator_requests", "body", key_hash.hex())
