"""Use cases that call the network between two units of work, and the reversal of results that are not recorded."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from letmepost.domain import refusals
from letmepost.domain.errors import NotFound
from letmepost.domain.ids import Prefix
from letmepost.services.idempotency import Answer, Idempotency
from letmepost.services.work import Work
from tests.storage.support import CLOCK, KEYRING, Owner


@dataclass
class RemoteUseCase:
    """Runs use cases of one caller, and records which results were undone."""

    owner: Owner
    undone: list[str] = field(default_factory=list)

    async def run(
        self,
        result: str,
        *,
        key: str | None = None,
        during_call: Callable[[], Awaitable[object]] | None = None,
        error: Exception | None = None,
    ) -> Answer:
        """Run a use case that returns `result`, or raises `error` while it records the result."""
        caller = self.owner.caller
        idempotency = Idempotency(self.owner.units, KEYRING, CLOCK)

        async def prepare(_: Work) -> str:
            return result

        async def call(prepared: str) -> str:
            if during_call is not None:
                await during_call()
            return prepared

        async def record(_: Work, called: str) -> str:
            if error is not None:
                raise error
            return called

        async def undo(called: str) -> None:
            self.undone.append(called)

        return await idempotency.perform_remotely(
            caller,
            None if key is None else idempotency.claim_of(caller, key, b"request"),
            prepare=prepare,
            call=call,
            record=record,
            undo=undo,
            render=lambda value: Answer(200, value.encode(), {}),
        )


@pytest.fixture
def use_case(owner: Owner) -> RemoteUseCase:
    return RemoteUseCase(owner)


@pytest.mark.parametrize("key", [None, "once"])
async def test_recorded_call_is_not_undone(use_case: RemoteUseCase, key: str | None) -> None:
    assert (await use_case.run("first", key=key)).body == b"first"
    assert use_case.undone == []


@pytest.mark.parametrize("key", [None, "once"])
async def test_call_is_undone_when_its_result_is_rejected(use_case: RemoteUseCase, key: str | None) -> None:
    with pytest.raises(NotFound):
        await use_case.run("first", key=key, error=refusals.requests.not_found(Prefix.PROFILE, "prof_1"))
    assert use_case.undone == ["first"]


async def test_call_is_undone_when_another_request_with_the_same_key_was_first(use_case: RemoteUseCase) -> None:
    answer = await use_case.run("second", key="once", during_call=lambda: use_case.run("first", key="once"))
    assert (answer.body, answer.headers) == (b"first", {"Idempotency-Replayed": "true"})
    assert use_case.undone == ["second"]


async def test_replayed_request_undoes_nothing(use_case: RemoteUseCase) -> None:
    for _ in range(2):
        await use_case.run("first", key="once")
    assert use_case.undone == []


async def test_call_is_not_undone_after_an_unexpected_error(use_case: RemoteUseCase) -> None:
    """The result may have been recorded, because the connection can be lost during the commit."""
    with pytest.raises(ConnectionError):
        await use_case.run("first", error=ConnectionError())
    assert use_case.undone == []
