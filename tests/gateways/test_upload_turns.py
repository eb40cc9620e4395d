"""Turns of tenants that upload at the same time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from letmepost.gateways.upload_turns import UploadTurns

A, B, C = "A", "B", "C"


@dataclass
class Uplink:
    """Uploads of endless files. Each part is sent until `finish` is called."""

    turns: UploadTurns = field(default_factory=UploadTurns)
    sending: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)
    _parts: dict[str, list["asyncio.Event"]] = field(default_factory=dict)

    async def start(self, owner: str) -> "asyncio.Task[None]":
        task = asyncio.create_task(self._upload(owner))
        self._tasks.append(task)
        await self.settle()
        return task

    async def finish(self, owner: str) -> None:
        """Finish the oldest part of an owner."""
        self._parts[owner].pop(0).set()
        await self.settle()

    async def settle(self) -> None:
        """Let every task run until it waits."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _upload(self, owner: str) -> None:
        async with self.turns.upload(owner) as turn:
            while True:
                async with turn():
                    end = asyncio.Event()
                    self._parts.setdefault(owner, []).append(end)
                    self.sending[owner] += 1
                    try:
                        await end.wait()
                        self.sent[owner] += 1
                    finally:
                        self.sending[owner] -= 1


@pytest.fixture
async def uplink() -> AsyncIterator[Uplink]:
    uplink = Uplink()
    yield uplink
    await uplink.close()


async def test_owner_that_uploads_alone_sends_all_its_parts_concurrently(uplink: Uplink) -> None:
    for _ in range(3):
        await uplink.start(A)
    assert uplink.sending == {A: 3}


async def test_owners_that_upload_together_send_one_part_each(uplink: Uplink) -> None:
    for _ in range(3):
        await uplink.start(A)
    await uplink.start(B)
    assert uplink.sending == {A: 3, B: 1}, "parts that are being sent are finished"
    for _ in range(5):
        await uplink.finish(A)
        await uplink.finish(B)
    assert uplink.sending == {A: 1, B: 1}
    assert uplink.sent[B] == 5


async def test_uploads_of_one_owner_take_turns(uplink: Uplink) -> None:
    await uplink.start(B)
    uploads = [await uplink.start(A) for _ in range(2)]
    assert uplink.sending == {A: 1, B: 1}
    uploads[0].cancel()
    await uplink.settle()
    assert uplink.sending == {A: 1, B: 1}, "the second upload of A continues"


async def test_owner_uses_the_whole_bandwidth_again_when_the_others_have_finished(uplink: Uplink) -> None:
    other = await uplink.start(B)
    for _ in range(3):
        await uplink.start(A)
    assert uplink.sending == {A: 1, B: 1}
    other.cancel()
    await uplink.settle()
    assert uplink.sending == {A: 3, B: 0}


async def test_third_owner_does_not_wait_for_the_others(uplink: Uplink) -> None:
    for owner in (A, A, B, B, C):
        await uplink.start(owner)
    assert (uplink.sending[B], uplink.sending[C]) == (1, 1)


async def test_upload_that_is_canceled_while_it_waits_leaves_no_turn_behind(uplink: Uplink) -> None:
    await uplink.start(B)
    await uplink.start(A)
    waiting = await uplink.start(A)
    waiting.cancel()
    await uplink.settle()
    await uplink.finish(A)
    assert uplink.sending == {A: 1, B: 1}


async def test_upload_that_is_canceled_as_it_gets_its_turn_gives_it_back(uplink: Uplink) -> None:
    await uplink.start(B)
    first = await uplink.start(A)
    second, third = await uplink.start(A), await uplink.start(A)
    first.cancel()
    second.cancel()
    await uplink.settle()
    assert uplink.sending == {A: 1, B: 1}
    third.cancel()
    await uplink.settle()
    await uplink.start(A)
    assert uplink.sending == {A: 1, B: 1}
