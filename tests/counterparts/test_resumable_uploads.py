"""The engine uploads to a server of another author, by Google's protocol of resumable uploads.

The flow speaks it as YouTube's does: it opens a session, and the last part creates the file.
"""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import (
    Absent,
    Call,
    Effect,
    Flow,
    Found,
    Intent,
    Live,
    MediaRange,
    Reconciled,
    Reply,
    Upload,
)
from letmepost.domain.journal import CONNECTING_MAX_S
from letmepost.gateways.clock import SystemClock
from letmepost.gateways.flow_run import FlowRun, Suspended
from letmepost.gateways.sender import Sender
from letmepost.gateways.step_calls import InDoubtError, StepCalls
from tests.counterparts.storage_server import BUCKET, PACKAGE, Fault, Network, networked
from tests.doubles.clock import SteppedClock
from tests.doubles.journal import MemoryJournal
from tests.doubles.platform import make_platform
from tests.gateways.support import calling

PART = 256 * 1024
FILE = bytes(index % 251 for index in range(5 * PART + 7))
STARTS = tuple(range(0, len(FILE), PART))
MEDIA = MediaRange(UUID(int=7), 0, len(FILE))
IN_DOUBT_S = CONNECTING_MAX_S + 60


@pytest.fixture(scope="module")
async def network_and_url(python: Path, require: Callable[[str], None]) -> AsyncIterator[tuple[Network, str]]:
    require(PACKAGE)
    async with networked(python) as found:
        yield found


def offset_of(reply: Reply) -> int | None:
    if reply.ok:
        return len(FILE)
    found = re.fullmatch(r"bytes=0-(\d+)", reply.headers.get("range", ""))
    if reply.status != 308:
        return None
    return 0 if found is None else int(found[1]) + 1


def explain(_call: Call, reply: Reply) -> PlatformFailure:
    kind = FailureKind.UNAVAILABLE if reply.status >= 500 else FailureKind.REJECTED
    return PlatformFailure(kind, f"answered {reply.status}")


def probe_of(session: str) -> Call:
    return Call(method="PUT", url=session, headers={"content-range": f"bytes */{len(FILE)}"}, body=b"")


@dataclass
class Publishing:
    """The publishing of one file, whose journal outlives its runs."""

    network: Network
    url: str
    name: str
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    clock: SteppedClock = field(default_factory=SteppedClock)
    announced: list[object] = field(default_factory=list)

    async def run(self, *, stops_after: int = 1000) -> Suspended | None:
        """Run the flow, which stops after this number of parts."""
        before = len(self.network.received)
        async with calling() as http:
            sender = Sender(http=http, platform=make_platform(), clock=SystemClock(), open_media=self._open)
            run = FlowRun(
                calls=StepCalls(
                    steps=dict(self.journal.steps),
                    journal=self.journal,
                    send=sender,
                    explain=explain,
                    reconcile=self._reconcile,
                    may_send=self._may_send,
                    now=self.clock.now,
                    visibility_delay_s=0.0,
                ),
                announce=self._announce,
                is_stopping=lambda: len(self.network.received) - before >= stops_after,
            )
            return await run.run(self._flow())

    async def is_whole(self) -> bool:
        """Return True if the file was published once, byte for byte."""
        return (await self.network.file(self.name), self.announced) == (FILE, [Live(uri=f"{BUCKET}/{self.name}")])

    def _flow(self) -> Flow[None]:
        headers = {"x-upload-content-type": "video/mp4", "x-upload-content-length": str(len(FILE))}
        query = (("uploadType", "resumable"), ("name", self.name))
        opened = yield Call(
            method="POST",
            url=f"{self.url}/upload/storage/v1/b/{BUCKET}/o",
            query=query,
            headers=headers,
            json={},
            effect=Effect.PREPARE,
            step="session",
        )
        session = opened.headers["location"]

        def send(first_byte: int, length_bytes: int) -> Call:
            end = first_byte + length_bytes - 1
            content_range = {"content-range": f"bytes {first_byte}-{end}/{len(FILE)}"}
            body = MediaRange(MEDIA.media_id, first_byte, length_bytes)
            return Call(method="PUT", url=session, headers=content_range, body=body, effect=Effect.WRITE)

        reply = yield Upload(
            step="video",
            media=MEDIA,
            chunk_bytes=PART,
            send=send,
            probe=probe_of(session),
            offset_of=offset_of,
            is_new=not opened.replayed,
            last=Effect.PUBLISH,
        )
        if not reply.ok:
            raise explain(probe_of(session), reply)
        yield Live(uri=reply.data()["id"])

    def _reconcile(self, intent: Intent) -> Flow[Reconciled]:
        reply = yield probe_of(intent.call.url)
        return Found(reply) if reply.ok else Absent()

    async def _open(self, _media_id: UUID, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
        async def pieces() -> AsyncIterator[bytes]:
            for start in range(first_byte, first_byte + length_bytes, 64 * 1024):
                yield FILE[start : min(start + 64 * 1024, first_byte + length_bytes)]

        return pieces()

    async def _may_send(self, _call: Call) -> float:
        return float("inf")

    async def _announce(self, what: object) -> None:
        self.announced.append(what)


@pytest.fixture
def publishing(network_and_url: tuple[Network, str], request: pytest.FixtureRequest) -> Publishing:
    """A file that no other test publishes, on a network without faults."""
    network, url = network_and_url
    network.faults.clear()
    network.received.clear()
    network.probes = 0
    return Publishing(network, url, name=re.sub(r"\W", "-", request.node.name))


def parts_from(start: int) -> list[tuple[int, int]]:
    return [(first, min(PART, len(FILE) - first)) for first in STARTS if first >= start]


async def test_file_is_published_in_parts(publishing: Publishing) -> None:
    await publishing.run()
    assert await publishing.is_whole()
    assert (publishing.network.received, publishing.network.probes) == (parts_from(0), 0)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("start", [STARTS[0], STARTS[2]], ids=["first", "third"])
async def test_interrupted_part_is_stored_once(publishing: Publishing, start: int, fault: Fault) -> None:
    publishing.network.faults[start] = fault
    await publishing.run()
    assert await publishing.is_whole()
    assert (publishing.network.received, publishing.network.probes) == (parts_from(0), 1)


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.ANSWERED_LATE])
async def test_refused_last_part_is_probed_before_it_is_sent_again(publishing: Publishing, fault: Fault) -> None:
    publishing.network.faults[STARTS[-1]] = fault
    await publishing.run()
    assert await publishing.is_whole()
    assert publishing.network.received == parts_from(0)


@pytest.mark.parametrize("fault", [Fault.BROKEN_BEFORE, Fault.BROKEN_AFTER])
async def test_last_part_without_a_reply_is_reconciled_by_a_probe(publishing: Publishing, fault: Fault) -> None:
    publishing.network.faults[STARTS[-1]] = fault
    with pytest.raises(InDoubtError):
        await publishing.run()
    publishing.clock.advance(IN_DOUBT_S)
    await publishing.run()
    assert await publishing.is_whole()
    assert publishing.network.received == parts_from(0)


async def test_stopped_process_is_continued_by_the_next_one(publishing: Publishing) -> None:
    assert await publishing.run(stops_after=2) is not None
    assert publishing.network.received == parts_from(0)[:2]
    assert await publishing.run() is None
    assert await publishing.is_whole()
    assert (publishing.network.received, publishing.network.probes) == (parts_from(0), 1)
