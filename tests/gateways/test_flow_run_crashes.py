"""A run may crash at any await, and any call may fail in any way: a post is published once, and reported truthfully.

The platform is a double that counts what it executes. There are three kinds: with caller-chosen keys, so that a PUBLISH
may be repeated; with a new post for every accepted call; and without a list of posts, but with a refusal of duplicates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letmepost.domain.errors import FailureKind, NoReply, NotSent, PlatformFailure
from letmepost.domain.flow import (
    Absent,
    Announcement,
    Call,
    Effect,
    Extra,
    Flow,
    Found,
    Intent,
    Live,
    Part,
    Pause,
    Reconciled,
    Reply,
    Unknown,
)
from letmepost.domain.journal import CONNECTING_MAX_S
from letmepost.gateways.flow_run import FlowRun
from letmepost.gateways.run_steps import has_open_intent, has_published
from letmepost.gateways.step_calls import InDoubtError, StepCalls, UnlearnableError
from tests.doubles.clock import SteppedClock
from tests.doubles.coroutines import without_waiting
from tests.doubles.faults import Killed, Way
from tests.doubles.journal import MemoryJournal

VISIBILITY_DELAY_S = 30.0
PUBLISHED_STEPS = ("post-0", "post-1", "comment")
HOST = "https://network.example"


WAYS = (
    *(Way.WELL, Way.NOT_SENT, Way.LOST_BEFORE, Way.LOST_AFTER, Way.LATE, Way.REFUSED, Way.TOKEN_DEAD),
    *(Way.BROKEN, Way.BROKEN_AFTER, Way.AWAY, Way.UNREADABLE),
)
KINDS = {
    200: FailureKind.IN_DOUBT,
    400: FailureKind.REJECTED,
    409: FailureKind.DUPLICATE,
    429: FailureKind.RATE_LIMITED,
    500: FailureKind.IN_DOUBT,
    503: FailureKind.UNAVAILABLE,
}


class Kind(StrEnum):
    """The effect of a repeated call."""

    REPEATABLE = "repeatable"
    NOT_REPEATABLE = "not repeatable"
    RECOGNISING = "recognising repeats"


def explain(call: Call, reply: Reply) -> PlatformFailure:
    kind = KINDS[reply.status]
    if kind is FailureKind.IN_DOUBT and call.effect is not Effect.PUBLISH:
        kind = FailureKind.UNAVAILABLE
    return PlatformFailure(kind, f"answered {reply.status}")


@dataclass(kw_only=True)
class Network:
    """The platform: what it was asked to publish, when, and with which bytes."""

    clock: SteppedClock
    kind: Kind
    ways: Sequence[Way]
    writes: dict[str, list[tuple[datetime, object]]] = field(default_factory=dict)
    under_way: list[tuple[datetime, Call]] = field(default_factory=list)
    containers: int = 0
    _calls: int = 0

    def answer(self, call: Call) -> Reply:
        way = self.ways[self._calls] if self._calls < len(self.ways) else Way.WELL
        self._calls += 1
        self.clock.advance(1)
        self.settle()
        if way is Way.LATE and call.effect is Effect.PUBLISH:
            last = self.clock.now() + timedelta(seconds=CONNECTING_MAX_S + call.timeout_s - 1)
            self.under_way.append((last, call))
        is_known = self.knows(call)
        if way.is_executed and not is_known:
            self._execute(call)
        return self._tell(way, call, is_known=is_known)

    def settle(self) -> None:
        """Execute the calls that have arrived by now."""
        arrived = [entry for entry in self.under_way if entry[0] <= self.clock.now()]
        self.under_way = [entry for entry in self.under_way if entry not in arrived]
        for at, call in arrived:
            if not self.knows(call):
                self._execute(call, at)

    def count(self, step: str) -> int:
        """Return the number of posts of a step, visible or not."""
        writes = self.writes.get(step, [])
        return len({repr(body) for _, body in writes}) if self.kind is Kind.REPEATABLE else len(writes)

    def knows(self, call: Call) -> bool:
        """Return True if the call would be refused as a repeat."""
        writes = self.writes.get(str(call.step), [])
        return self.kind is Kind.RECOGNISING and any(body == call.json for _, body in writes)

    def find(self, step: str) -> bool:
        """Return True if a look-up finds the post."""
        visible_by = self.clock.now() - timedelta(seconds=VISIBILITY_DELAY_S)
        return any(at <= visible_by for at, _ in self.writes.get(step, []))

    def _execute(self, call: Call, at: datetime | None = None) -> None:
        if call.effect is Effect.PUBLISH:
            self.writes.setdefault(str(call.step), []).append((at or self.clock.now(), call.json))

    def _tell(self, way: Way, call: Call, *, is_known: bool) -> Reply:
        if way is Way.NOT_SENT:
            raise NotSent(way)
        if way is Way.TOKEN_DEAD:
            raise PlatformFailure(FailureKind.AUTH_FAILED, way)
        if way in {Way.LOST_BEFORE, Way.LOST_AFTER, Way.LATE}:
            self.clock.advance(call.timeout_s)
            self.settle()
            raise NoReply(way)
        if way is Way.WELL and is_known:
            return Reply(status=409, received_at=self.clock.now())
        body = self._body(call) if way is Way.WELL else b""
        return Reply(status=way.status or 200, body=body, received_at=self.clock.now())

    def _body(self, call: Call) -> bytes:
        if call.effect is Effect.PREPARE:
            self.containers += 1
            return f'{{"id": "{self.containers}"}}'.encode()
        if call.effect is Effect.READ:
            found = self.find(str(dict(call.query)["step"]))
            return b'{"found": true}' if found else b'{"found": false}'
        return f'{{"uri": "at://{call.step}"}}'.encode()


def post(network: Network) -> Flow[None]:
    """A thread of two posts with a comment, after a container that takes time and expires."""
    container = Call(method="POST", url=f"{HOST}/containers", effect=Effect.PREPARE, step="container", valid_for_s=300)
    prepared = yield container
    number = prepared.data().get("id")
    if number is None:
        raise explain(container, prepared)
    if not prepared.replayed:
        yield Pause("container", 5, 3600)
    for index in range(2):
        uri = yield from put(network, f"post-{index}", str(number))
        yield Part(index=index, uri=uri)
    yield Live(uri="at://post-0")
    uri = yield from put(network, "comment", str(number))
    yield Extra(name="comment", uri=uri)


def put(network: Network, step: str, container: str) -> Flow[str]:
    call = Call(
        method="PUT",
        url=f"{HOST}/posts",
        json={"step": step, "container": container},
        effect=Effect.PUBLISH,
        step=step,
        idempotent=network.kind is Kind.REPEATABLE,
    )
    reply = yield call
    uri = reply.data().get("uri")
    if uri is None:
        raise explain(call, reply)
    return str(uri)


def reconcile(intent: Intent) -> Flow[Reconciled]:
    step = str(intent.call.step)
    call = Call(method="GET", url=f"{HOST}/posts", query=(("step", step),))
    reply = yield call
    if "found" not in reply.data():
        raise explain(call, reply)
    if not reply.data()["found"]:
        return Absent()
    return Found(replace(reply, body=f'{{"uri": "at://{step}"}}'.encode()))


def repeat(intent: Intent) -> Flow[Reconciled]:
    """The reconciliation of a platform without a list of posts: it refuses a repeat."""
    try:
        reply = yield intent.call
    except PlatformFailure as failure:
        return Unknown(failure.message)
    if reply.ok:
        return Found(reply)
    refusal = explain(intent.call, reply)
    if refusal.kind is FailureKind.DUPLICATE:
        return Found(replace(reply, status=200, body=f'{{"uri": "at://{intent.call.step}"}}'.encode()))
    if refusal.kind is FailureKind.UNAVAILABLE:
        raise refusal
    return Unknown(refusal.message)


@dataclass(kw_only=True)
class Engine:
    """Runs the flow of a post repeatedly, like workers do. Each run ends with a crash, a failure or a success.

    `kills` contains for each run the await at which it crashes. From run `closed_from` on, nothing new may be
    published.
    """

    network: Network
    flow: Callable[[Any], Flow[None]] = post
    explain: Callable[[Call, Reply], PlatformFailure] = explain
    kills: Sequence[int] = ()
    closed_from: int | None = None
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    announced: list[Announcement] = field(default_factory=list)
    awaits: int = 0

    @property
    def clock(self) -> SteppedClock:
        return self.network.clock

    def work(self) -> str:
        """Run until the post is settled. Return how."""
        for number in range(100):
            is_closed = self.closed_from is not None and number >= self.closed_from
            settled = self._run(self.kills[number] if number < len(self.kills) else None, is_closed=is_closed)
            if settled is not None:
                return settled
            self.clock.advance(7)
            self.network.settle()
        raise AssertionError("it never ends")

    def _run(self, kill_at: int | None, *, is_closed: bool) -> str | None:
        life = _Life(self, kill_at)
        run = FlowRun(
            calls=StepCalls(
                steps=dict(self.journal.steps),
                journal=life.journal,
                send=life.send,
                explain=self.explain,
                reconcile=repeat if self.network.kind is Kind.RECOGNISING else reconcile,
                may_send=life.may_send,
                now=self.clock.now,
                visibility_delay_s=VISIBILITY_DELAY_S,
                is_closed=is_closed,
            ),
            announce=life.announce,
        )
        try:
            suspended = without_waiting(run.run(self.flow(self.network)))
        except Killed:
            return None
        except InDoubtError:
            # Like `outcomes.in_doubt` after the deadline: without a repeat, the outcome stays unknown.
            return "unconfirmed" if is_closed and self.network.kind is Kind.RECOGNISING else None
        except UnlearnableError:
            return "unconfirmed"
        except PlatformFailure as failure:
            return self._judge(failure, is_closed=is_closed)
        finally:
            self.awaits = life.awaits
        if suspended is None:
            return "done"
        self.clock.advance(max(0.0, (suspended.until - self.clock.now()).total_seconds()))
        return None

    def _judge(self, failure: PlatformFailure, *, is_closed: bool) -> str | None:
        """Like `Attempt.judge`: retry what may succeed, and report as failed only what is surely not visible."""
        is_final = failure.kind is FailureKind.REJECTED or is_closed
        if not is_final:
            return None
        is_uncertain = has_open_intent(self.journal.steps) or has_published(self.journal.steps)
        return "uncertain" if is_uncertain else "failed"


@dataclass
class _Life:
    """The calls of one run until it crashes."""

    engine: Engine
    kill_at: int | None
    awaits: int = 0

    @property
    def journal(self) -> MemoryJournal:
        """Return the journal, which survives the run: it may crash before or after each commit."""
        life = self

        class Dying(MemoryJournal):
            def __getattribute__(self, name: str) -> Any:
                real = getattr(life.engine.journal, name)
                return life.dying(real) if callable(real) else real

        return Dying()

    def dying(self, method: Any) -> Any:
        async def write(*arguments: Any) -> None:
            self.tick()
            await method(*arguments)
            self.tick()

        return write

    def tick(self) -> None:
        self.awaits += 1
        if self.awaits == self.kill_at:
            raise Killed

    async def send(self, call: Call) -> Reply:
        self.tick()
        reply = self.engine.network.answer(call)
        self.tick()
        return reply

    async def may_send(self, _call: Call) -> None:
        self.tick()

    async def announce(self, what: Announcement) -> None:
        self.tick()
        if isinstance(what, Part | Live | Extra):
            step = what.uri.removeprefix("at://")
            assert self.engine.network.count(step) == 1, f"{step} is announced as published"
        self.engine.announced.append(what)
        self.tick()


def check(engine: Engine, settled: str) -> None:
    """Check that nothing is published twice, reported as failed but visible, or reported as published but missing."""
    engine.clock.advance(3600)
    engine.network.settle()
    counts = {step: engine.network.count(step) for step in PUBLISHED_STEPS}
    assert max(counts.values()) <= 1, counts
    if settled == "failed":
        assert set(counts.values()) == {0}, counts
    if settled == "done":
        assert set(counts.values()) == {1}, counts
        assert {"at://post-0", "at://post-1", "at://comment"} <= {
            what.uri for what in engine.announced if isinstance(what, Part | Live | Extra)
        }


def make_engine(
    *, kind: Kind, ways: Sequence[Way] = (), kills: Sequence[int] = (), closed_from: int | None = None
) -> Engine:
    network = Network(clock=SteppedClock(), kind=kind, ways=ways)
    return Engine(network=network, kills=kills, closed_from=closed_from)


every_network = pytest.mark.parametrize("kind", Kind)


@every_network
def test_run_that_crashes_at_any_await_is_finished_by_the_next(*, kind: Kind) -> None:
    undisturbed = make_engine(kind=kind)
    assert undisturbed.work() == "done"
    for place in range(1, undisturbed.awaits + 1):
        for deaths in (1, 2):
            engine = make_engine(kind=kind, kills=[place] * deaths)
            assert engine.work() == "done", (place, deaths)
            check(engine, "done")


@every_network
@pytest.mark.parametrize("way", WAYS)
def test_post_is_published_or_reported_as_failed_after_any_outcome_of_a_call(*, kind: Kind, way: Way) -> None:
    for number in range(8):
        engine = make_engine(kind=kind, ways=[Way.WELL] * number + [way])
        check(engine, engine.work())


@every_network
@given(
    ways=st.lists(st.sampled_from(WAYS), max_size=20),
    kills=st.lists(st.integers(1, 40), max_size=8),
    closed_from=st.none() | st.integers(0, 8),
)
@settings(max_examples=200)
def test_post_is_published_once_and_reported_truthfully(
    *, kind: Kind, ways: list[Way], kills: list[int], closed_from: int | None
) -> None:
    engine = make_engine(kind=kind, ways=ways, kills=kills, closed_from=closed_from)
    check(engine, engine.work())
