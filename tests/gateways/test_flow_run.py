"""The effect of each instruction of a flow. There is no socket: the sender is a script."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeAlias

import pytest

from letmepost.domain.errors import FailureKind, GaveUp, NoReply, NotSent, PlatformFailure, Unaddressable
from letmepost.domain.flow import (
    Absent,
    Announcement,
    Call,
    Effect,
    Extra,
    Flow,
    Forget,
    Found,
    HandOver,
    Intent,
    Live,
    Part,
    Pause,
    Reconciled,
    Reply,
    Unknown,
    Void,
    Warn,
)
from letmepost.domain.journal import CONNECTING_MAX_S, Step, fingerprint
from letmepost.gateways.destinations import AddressRefused, NameUnresolved
from letmepost.gateways.drive import EndlessFlowError, drive
from letmepost.gateways.flow_run import FlowRun, Suspended
from letmepost.gateways.run_steps import RunSteps, has_open_intent, has_published
from letmepost.gateways.step_calls import InDoubtError, StepCalls, UnlearnableError
from tests.doubles.clock import SteppedClock
from tests.doubles.journal import MemoryJournal

VISIBILITY_DELAY_S = 30.0
NOW = SteppedClock().now()

READ = Call(method="GET", url="https://network.example/limits")
WRITE = Call(method="DELETE", url="https://network.example/posts/1", effect=Effect.WRITE)
PREPARE = Call(method="POST", url="https://network.example/containers", effect=Effect.PREPARE, step="container")
PUBLISH = Call(
    method="POST", url="https://network.example/posts", json={"text": "Hello"}, effect=Effect.PUBLISH, step="post"
)
PUT = replace(PUBLISH, method="PUT", idempotent=True)
"""A PUBLISH that can be repeated."""
ASK = Call(method="GET", url="https://network.example/posts")

OK = Reply(status=200, body=b'{"uri": "at://it"}', received_at=NOW)
KINDS = {
    400: FailureKind.REJECTED,
    401: FailureKind.AUTH_FAILED,
    409: FailureKind.DUPLICATE,
    429: FailureKind.RATE_LIMITED,
    500: FailureKind.IN_DOUBT,
    503: FailureKind.UNAVAILABLE,
}

Answer: TypeAlias = Reply | Exception


def status(code: int) -> Reply:
    return Reply(status=code, received_at=NOW)


def explain(_call: Call, reply: Reply) -> PlatformFailure:
    return PlatformFailure(KINDS[reply.status], f"answered {reply.status}")


@dataclass
class Bench:
    """The surroundings of a run: a script of answers, the recorded steps, and the order of events.

    `reconciled`: the result of a reconciliation, or the exception that it raises; `asking`: its flow, if it makes
    calls.
    """

    answers: Sequence[Answer] = ()
    reconciled: Reconciled | Exception = field(default_factory=Absent)
    asking: Callable[[Intent], Flow[Reconciled]] | None = None
    steps: Mapping[str, Step] = field(default_factory=dict)
    is_closed: bool = False
    lease: Exception | None = None

    def __post_init__(self) -> None:
        self.log: list[str] = []
        self.sent: list[Call] = []
        self.announced: list[Announcement] = []
        self.clock = SteppedClock()
        self.journal = MemoryJournal(self.log)
        self.journal.steps.update(self.steps)
        self._script = iter(self.answers)

    async def run(self, flow: Flow[None]) -> Suspended | None:
        """Run a flow with the recorded steps. Afterwards, the steps of the run must equal the recorded ones."""
        run = FlowRun(
            calls=StepCalls(
                steps=dict(self.journal.steps),
                journal=self.journal,
                send=self._send,
                explain=explain,
                reconcile=self.asking or self._reconcile,
                may_send=self._may_send,
                now=self.clock.now,
                visibility_delay_s=VISIBILITY_DELAY_S,
                is_closed=self.is_closed,
            ),
            announce=self._announce,
        )
        try:
            suspended = await run.run(flow)
        finally:
            assert {name: _unpaused(step) for name, step in run.calls.steps.items()} == {
                name: _unpaused(step) for name, step in self.journal.steps.items() if name in run.calls.steps
            }
        return suspended

    async def _send(self, call: Call) -> Reply:
        self.log.append(f"{call.method} {call.step or call.url}")
        self.sent.append(call)
        answer = next(self._script)
        if isinstance(answer, Exception):
            raise answer
        return replace(answer, received_at=self.clock.now())

    async def _may_send(self, call: Call) -> None:
        self.log.append(f"may send {call.step}")
        if self.lease is not None:
            raise self.lease

    async def _announce(self, what: Announcement) -> None:
        self.log.append(f"announce {type(what).__name__}")
        self.announced.append(what)

    def _reconcile(self, intent: Intent) -> Flow[Reconciled]:
        self.log.append(f"ask about {intent.call.step}")
        if isinstance(self.reconciled, Exception):
            raise self.reconciled
        return self.reconciled
        yield ASK


def _unpaused(step: Step) -> Step:
    reply = None if step.reply is None else replace(step.reply, replayed=False)
    return replace(step, reply=reply, paused_at=None, pause_count=0)


def calling(*calls: Call) -> Callable[[list[Reply]], Flow[None]]:
    """Return a flow that makes calls in turn and keeps their replies."""

    def flow(replies: list[Reply]) -> Flow[None]:
        for call in calls:
            reply = yield call
            replies.append(reply)

    return flow


def publishing(call: Call = PUBLISH) -> Flow[None]:
    """A flow that publishes a post and announces it. It explains refusals; an unreadable success is in doubt."""
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)
    uri = reply.data().get("uri")
    if uri is None:
        raise PlatformFailure(FailureKind.IN_DOUBT, "The success says nothing.")
    yield Live(uri=uri)


def on_record(call: Call, **known: Any) -> dict[str, Step]:
    assert call.step is not None
    return {call.step: Step(name=call.step, fingerprint=fingerprint(call), **known)}


def in_doubt(call: Call, seconds_ago: float = 0.0) -> dict[str, Step]:
    return on_record(call, intent=Intent(call, NOW - timedelta(seconds=seconds_ago)))


LONG_AGO_S = CONNECTING_MAX_S + PUBLISH.timeout_s + VISIBILITY_DELAY_S
"""Everything sent at that time has finished, and is visible if it was published."""


# Flows without a journal


async def test_flow_without_a_journal_runs_to_its_result() -> None:
    def flow() -> Flow[str]:
        first = yield READ
        second = yield PUBLISH
        return f"{first.status} {second.status}"

    replies = iter([status(200), status(201)])

    async def send(_call: Call) -> Reply:
        return next(replies)

    assert await drive(flow(), send) == "200 201"


@pytest.mark.parametrize("failure", [NotSent("no address"), NoReply("reset")], ids=["not sent", "no reply"])
async def test_flow_without_a_journal_receives_a_failure_without_a_reply(failure: Exception) -> None:
    def flow() -> Flow[FailureKind]:
        try:
            yield READ
        except PlatformFailure as received:
            return received.kind
        return FailureKind.REJECTED

    async def send(_call: Call) -> Reply:
        raise failure

    assert await drive(flow(), send) is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("failure", [AddressRefused("nowhere"), NameUnresolved("nowhere")], ids=["private", "unknown"])
async def test_flow_receives_the_same_failure_for_private_and_unknown_hosts(failure: Exception) -> None:
    def flow() -> Flow[str]:
        try:
            yield READ
        except Unaddressable as refused:
            return f"{refused.kind}: {refused.message}"
        return "reached"

    async def send(_call: Call) -> Reply:
        raise failure

    assert await drive(flow(), send) == "unavailable: nowhere"


async def test_only_calls_are_allowed_without_a_journal() -> None:
    def flow() -> Flow[None]:
        yield Pause("ready", 1, 10)

    async def send(_call: Call) -> Reply:
        raise AssertionError

    with pytest.raises(TypeError, match="Pause"):
        await drive(flow(), send)


# READ and PREPARE


async def test_endless_flow_is_ended() -> None:
    def ask_forever() -> Flow[None]:
        while True:
            yield READ

    async def send(_call: Call) -> Reply:
        return OK

    with pytest.raises(EndlessFlowError):
        await drive(ask_forever(), send)


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
async def test_read_or_write_is_always_sent_and_never_recorded(call: Call) -> None:
    bench, replies = Bench([OK, OK]), list[Reply]()
    await bench.run(calling(call, call)(replies))
    assert bench.log == [f"{call.method} {call.url}"] * 2
    assert bench.journal.steps == {}


async def test_prepared_result_is_recorded() -> None:
    bench = Bench([OK])
    await bench.run(calling(replace(PREPARE, valid_for_s=60))([]))
    assert bench.log == ["POST container", "record container"]
    assert bench.journal.steps["container"].valid_until == NOW + timedelta(seconds=60)


async def test_recorded_prepare_is_not_repeated() -> None:
    bench, replies = Bench(steps=on_record(PREPARE, reply=OK)), list[Reply]()
    await bench.run(calling(PREPARE)(replies))
    assert bench.sent == []
    assert replies == [replace(OK, replayed=True)]


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(on_record(PREPARE, reply=OK, valid_until=NOW), id="expired"),
        pytest.param(on_record(replace(PREPARE, json={"text": "other"}), reply=OK), id="another request"),
        pytest.param(on_record(PREPARE), id="never answered"),
    ],
)
async def test_prepare_is_repeated_when_its_record_is_not_usable(known: dict[str, Step]) -> None:
    bench, replies = Bench([OK], steps=known), list[Reply]()
    await bench.run(calling(PREPARE)(replies))
    assert bench.log == ["POST container", "record container"]
    assert not replies[0].replayed


async def test_refused_prepare_is_passed_to_the_flow_and_not_recorded() -> None:
    bench, replies = Bench([status(400)]), list[Reply]()
    await bench.run(calling(PREPARE)(replies))
    assert [reply.status for reply in replies] == [400]
    assert bench.journal.steps == {}


async def test_prepare_is_repeated_when_the_flow_cannot_use_its_result() -> None:
    """An incomplete success that is replayed until the deadline would waste every retry."""

    def flow() -> Flow[None]:
        reply = yield PREPARE
        if not reply.data():
            raise PlatformFailure(FailureKind.UNAVAILABLE, "The success says nothing.")

    bench = Bench([status(200), OK])
    with pytest.raises(PlatformFailure):
        await bench.run(flow())
    assert await bench.run(flow()) is None
    assert bench.log == ["POST container", "record container", "close container", "POST container", "record container"]


async def test_prepared_result_is_kept_after_another_failure() -> None:
    bench = Bench([OK, NotSent("no address"), OK])
    with pytest.raises(PlatformFailure):
        await bench.run(calling(PREPARE, READ)([]))
    await bench.run(calling(PREPARE, READ)([]))
    assert bench.log == ["POST container", "record container", f"GET {READ.url}", f"GET {READ.url}"]


@pytest.mark.parametrize("call", [READ, WRITE, PREPARE], ids=["read", "write", "prepare"])
@pytest.mark.parametrize("failure", [NotSent("no address"), NoReply("reset")], ids=["not sent", "no reply"])
async def test_invisible_call_without_a_reply_is_retried(call: Call, failure: Exception) -> None:
    bench = Bench([failure])
    with pytest.raises(PlatformFailure) as failed:
        await bench.run(calling(call)([]))
    assert failed.value.kind is FailureKind.UNAVAILABLE
    assert bench.journal.steps == {}


async def test_recorded_step_that_the_flow_no_longer_has_is_ignored() -> None:
    """A post may be in progress during an upgrade that changes the steps of its flow."""
    bench = Bench([OK], steps=on_record(replace(PREPARE, step="container-segment-0"), reply=OK))
    assert await bench.run(publishing()) is None
    assert bench.sent == [PUBLISH]


# PUBLISH


async def test_publish_is_recorded_before_it_is_sent() -> None:
    """After a crash at any later time, the complete request is recorded."""
    bench = Bench([OK])
    assert await bench.run(publishing()) is None
    assert bench.log == ["intend post", "may send post", "POST post", "record post", "announce Live"]
    assert bench.journal.steps == on_record(PUBLISH, intent=Intent(PUBLISH, NOW), reply=OK)


async def test_publish_is_not_sent_without_its_lease() -> None:
    """lessons A1: the time of the claim is not the time of publishing."""
    bench = Bench(lease=RuntimeError("lost"))
    with pytest.raises(RuntimeError, match="lost"):
        await bench.run(publishing())
    assert bench.sent == []
    assert has_open_intent(bench.journal.steps)


async def test_publish_that_was_not_sent_closes_its_step() -> None:
    bench = Bench([NotSent("no address")])
    with pytest.raises(PlatformFailure) as failed:
        await bench.run(publishing())
    assert failed.value.kind is FailureKind.UNAVAILABLE
    assert not has_open_intent(bench.journal.steps)


async def test_publish_closes_its_step_when_the_token_cannot_be_refreshed() -> None:
    """The platform has rejected the expired token, so nothing was executed."""
    bench = Bench([PlatformFailure(FailureKind.AUTH_FAILED, "The session has ended.")])
    with pytest.raises(PlatformFailure) as failed:
        await bench.run(publishing())
    assert failed.value.kind is FailureKind.AUTH_FAILED
    assert not has_open_intent(bench.journal.steps)


@pytest.mark.parametrize("answer", [NoReply("reset"), status(500)], ids=["no reply", "5xx"])
async def test_publish_without_an_answer_is_in_doubt(answer: Answer) -> None:
    """lessons C5: a timeout of the final write is not a failure that may be retried."""
    bench = Bench([answer])
    with pytest.raises(InDoubtError):
        await bench.run(publishing())
    assert bench.journal.steps == in_doubt(PUBLISH)


@pytest.mark.parametrize("code", [400, 401, 409, 429, 503])
async def test_refused_publish_closes_its_step_and_the_flow_decides(code: int) -> None:
    bench, replies = Bench([status(code)]), list[Reply]()
    await bench.run(calling(PUBLISH)(replies))
    assert [reply.status for reply in replies] == [code]
    assert bench.log[-1] == "close post"
    assert not has_open_intent(bench.journal.steps)


async def test_closed_publish_may_be_sent_again() -> None:
    bench = Bench([status(429), OK])
    with pytest.raises(PlatformFailure):
        await bench.run(publishing())
    bench.clock.advance(60)
    await bench.run(publishing())
    assert bench.journal.steps["post"].intent == Intent(PUBLISH, NOW + timedelta(seconds=60))
    assert has_published(bench.journal.steps)


@pytest.mark.parametrize("call", [PUBLISH, replace(PUBLISH, json={"text": "other"})], ids=["same", "another request"])
async def test_answered_publish_is_never_sent_again(call: Call) -> None:
    """Even if the flow makes another request now: the step is done."""
    bench = Bench(steps=on_record(PUBLISH, intent=Intent(PUBLISH, NOW), reply=OK))
    await bench.run(publishing(call))
    assert bench.log == ["announce Live"]


async def test_nothing_new_is_published_after_the_time_limit() -> None:
    bench = Bench(is_closed=True)
    with pytest.raises(PlatformFailure) as failed:
        await bench.run(publishing())
    assert failed.value.kind is FailureKind.UNAVAILABLE
    assert bench.log == []


async def test_earlier_publish_is_announced_after_the_time_limit() -> None:
    bench = Bench(steps=on_record(PUBLISH, intent=Intent(PUBLISH, NOW), reply=OK), is_closed=True)
    await bench.run(publishing())
    assert bench.announced == [Live(uri="at://it")]


# In doubt, and repeatable


async def test_repeatable_doubt_is_settled_with_the_recorded_bytes() -> None:
    """Even if the flow would make another request now."""
    changed = replace(PUT, json={"text": "other"})
    bench = Bench([OK], steps=in_doubt(PUT))
    await bench.run(publishing(changed))
    assert bench.sent == [PUT]
    assert bench.log == ["may send post", "PUT post", "record post", "announce Live"]


@pytest.mark.parametrize(
    "answer",
    [NotSent("no address"), NoReply("reset"), status(500), status(429), status(503)],
    ids=["not sent", "no reply", "5xx", "429", "503"],
)
async def test_inconclusive_repetition_stays_in_doubt(answer: Answer) -> None:
    """Even one that was not sent: it shows nothing about the first request."""
    bench = Bench([answer], steps=in_doubt(PUT))
    with pytest.raises(InDoubtError):
        await bench.run(publishing(PUT))
    assert bench.journal.steps == in_doubt(PUT)


async def test_repetition_is_not_sent_without_its_lease() -> None:
    bench = Bench(steps=in_doubt(PUT), lease=RuntimeError("lost"))
    with pytest.raises(RuntimeError, match="lost"):
        await bench.run(publishing(PUT))
    assert bench.sent == []


async def test_refused_repetition_is_reconciled() -> None:
    bench = Bench([status(400)], Found(OK), steps=in_doubt(PUT, LONG_AGO_S))
    await bench.run(publishing(PUT))
    assert bench.log == ["may send post", "PUT post", "ask about post", "record post", "announce Live"]


async def test_refused_repetition_of_an_absent_post_is_rejected() -> None:
    """The step is closed. The flow sends its own request and receives the refusal itself."""
    bench = Bench([status(400), status(400)], Absent(), steps=in_doubt(PUT, LONG_AGO_S))
    with pytest.raises(PlatformFailure) as failed:
        await bench.run(publishing(PUT))
    assert failed.value.kind is FailureKind.REJECTED
    assert not has_open_intent(bench.journal.steps)


async def test_refused_repetition_waits_until_a_reconciliation_is_reliable() -> None:
    """The first request may still be running, so an absent post may still appear."""
    bench = Bench([status(400)], Absent(), steps=in_doubt(PUT, seconds_ago=5))
    assert await bench.run(publishing(PUT)) == Suspended(NOW + timedelta(seconds=LONG_AGO_S - 5))
    assert bench.journal.steps == in_doubt(PUT, seconds_ago=5)


@pytest.mark.parametrize(("found", "announced"), [(Found(OK), [Live(uri="at://it")]), (Absent(), [])])
async def test_nothing_is_repeated_after_the_time_limit(found: Reconciled, announced: list[Announcement]) -> None:
    """It is reconciled instead: a repetition could publish what the first request did not."""
    bench = Bench(reconciled=found, steps=in_doubt(PUT, LONG_AGO_S), is_closed=True)
    if announced:
        await bench.run(publishing(PUT))
    else:
        with pytest.raises(PlatformFailure):
            await bench.run(publishing(PUT))
    assert bench.sent == []
    assert bench.announced == announced
    assert not has_open_intent(bench.journal.steps)


async def test_running_request_is_not_reconciled_after_the_time_limit() -> None:
    bench = Bench(reconciled=Absent(), steps=in_doubt(PUT, seconds_ago=5), is_closed=True)
    assert await bench.run(publishing(PUT)) == Suspended(NOW + timedelta(seconds=LONG_AGO_S - 5))


# In doubt, and not repeatable


async def test_reconciliation_waits_for_the_timeout_and_the_visibility() -> None:
    bench = Bench(steps=in_doubt(PUBLISH, seconds_ago=LONG_AGO_S - 1))
    assert await bench.run(publishing()) == Suspended(NOW + timedelta(seconds=1))
    assert bench.log == []


async def test_found_post_is_published_and_not_sent_again() -> None:
    bench = Bench(reconciled=Found(OK), steps=in_doubt(PUBLISH, LONG_AGO_S))
    await bench.run(publishing())
    assert bench.log == ["ask about post", "record post", "announce Live"]
    assert bench.sent == []


async def test_absent_post_is_sent_again_as_the_flow_requests_it_now() -> None:
    changed = replace(PUBLISH, json={"text": "other"})
    bench = Bench([OK], Absent(), steps=in_doubt(PUBLISH, LONG_AGO_S))
    await bench.run(publishing(changed))
    assert bench.sent == [changed]
    assert bench.log == [
        "ask about post",
        "close post",
        "intend post",
        "may send post",
        "POST post",
        "record post",
        "announce Live",
    ]
    assert bench.journal.steps["post"].intent == Intent(changed, NOW)


async def test_post_with_an_unknown_outcome_is_never_sent_again() -> None:
    bench = Bench(reconciled=Unknown("no list of posts"), steps=in_doubt(PUBLISH, LONG_AGO_S))
    with pytest.raises(UnlearnableError, match="no list of posts"):
        await bench.run(publishing())
    assert bench.sent == []
    assert has_open_intent(bench.journal.steps)


async def test_failed_reconciliation_stays_in_doubt() -> None:
    away = PlatformFailure(FailureKind.UNAVAILABLE, "away")
    bench = Bench(reconciled=away, steps=in_doubt(PUBLISH, LONG_AGO_S))
    with pytest.raises(PlatformFailure, match="away"):
        await bench.run(publishing())
    assert bench.journal.steps == in_doubt(PUBLISH, LONG_AGO_S)


@pytest.mark.parametrize("call", [PUBLISH, PUT], ids=["asked about", "repeated"])
async def test_doubts_are_settled_before_anything_is_read(call: Call) -> None:
    """A failed read (the replied-to post is deleted) must not end the run before the outcome is known."""

    def flow() -> Flow[None]:
        reply = yield READ
        if not reply.ok:
            raise explain(READ, reply)
        yield from publishing(call)

    answers = [status(400)] if call is PUBLISH else [OK, status(400)]
    bench = Bench(answers, Found(OK), steps=in_doubt(call, LONG_AGO_S))
    with pytest.raises(PlatformFailure):
        await bench.run(flow())
    assert has_published(bench.journal.steps)
    assert not has_open_intent(bench.journal.steps)
    assert bench.log[-1] == f"GET {READ.url}"


async def test_settling_a_doubt_publishes_nothing() -> None:
    """The flow decides if it is sent again: its reads may forbid it."""

    def flow() -> Flow[None]:
        reply = yield READ
        raise explain(READ, reply)

    bench = Bench([status(400)], Absent(), steps=in_doubt(PUBLISH, LONG_AGO_S))
    with pytest.raises(PlatformFailure):
        await bench.run(flow())
    assert bench.log == ["ask about post", "close post", f"GET {READ.url}"]


# A success that cannot be read


@pytest.mark.parametrize("call", [PUBLISH, PUT], ids=["asked about", "repeated"])
async def test_unreadable_success_is_in_doubt(call: Call) -> None:
    """lessons C5: a 2xx without an id was reported as rejected, though it was published."""
    bench = Bench([status(200)])
    with pytest.raises(InDoubtError):
        await bench.run(publishing(call))
    assert bench.log[-2:] == ["record post", "doubt post"]
    assert bench.journal.steps == in_doubt(call)


@pytest.mark.parametrize("call", [PUBLISH, PUT], ids=["asked about", "repeated"])
async def test_unreadable_success_is_in_doubt_after_a_crash(call: Call) -> None:
    """The run crashed between the record and the decision of the flow. The next run reads the same reply."""
    unreadable = on_record(call, intent=Intent(call, NOW - timedelta(seconds=LONG_AGO_S)), reply=status(200))
    bench = Bench([OK], Found(OK), steps=unreadable)
    with pytest.raises(InDoubtError):
        await bench.run(publishing(call))
    await bench.run(publishing(call))
    assert bench.announced == [Live(uri="at://it")]


async def test_doubt_before_any_publish_is_passed_on() -> None:
    def flow() -> Flow[None]:
        yield READ
        raise PlatformFailure(FailureKind.IN_DOUBT, "nothing was sent")

    with pytest.raises(PlatformFailure, match="nothing was sent"):
        await Bench([OK]).run(flow())


# Pause and Forget


def waiting(gave_up: list[GaveUp] | None = None) -> Flow[None]:
    yield PREPARE
    try:
        yield Pause("container", 10, 60)
    except GaveUp as failure:
        if gave_up is None:
            raise
        gave_up.append(failure)


async def test_pause_suspends_the_run() -> None:
    bench = Bench([OK])
    assert await bench.run(waiting()) == Suspended(NOW + timedelta(seconds=10))
    assert bench.log == ["POST container", "record container", "pause container"]


async def test_pause_gives_up_counting_from_the_first_one() -> None:
    bench, gave_up = Bench([OK]), list[GaveUp]()
    for _ in range(6):
        assert await bench.run(waiting(gave_up)) is not None
        bench.clock.advance(10)
    assert await bench.run(waiting(gave_up)) is None
    assert [failure.step for failure in gave_up] == ["container"]


async def test_unhandled_give_up_fails_the_flow() -> None:
    bench = Bench(steps=on_record(PREPARE, reply=OK, paused_at=NOW - timedelta(seconds=60), pause_count=6))
    with pytest.raises(GaveUp):
        await bench.run(waiting())


def remaking(answers: list[PlatformFailure]) -> Flow[None]:
    """A flow that loses its prepared result twice."""
    for _ in range(2):
        yield PREPARE
        try:
            yield Forget("container")
        except PlatformFailure as failure:
            answers.append(failure)
            raise
    yield PREPARE


async def test_lost_result_is_prepared_again_once() -> None:
    bench, failures = Bench([OK, OK]), list[PlatformFailure]()
    with pytest.raises(PlatformFailure, match="lost the result"):
        await bench.run(remaking(failures))
    assert [failure.kind for failure in failures] == [FailureKind.UNAVAILABLE]
    made = ["POST container", "record container"]
    assert bench.log == [*made, "forget container", *made]


async def test_later_run_counts_an_earlier_repetition() -> None:
    bench = Bench(steps=on_record(PREPARE, reply=OK, forgotten_count=1))
    with pytest.raises(PlatformFailure, match="lost the result"):
        await bench.run(remaking([]))


async def test_wait_for_a_repeated_result_starts_again() -> None:
    """A container that was ready, and then expired while its post was throttled, has not used up its wait."""
    known = on_record(PREPARE, reply=OK, paused_at=NOW - timedelta(hours=25), pause_count=3)
    bench = Bench([OK], steps=known)

    def flow() -> Flow[None]:
        yield Forget("container")
        yield from waiting()

    assert await bench.run(flow()) == Suspended(NOW + timedelta(seconds=10))
    assert bench.journal.steps["container"].paused_at == NOW


@pytest.mark.parametrize("lost", [Forget("container"), Void("container")])
async def test_waits_that_are_named_after_a_lost_or_voided_step_start_again(lost: Forget | Void) -> None:
    long_ago = NOW - timedelta(hours=25)
    names = ("container-processing", "container2-processing")
    waits = {name: Step(name=name, paused_at=long_ago, pause_count=3) for name in names}
    bench = Bench([OK, OK], steps={**on_record(PREPARE, reply=OK), **waits})

    def flow(step: str) -> Flow[None]:
        yield PREPARE
        yield Pause(f"{step}-processing", 10, 60)

    def losing() -> Flow[None]:
        yield lost

    await bench.run(losing())
    assert await bench.run(flow("container")) == Suspended(NOW + timedelta(seconds=10))
    with pytest.raises(GaveUp):
        await bench.run(flow("container2"))


async def test_refused_publication_has_no_effect_and_can_be_sent_again() -> None:
    bench, runs = Bench([OK, OK]), list[str]()

    def flow() -> Flow[None]:
        yield PUBLISH
        if not runs:
            runs.append("refused")
            yield Void("post")
            raise PlatformFailure(FailureKind.IN_DOUBT, "processing failed")
        yield Live(uri="at://it")

    with pytest.raises(PlatformFailure, match="processing failed"):  # not in doubt: nothing is published
        await bench.run(flow())
    assert not has_open_intent(bench.journal.steps)
    assert not has_published(bench.journal.steps)
    await bench.run(flow())
    assert (bench.sent, bench.announced) == ([PUBLISH, PUBLISH], [Live(uri="at://it")])


async def test_step_that_was_never_sent_or_is_in_doubt_cannot_be_voided() -> None:
    bench = Bench(steps=on_record(PUBLISH, intent=Intent(PUBLISH, NOW)))
    steps = RunSteps(bench.journal.steps, bench.journal)
    for name in ("post", "unknown"):
        await steps.void(name)
    assert bench.log == []


# Announcements


async def test_visible_parts_are_announced_in_order() -> None:
    announced: list[Announcement] = [
        Part(index=0, uri="at://0"),
        Part(index=1, uri="at://1"),
        Live(uri="at://0"),
        Extra(name="firstComment", uri="at://2"),
        Warn("code", "message"),
    ]

    def flow() -> Flow[None]:
        yield from announced

    bench = Bench()
    assert await bench.run(flow()) is None
    assert bench.announced == announced


async def test_post_that_is_handed_over_ends_the_flow() -> None:
    def flow() -> Flow[None]:
        yield PUBLISH
        yield HandOver("https://network.example/inbox")
        yield replace(PUBLISH, step="comment")

    bench = Bench([OK])
    assert await bench.run(flow()) is None
    assert bench.announced == [HandOver("https://network.example/inbox")]
    assert bench.sent == [PUBLISH]


async def test_failed_announcement_ends_the_run() -> None:
    """The lease is lost, so further calls are up to another worker."""

    @dataclass
    class Losing(Bench):
        async def _announce(self, what: Announcement) -> None:
            raise RuntimeError(f"lost before {what}")

    bench = Losing([OK])

    def flow() -> Flow[None]:
        yield from publishing()
        yield replace(PUBLISH, step="comment")

    with pytest.raises(RuntimeError, match="lost"):
        await bench.run(flow())
    assert len(bench.sent) == 1


@pytest.mark.parametrize(
    ("step", "published", "is_open"),
    [
        (Step(name="post"), False, False),
        (Step(name="post", intent=Intent(PUBLISH, NOW)), False, True),
        (Step(name="post", intent=Intent(PUBLISH, NOW), reply=OK), True, False),
        (Step(name="container", reply=OK), False, False),
    ],
    ids=["closed", "in doubt", "answered", "prepared"],
)
def test_steps_show_what_may_be_visible(step: Step, *, published: bool, is_open: bool) -> None:
    assert has_published({step.name: step}) is published
    assert has_open_intent({step.name: step}) is is_open


# In doubt, and reconciled by a repeat


PUT_AGAIN = replace(PUBLISH, idempotent=True)


def repeating(intent: Intent) -> Flow[Reconciled]:
    """Read the clock, then repeat the call in doubt. A refusal as a duplicate means that it was published."""
    yield ASK
    try:
        reply = yield intent.call
    except PlatformFailure as failure:
        return Unknown(failure.message)
    return Found(OK if reply.status == 409 else reply)


def asking_by_repeat(*answers: Answer, **changes: Any) -> Bench:
    return Bench([OK, *answers], asking=repeating, steps=in_doubt(PUBLISH, LONG_AGO_S), **changes)


@pytest.mark.parametrize("answer", [status(409), OK], ids=["it had landed", "it lands now"])
async def test_platform_that_detects_a_repeat_is_reconciled_by_one(answer: Answer) -> None:
    """The lease is checked like for the first request, and the time limit starts again."""
    bench = asking_by_repeat(answer)
    await bench.run(publishing())
    assert bench.sent == [ASK, PUT_AGAIN]
    assert bench.log == [
        f"GET {ASK.url}",
        "may send post",
        "POST post",
        "record post",
        "announce Live",
    ]


async def test_repeat_without_a_reply_is_judged_by_the_reconciliation() -> None:
    bench = asking_by_repeat(NoReply("reset"))
    with pytest.raises(UnlearnableError):
        await bench.run(publishing())
    assert has_open_intent(bench.journal.steps)


async def test_repeat_that_was_not_sent_is_retried_later() -> None:
    bench = asking_by_repeat(NotSent("no address"))
    with pytest.raises(InDoubtError):
        await bench.run(publishing())
    assert bench.journal.steps == in_doubt(PUBLISH, LONG_AGO_S)


async def test_nothing_is_repeated_when_publishing_is_closed() -> None:
    bench = asking_by_repeat(is_closed=True)
    with pytest.raises(InDoubtError):
        await bench.run(publishing())
    assert bench.sent == [ASK]


async def test_repeat_is_not_sent_without_its_lease() -> None:
    bench = asking_by_repeat(lease=RuntimeError("lost"))
    with pytest.raises(RuntimeError, match="lost"):
        await bench.run(publishing())
    assert bench.sent == [ASK]


@pytest.mark.parametrize(
    "other", [replace(PUBLISH, json={"text": "other"}), PREPARE, WRITE], ids=["publish", "prepare", "write"]
)
async def test_reconciliation_cannot_send_anything_else(other: Call) -> None:
    def asking(_intent: Intent) -> Flow[Reconciled]:
        yield other
        return Absent()

    bench = Bench([OK], asking=asking, steps=in_doubt(PUBLISH, LONG_AGO_S))
    with pytest.raises(ValueError, match="may only send reads"):
        await bench.run(publishing())
    assert bench.sent == []
