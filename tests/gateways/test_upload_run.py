"""Uploads in parts: the ranges, what is repeated, what the flow receives, and where a later run resumes."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.errors import FailureKind, NoReply, NotSent, PlatformFailure
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
from letmepost.domain.journal import CONNECTING_MAX_S, Step, upload_fingerprint
from letmepost.gateways.drive import EndlessFlowError, drive
from letmepost.gateways.flow_run import FlowRun
from letmepost.gateways.run_steps import has_open_intent, has_published
from letmepost.gateways.step_calls import ClosedError, InDoubtError, StepCalls
from letmepost.gateways.upload_run import STALLS_MAX
from tests.doubles.clock import SteppedClock
from tests.doubles.journal import MemoryJournal

NOW = SteppedClock().now()
MEDIA = UUID(int=7)
SESSION = "https://network.example/sessions/1"
LOST, UNSENT = NoReply("reset"), NotSent("no address")
GIB = 2**30

Answer: TypeAlias = Reply | Exception


def reply(status: int = 200, *, has: int | None = None, wants: Sequence[int] = (), **headers: str) -> Reply:
    """Return a reply. `has`: how many bytes the server says it has. `wants`: the bytes that it asks for."""
    known = {} if has is None else {"x-has": str(has)}
    asked = {"x-wants": "-".join(map(str, wants))} if wants else {}
    return Reply(status=status, headers={**known, **asked, **headers}, received_at=NOW)


def offset_of(answered: Reply) -> int | range | None:
    if "x-wants" in answered.headers:
        return range(*map(int, answered.headers["x-wants"].split("-")))
    has = answered.headers.get("x-has")
    return None if has is None else int(has)


def send(first_byte: int, length_bytes: int) -> Call:
    body = MediaRange(MEDIA, first_byte, length_bytes)
    return Call(method="PUT", url=SESSION, body=body, effect=Effect.WRITE)


PROBE = Call(method="GET", url=SESSION)


def upload(size: int = 10, chunk: int | Sequence[int] = 4, **more: Any) -> Upload:
    """Return an upload without a probe."""
    return Upload(step="bytes", media=MediaRange(MEDIA, 0, size), chunk_bytes=chunk, **{"send": send, **more})


def probed(size: int = 10, chunk: int | Sequence[int] = 4, **more: Any) -> Upload:
    """Return an upload with a probe."""
    return upload(size, chunk, probe=PROBE, offset_of=offset_of, **more)


def explain(_call: Call, answered: Reply) -> PlatformFailure:
    in_doubt = dict.fromkeys((206, 308, 500), FailureKind.IN_DOUBT)
    kinds = {429: FailureKind.RATE_LIMITED, 503: FailureKind.UNAVAILABLE, **in_doubt}
    return PlatformFailure(kinds.get(answered.status, FailureKind.REJECTED), f"answered {answered.status}")


@dataclass
class Bench:
    """A run with a script of answers; 200 after its end. `sent`: ranges, or `probe`. `flushed`: the journal's steps."""

    answers: Sequence[Answer] = ()
    steps: dict[str, Step] = field(default_factory=dict)
    reconciled: Reconciled = field(default_factory=Absent)
    is_closed: bool = False
    lease_ends_after: int | None = None
    stops_after: float = math.inf

    def __post_init__(self) -> None:
        self.clock = SteppedClock()
        self.journal = MemoryJournal()
        self.journal.steps.update(self.steps)
        self.sent: list[tuple[int, int] | str] = []
        self.urls: list[str] = []
        self.replies: list[Reply] = []
        self.failures: list[PlatformFailure] = []
        self.announced: list[object] = []
        self._script = iter(self.answers)

    async def run(self, wanted: Upload) -> Reply | None:
        """Run a flow that uploads, and return what it received."""
        run = FlowRun(
            calls=StepCalls(
                steps=dict(self.journal.steps),
                journal=self.journal,
                send=self._send,
                explain=explain,
                reconcile=self._reconcile,
                may_send=self._may_send,
                now=self.clock.now,
                visibility_delay_s=0.0,
                is_closed=self.is_closed,
            ),
            announce=self._announce,
            is_stopping=lambda: len(self.sent) >= self.stops_after,
        )
        self.replies.clear()
        await run.run(self._flow(wanted))
        assert {name: replace(step, reply=None) for name, step in run.calls.steps.items()} == {
            name: replace(step, reply=None) for name, step in self.journal.steps.items()
        }
        return self.replies[-1] if self.replies else None

    def _flow(self, wanted: Upload) -> Flow[None]:
        received = yield wanted
        self.replies.append(received)
        if received.ok:
            yield Live(uri="at://it")

    async def _send(self, call: Call) -> Reply:
        body = call.body
        self.urls.append(call.url)
        self.sent.append((body.first_byte, body.length_bytes) if isinstance(body, MediaRange) else "probe")
        answer = next(self._script, reply())
        if isinstance(answer, Exception):
            raise answer
        return replace(answer, received_at=self.clock.now())

    async def _may_send(self, _call: Call) -> None:
        if self.lease_ends_after is not None and len(self.sent) >= self.lease_ends_after:
            raise RuntimeError("lost the lease")

    async def _announce(self, what: object) -> None:
        self.announced.append(what)

    def _reconcile(self, _intent: Intent) -> Flow[Reconciled]:
        yield PROBE
        return self.reconciled


def recorded(wanted: Upload, *parts: str) -> dict[str, Step]:
    """Return the journal after an earlier run has recorded these parts."""
    answered = replace(reply(), parts=parts)
    return {wanted.step: Step(name=wanted.step, fingerprint=upload_fingerprint(wanted), reply=answered)}


# Ranges


@pytest.mark.parametrize(
    ("size", "chunk", "ranges"),
    [
        pytest.param(8, 4, [(0, 4), (4, 4)], id="whole parts"),
        pytest.param(10, 4, [(0, 4), (4, 4), (8, 2)], id="a shorter last part"),
        pytest.param(4, 4, [(0, 4)], id="one part"),
        pytest.param(1, 4, [(0, 1)], id="smaller than a part"),
        pytest.param(10, [4, 6], [(0, 4), (4, 6)], id="a last part with the rest"),
        pytest.param(5 * GIB, 2 * GIB, [(0, 2 * GIB), (2 * GIB, 2 * GIB), (4 * GIB, GIB)], id="more than 32 bits"),
    ],
)
@pytest.mark.parametrize("make", [upload, probed], ids=["recorded", "probed"])
async def test_parts_cover_the_file_in_order(
    make: Callable[..., Upload], size: int, chunk: int | list[int], ranges: list[tuple[int, int]]
) -> None:
    bench, wanted = Bench(), make(size, chunk, is_new=True)
    received = await bench.run(wanted)
    assert bench.sent == ranges
    assert wanted.part_count == len(ranges)
    assert received is not None
    assert received.ok


@given(size=st.integers(1, 10**10), chunk=st.integers(10**7, 10**10))
def test_parts_are_adjacent_and_as_many_as_announced(size: int, chunk: int) -> None:
    wanted, offset, count = upload(size, chunk), 0, 0
    while offset < size:
        end = wanted.end_of_part(offset)
        assert 0 < end - offset <= chunk
        offset, count = end, count + 1
    assert (offset, count) == (size, wanted.part_count)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"media": MediaRange(MEDIA, 0, 0)}, "at least one byte"),
        ({"chunk_bytes": 0}, "at least one byte"),
        ({"chunk_bytes": ()}, "at least one byte"),
        ({"chunk_bytes": (10, 0)}, "at least one byte"),
        ({"chunk_bytes": (4, 4)}, "the parts have 8 bytes, the media 10"),
        ({"probe": PROBE}, "needs offset_of"),
        ({"offset_of": offset_of}, "needs offset_of"),
        ({"probe": send(0, 1), "offset_of": offset_of}, "a probe is a read"),
        ({"probe": PROBE, "offset_of": offset_of, "keep": str}, "keeps nothing"),
        ({"last": Effect.PUBLISH}, "with a probe"),
        ({"probe": PROBE, "offset_of": offset_of, "last": Effect.PREPARE}, "the last part"),
    ],
)
def test_upload_that_cannot_be_sent_is_rejected(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(upload(), **change)


def test_part_must_be_a_write() -> None:
    def publish(_first: int, _length: int) -> Call:
        return Call(method="PUT", url=SESSION, effect=Effect.PUBLISH, step="bytes")

    with pytest.raises(ValueError, match="a part is a write"):
        _ = replace(upload(), send=publish).part(0)


async def test_parts_are_not_counted_as_instructions() -> None:
    bench = Bench()
    await bench.run(upload(3000, 1))
    assert len(bench.sent) == 3000


async def test_steps_are_not_counted_as_endless() -> None:
    def flow(count: int, *, is_new: bool) -> Flow[None]:
        for number in range(count):
            yield Call(method="POST", url=SESSION, effect=Effect.PREPARE, step=f"step-{number if is_new else 0}")

    async def answer(_call: Call) -> Reply:
        return reply()

    await drive(flow(3000, is_new=True), answer)
    with pytest.raises(EndlessFlowError):
        await drive(flow(3000, is_new=False), answer)


# With a server that asks for ranges


async def test_parts_are_the_ranges_that_the_server_asks_for() -> None:
    bench = Bench([reply(wants=(0, 3)), reply(wants=(3, 9)), reply(wants=(9, 10)), reply(wants=(10, 10))])
    received = await bench.run(probed())
    assert bench.sent == ["probe", (0, 3), (3, 6), (9, 1)]
    assert received is not None
    assert received.ok


async def test_refusal_that_asks_for_other_bytes_gets_them() -> None:
    bench = Bench([reply(has=4), reply(500, wants=(2, 9)), reply(wants=(9, 10)), reply(has=10)])
    await bench.run(probed())
    assert bench.sent == ["probe", (4, 4), (2, 7), (9, 1)]


async def test_range_that_was_asked_for_ends_at_its_stop_if_the_reply_does_not_contain_an_offset() -> None:
    bench = Bench([reply(wants=(0, 7)), reply(), reply()])
    await bench.run(probed())
    assert bench.sent == ["probe", (0, 7), (7, 3)]


async def test_server_that_asks_for_the_same_bytes_again_and_again_is_given_up() -> None:
    bench = Bench([reply(wants=(0, 3)), *[reply(400, wants=(0, 3))] * STALLS_MAX])
    with pytest.raises(PlatformFailure, match="accepts no more"):
        await bench.run(probed())
    assert bench.sent == ["probe", *[(0, 3)] * STALLS_MAX]


@pytest.mark.parametrize("wants", [(4, 4), (4, 2), (0, 11), (-1, 4), (11, 12)])
async def test_range_outside_the_file_ends_the_run(wants: tuple[int, int]) -> None:
    answer = replace(reply(), headers={"x-asked": f"{wants[0]} {wants[1]}"})

    def asked(answered: Reply) -> range:
        return range(*map(int, answered.headers["x-asked"].split()))

    bench = Bench([answer])
    with pytest.raises(PlatformFailure) as failed:
        await bench.run(upload(probe=PROBE, offset_of=asked))
    assert failed.value.kind is FailureKind.UNAVAILABLE
    assert bench.sent == ["probe"]


# With a new URL of the session


def moved_to(answered: Reply) -> str | None:
    return answered.headers.get("location")


async def test_later_calls_go_to_the_url_of_the_latest_reply() -> None:
    bench = Bench([reply(has=4, location=f"{SESSION}/moved"), LOST, reply(has=8), reply(has=10)])
    await bench.run(probed(moved_to=moved_to))
    assert bench.urls == [SESSION, *[f"{SESSION}/moved"] * 3]
    assert bench.sent == ["probe", (4, 4), "probe", (8, 2)]


async def test_query_of_a_new_url_replaces_the_old_one_and_is_not_shown() -> None:
    bench = Bench([reply(has=8, location=f"{SESSION}?upload_id=s3cret&part=a%2Cb"), reply(has=10)])
    await bench.run(probed(moved_to=moved_to, last=Effect.PUBLISH))
    intent = bench.journal.steps["bytes"].intent
    assert intent is not None
    assert (intent.call.url, intent.call.query) == (SESSION, (("upload_id", "s3cret"), ("part", "a,b")))
    assert "s3cret" not in repr(intent)


async def test_url_that_the_flow_does_not_accept_receives_nothing() -> None:
    def refuse(_answered: Reply) -> str | None:
        raise PlatformFailure(FailureKind.REJECTED, "elsewhere")

    bench = Bench([reply(has=4)])
    with pytest.raises(PlatformFailure, match="elsewhere"):
        await bench.run(probed(moved_to=refuse))
    assert bench.sent == ["probe"]


async def test_last_part_is_published_at_the_new_url() -> None:
    bench = Bench([reply(has=8, location=f"{SESSION}/moved"), reply(has=10)])
    await bench.run(probed(moved_to=moved_to, last=Effect.PUBLISH))
    intent = bench.journal.steps["bytes"].intent
    assert intent is not None
    assert (intent.call.url, bench.urls) == (f"{SESSION}/moved", [SESSION, f"{SESSION}/moved"])


# With a probe


async def test_earlier_parts_are_not_sent_again_when_the_server_has_them() -> None:
    bench = Bench([reply(has=8)])
    await bench.run(probed())
    assert bench.sent == ["probe", (8, 2)]


async def test_new_session_is_not_probed() -> None:
    bench = Bench()
    await bench.run(probed(is_new=True))
    assert bench.sent[0] == (0, 4)


async def test_complete_upload_is_answered_by_the_probe() -> None:
    bench = Bench([reply(has=10, etag="1")])
    received = await bench.run(probed())
    assert bench.sent == ["probe"]
    assert received is not None
    assert received.headers["etag"] == "1"


async def test_complete_upload_is_not_probed_again() -> None:
    bench, wanted = Bench(), probed()
    await bench.run(replace(wanted, is_new=True))
    bench.sent.clear()
    received = await bench.run(wanted)
    assert bench.sent == []
    assert received is not None
    assert received.replayed


async def test_upload_to_another_session_starts_again() -> None:
    bench, wanted = Bench(), upload()
    await bench.run(wanted)
    bench.sent.clear()
    await bench.run(replace(wanted, send=lambda first, length: replace(send(first, length), url=f"{SESSION}2")))
    assert bench.sent == [(0, 4), (4, 4), (8, 2)]


@pytest.mark.parametrize(
    ("after", "rest"),
    [
        pytest.param(8, [(8, 2)], id="the part was stored"),
        pytest.param(4, [(4, 4), (8, 2)], id="it was not"),
        pytest.param(6, [(6, 4)], id="a half of it was"),
        pytest.param(0, [(0, 4), (4, 4), (8, 2)], id="everything is lost"),
    ],
)
@pytest.mark.parametrize("loss", [LOST, UNSENT, reply(503)], ids=["no reply", "not sent", "503"])
async def test_lost_reply_to_a_part_is_followed_by_a_probe(
    loss: Answer, after: int, rest: list[tuple[int, int]]
) -> None:
    bench = Bench([reply(), loss, reply(has=after)])
    await bench.run(probed(is_new=True))
    assert bench.sent == [(0, 4), (4, 4), "probe", *rest]


@pytest.mark.parametrize(
    ("answered", "rest"),
    [
        pytest.param(reply(308, has=8), [(8, 2)], id="308 for the whole part"),
        pytest.param(reply(308, has=5), [(5, 4), (9, 1)], id="308 for a half"),
        pytest.param(reply(308, has=0), [(0, 4), (4, 4), (8, 2)], id="308 for nothing"),
        pytest.param(reply(416, has=2), [(2, 4), (6, 4)], id="416 with the offset"),
    ],
)
async def test_reply_to_a_part_decides_where_the_next_one_starts(answered: Reply, rest: list[tuple[int, int]]) -> None:
    bench = Bench([reply(308, has=4), answered])
    await bench.run(probed(is_new=True))
    assert bench.sent == [(0, 4), (4, 4), *rest]


async def test_listed_part_is_finished_from_the_middle() -> None:
    bench = Bench([reply(has=5)])
    await bench.run(probed(10, (4, 4, 2)))
    assert bench.sent == ["probe", (5, 3), (8, 2)]


@pytest.mark.parametrize("impossible", [-1, 11])
async def test_impossible_offset_is_a_failure(impossible: int) -> None:
    bench = Bench([reply(has=impossible)])
    with pytest.raises(PlatformFailure, match=f"reports {impossible} bytes of a file of 10 bytes") as failed:
        await bench.run(probed())
    assert failed.value.kind is FailureKind.UNAVAILABLE
    assert bench.journal.steps == {}


async def test_probe_that_reports_no_offset_is_a_failure_and_not_a_complete_upload() -> None:
    bench = Bench([reply()])
    with pytest.raises(PlatformFailure, match="does not report"):
        await bench.run(probed())
    assert bench.sent == ["probe"]


async def test_refusal_with_the_last_offset_is_not_a_complete_upload() -> None:
    bench = Bench([reply(409, has=10)])
    received = await bench.run(probed(is_new=True))
    assert received is not None
    assert received.status == 409
    assert bench.announced == []
    assert bench.journal.steps == {}


@pytest.mark.parametrize("stuck", [reply(308, has=0), LOST, UNSENT], ids=["no progress", "no reply", "not sent"])
async def test_upload_without_progress_ends_the_run(stuck: Answer) -> None:
    bench = Bench([stuck, reply(has=0)] * 10 if isinstance(stuck, Exception) else [stuck] * 10)
    with pytest.raises(PlatformFailure) as failed:
        await bench.run(probed(is_new=True))
    assert failed.value.kind is FailureKind.UNAVAILABLE
    assert bench.sent.count((0, 4)) == STALLS_MAX


async def test_server_that_loses_bytes_again_and_again_ends_the_run() -> None:
    forgetful = [reply(308, has=4), reply(308, has=0)] * 10
    bench = Bench(forgetful)
    with pytest.raises(PlatformFailure, match="accepts no more"):
        await bench.run(probed(is_new=True))
    assert len(bench.sent) == 2 * STALLS_MAX


async def test_progress_between_losses_is_enough() -> None:
    bench = Bench([LOST, reply(has=1), LOST, reply(has=2), LOST, reply(has=3), LOST, reply(has=4)])
    received = await bench.run(probed(is_new=True))
    assert received is not None
    assert received.ok


# A reply that ends the upload


@pytest.mark.parametrize("status", [400, 401, 404, 413, 429])
@pytest.mark.parametrize("make", [upload, probed], ids=["recorded", "probed"])
async def test_refused_part_goes_to_the_flow(make: Callable[..., Upload], status: int) -> None:
    bench = Bench([reply(), reply(status, retry_after="60")])
    received = await bench.run(make(is_new=True))
    assert received is not None
    assert (received.status, received.headers["retry_after"]) == (status, "60")
    assert bench.sent == [(0, 4), (4, 4)]


async def test_expired_session_goes_to_the_flow() -> None:
    bench = Bench([reply(404)])
    received = await bench.run(probed())
    assert received is not None
    assert received.status == 404
    assert bench.sent == ["probe"]


@pytest.mark.parametrize("make", [upload, probed], ids=["recorded", "probed"])
async def test_lasting_5xx_goes_to_the_flow(make: Callable[..., Upload]) -> None:
    bench = Bench([reply(503)] * 10)
    received = await bench.run(make(is_new=True))
    assert received is not None
    assert received.status == 503
    assert len(bench.sent) == STALLS_MAX


@pytest.mark.parametrize("make", [upload, probed], ids=["recorded", "probed"])
async def test_503_with_a_retry_after_goes_to_the_flow(make: Callable[..., Upload]) -> None:
    """The platform decides when a part may be sent again."""
    bench = Bench([replace(reply(503), headers={"retry-after": "60"})])
    received = await bench.run(make(is_new=True))
    assert received is not None
    assert received.status == 503
    assert bench.sent == [(0, 4)]


async def test_refused_part_of_an_earlier_upload_is_sent_by_the_next_run() -> None:
    bench = Bench([reply(), reply(429), reply(), reply()])
    await bench.run(upload())
    await bench.run(upload())
    assert bench.sent == [(0, 4), (4, 4), (4, 4), (8, 2)]


# Without a probe


def etag(answered: Reply) -> str:
    return answered.headers["etag"]


async def test_flow_receives_what_was_kept_of_every_part() -> None:
    bench = Bench([reply(etag="a"), reply(etag="b"), reply(etag="c")])
    received = await bench.run(upload(keep=etag))
    assert received is not None
    assert received.parts == ("a", "b", "c")
    again = await bench.run(upload(keep=etag))
    assert again is not None
    assert (again.parts, again.replayed) == (("a", "b", "c"), True)
    assert len(bench.sent) == 3


@pytest.mark.parametrize("loss", [LOST, UNSENT, reply(500)], ids=["no reply", "not sent", "500"])
async def test_part_without_a_reply_is_repeated(loss: Answer) -> None:
    bench = Bench([reply(etag="a"), loss, reply(etag="b"), reply(etag="c")])
    received = await bench.run(upload(keep=etag))
    assert bench.sent == [(0, 4), (4, 4), (4, 4), (8, 2)]
    assert received is not None
    assert received.parts == ("a", "b", "c")


async def test_run_resumes_at_the_first_missing_part() -> None:
    wanted = upload(keep=etag)
    bench = Bench([reply(etag="c")], steps=recorded(wanted, "a", "b"))
    received = await bench.run(wanted)
    assert bench.sent == [(8, 2)]
    assert received is not None
    assert received.parts == ("a", "b", "c")


async def test_parts_of_another_upload_are_not_resumed() -> None:
    wanted = upload(12, keep=etag)
    bench = Bench([reply(etag="x")] * 3, steps=recorded(upload(keep=etag), "a", "b"))
    await bench.run(wanted)
    assert bench.sent == [(0, 4), (4, 4), (8, 4)]


async def test_every_part_but_the_last_is_recorded_in_one_row() -> None:
    """The reply to the last part is recorded as the one of the upload."""
    bench = Bench()
    await bench.run(upload(5, 1))
    assert bench.journal.log == ["record bytes"] * 5
    assert list(bench.journal.steps) == ["bytes"]


async def test_upload_of_a_stopping_process_is_continued_by_the_next_run_at_the_next_part() -> None:
    wanted = upload(keep=etag)
    bench = Bench([reply(etag="a"), reply(etag="b")], stops_after=2)
    assert await bench.run(wanted) is None, "the flow is suspended"
    later = Bench([reply(etag="c")], steps=bench.journal.steps)
    received = await later.run(wanted)
    assert (bench.sent, later.sent) == ([(0, 4), (4, 4)], [(8, 2)])
    assert received is not None
    assert received.parts == ("a", "b", "c")


@pytest.mark.parametrize("end", [[LOST] * 3, [UNSENT] * 3, [reply(400)]], ids=["no reply", "not sent", "refused"])
async def test_finished_parts_are_recorded_when_the_upload_ends_early(end: list[Answer]) -> None:
    bench = Bench([reply(etag="a"), reply(etag="b"), *end])
    with suppress(PlatformFailure):
        await bench.run(upload(keep=etag))
    known = bench.journal.steps["bytes"].reply
    assert known is not None
    assert (known.parts, known.body, known.headers) == (("a", "b"), b"", {})
    assert not has_published(bench.journal.steps)


async def test_upload_is_repeated_when_the_flow_cannot_use_its_result() -> None:
    def flow() -> Flow[None]:
        received = yield upload()
        if received.headers.get("etag") is None:
            raise PlatformFailure(FailureKind.UNAVAILABLE, "The success has no ETag.")

    bench = Bench()
    run = FlowRun(
        calls=StepCalls(
            steps={},
            journal=bench.journal,
            send=bench._send,
            explain=explain,
            reconcile=bench._reconcile,
            may_send=bench._may_send,
            now=bench.clock.now,
            visibility_delay_s=0.0,
        ),
        announce=bench._announce,
    )
    with pytest.raises(PlatformFailure, match="no ETag"):
        await run.run(flow())
    assert bench.journal.steps["bytes"].reply is None


@pytest.mark.parametrize("make", [upload, probed], ids=["recorded", "probed"])
async def test_no_part_is_sent_without_the_lease(make: Callable[..., Upload]) -> None:
    bench = Bench(lease_ends_after=2)
    with pytest.raises(RuntimeError, match="lost the lease"):
        await bench.run(make(is_new=True))
    assert len(bench.sent) == 2


# A last part that publishes


def publishing(**more: Any) -> Upload:
    return probed(last=Effect.PUBLISH, is_new=True, **more)


PUBLISHED = Reply(status=201, body=b"published", received_at=NOW)


async def test_upload_that_was_published_in_another_session_returns_the_reference_of_that_session() -> None:
    def send_to(session: str) -> Callable[[int, int], Call]:
        return lambda first, length: replace(send(first, length), reference=session)

    bench = Bench([reply(), reply(), PUBLISHED])
    received = await bench.run(publishing(send=send_to("1")))
    assert received is not None
    assert received.reference is None, "it is the session of the upload"
    received = await bench.run(publishing(send=send_to("2")))
    assert received is not None
    assert (received.replayed, received.reference, len(bench.sent)) == (True, "1", 3)


async def test_only_the_last_part_is_recorded_before_it_is_sent() -> None:
    bench = Bench([reply(), reply(), PUBLISHED])
    received = await bench.run(publishing())
    assert received is not None
    assert received.body == b"published"
    assert bench.journal.log == ["intend bytes", "record bytes"]
    intent = bench.journal.steps["bytes"].intent
    assert intent is not None
    assert (intent.call.effect, intent.call.step, intent.call.body) == (
        Effect.PUBLISH,
        "bytes",
        MediaRange(MEDIA, 8, 2),
    )
    assert has_published(bench.journal.steps)


async def test_upload_of_one_part_is_a_publish() -> None:
    bench = Bench([PUBLISHED])
    await bench.run(publishing(size=3))
    assert bench.journal.log == ["intend bytes", "record bytes"]
    assert bench.sent == [(0, 3)]


async def test_published_upload_is_not_sent_again_even_to_another_session() -> None:
    bench = Bench([reply(), reply(), PUBLISHED])
    await bench.run(publishing())
    received = await bench.run(publishing(send=lambda first, length: replace(send(first, length), url="elsewhere:")))
    assert received is not None
    assert (received.body, received.replayed) == (b"published", True)
    assert len(bench.sent) == 3


@pytest.mark.parametrize("loss", [LOST, reply(500)], ids=["no reply", "500"])
async def test_lost_last_part_is_in_doubt_and_reconciled(loss: Answer) -> None:
    bench = Bench([reply(), reply(), loss], reconciled=Found(PUBLISHED))
    with pytest.raises(InDoubtError):
        await bench.run(publishing())
    assert has_open_intent(bench.journal.steps)
    bench.sent.clear()
    bench.clock.advance(CONNECTING_MAX_S + 21)  # and the time that the bytes may take
    received = await bench.run(publishing())
    assert bench.sent == ["probe"]
    assert received is not None
    assert received.body == b"published"


async def test_last_part_that_surely_failed_is_sent_from_the_offset_of_the_server() -> None:
    bench = Bench([reply(), reply(), LOST, reply(has=9), reply(has=9), PUBLISHED], reconciled=Absent())
    with pytest.raises(InDoubtError):
        await bench.run(publishing())
    bench.sent.clear()
    bench.clock.advance(CONNECTING_MAX_S + 21)  # and the time that the bytes may take
    await bench.run(replace(publishing(), is_new=False))
    assert bench.sent == ["probe", "probe", (9, 1)]
    assert bench.announced == [Live(uri="at://it")]


@pytest.mark.parametrize("status", [206, 308])
async def test_last_part_that_was_stored_in_part_is_continued(status: int) -> None:
    """A reply that shows missing bytes proves that nothing was published."""
    bench = Bench([reply(), reply(), reply(status, has=9), PUBLISHED])
    await bench.run(publishing())
    assert bench.sent == [(0, 4), (4, 4), (8, 2), (9, 1)]
    assert bench.journal.log == ["intend bytes", "close bytes", "intend bytes", "record bytes"]


@pytest.mark.parametrize(
    "failure", [UNSENT, PlatformFailure(FailureKind.AUTH_FAILED, "ended")], ids=["not sent", "token"]
)
async def test_last_part_that_was_not_sent_closes_the_step(failure: Exception) -> None:
    bench = Bench([reply(), reply(), failure])
    with pytest.raises(PlatformFailure):
        await bench.run(publishing())
    assert not has_open_intent(bench.journal.steps)
    assert not has_published(bench.journal.steps)


async def test_refused_last_part_goes_to_the_flow() -> None:
    bench = Bench([reply(), reply(), reply(403)])
    received = await bench.run(publishing())
    assert received is not None
    assert received.status == 403
    assert not has_open_intent(bench.journal.steps)


async def test_unavailable_last_part_is_sent_again_after_a_probe() -> None:
    bench = Bench([reply(), reply(), reply(503), reply(has=8), PUBLISHED])
    await bench.run(publishing())
    assert bench.sent[2:] == [(8, 2), "probe", (8, 2)]
    assert has_published(bench.journal.steps)


async def test_upload_that_the_probe_shows_complete_is_recorded_as_published() -> None:
    """Otherwise the post could be reported as failed while it is visible."""
    bench = Bench([reply(has=10)])
    received = await bench.run(replace(publishing(), is_new=False))
    assert received is not None
    assert received.ok
    assert bench.sent == ["probe"]
    assert has_published(bench.journal.steps)
    assert bench.journal.log == ["intend bytes", "record bytes"]


async def test_no_part_is_sent_when_nothing_may_be_published() -> None:
    bench = Bench(is_closed=True)
    with pytest.raises(ClosedError):
        await bench.run(publishing())
    assert bench.sent == []
