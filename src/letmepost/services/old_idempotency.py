"""The former way to run a use case once per key, for the use cases of posts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from letmepost.services.callers import Caller
from letmepost.services.idempotency import Answer, Idempotency, in_progress
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.idempotency import IdempotencyClaim, IdempotencyRow

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


class OldIdempotency:
    """Claims a key before a use case, and adds the response to its record afterwards.

    A second request with the key waits in the database for the first one's transaction.
    """

    def __init__(self, units: UnitsOfWork, idempotency: Idempotency) -> None:
        self._units = units
        self._idempotency = idempotency

    async def find(self, caller: Caller, claim: IdempotencyClaim) -> IdempotencyRow | None:
        """Return the record of the key, or None if the key is new.

        Raises:
            IdempotencyConflict: the key was used for another request.
        """
        async with self._units.begin(caller) as work:
            row = await work.idempotency.find(claim, self._idempotency.oldest(work.now()))
        return None if row is None else self._idempotency.check(claim, row)

    async def begin(self, caller: Caller, claim: IdempotencyClaim) -> IdempotencyRow | None:
        """Claim the key for a request that runs in several transactions; return the earlier record if there is one.

        Raises:
            IdempotencyConflict: the key was used for another request.
        """
        try:
            async with self._units.begin(caller) as work:
                await self.take(work, claim)
        except AnsweredError as answered:
            return answered.row
        return None

    async def take(self, work: Work, claim: IdempotencyClaim | None, batch_id: UUID | None = None) -> None:
        """Claim the key in this unit of work.

        Raises:
            AnsweredError: another request has carried it out.
            IdempotencyConflict: the key was used for another request.
        """
        if claim is None:
            return
        now = work.now()
        expired = self._idempotency.oldest(now)
        if await work.idempotency.claim(claim, batch_id, now, expired):
            return
        row = await work.idempotency.find(claim, expired)
        if row is None:
            raise in_progress()
        raise AnsweredError(self._idempotency.check(claim, row))

    async def answer(self, work: Work, once: Once[T], result: T) -> Answer:
        """Return the response to a result, and store it under the key."""
        answer = once.render(result)
        if once.claim is not None:
            await self._store(work, once.claim, answer)
        return answer

    async def settle(self, caller: Caller, claim: IdempotencyClaim, answer: Answer) -> Answer:
        """Store a response in a unit of work of its own, and return the one that was stored first."""
        async with self._units.begin(caller) as work:
            await self._store(work, claim, answer)
        stored = await self.find(caller, claim)
        if stored is None or stored.body is None or stored.status is None:
            return answer
        return self._idempotency.open(caller.tenant, claim, stored)

    def replay(self, caller: Caller, claim: IdempotencyClaim, row: IdempotencyRow) -> Answer:
        """Return the stored response; raises as `Idempotency.replay`."""
        return self._idempotency.replay(caller.tenant, claim, row)

    async def _store(self, work: Work, claim: IdempotencyClaim, answer: Answer) -> None:
        """Add a response to the record of its key, unless it has one."""
        body = self._idempotency.seal(work.tenant, claim, answer)
        await work.idempotency.answer(claim, status=answer.status, headers=answer.headers, body=body)
