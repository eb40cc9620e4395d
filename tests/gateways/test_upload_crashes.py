"""A run may crash at any await of an upload, and any part may fail in any way: the post is published once and whole.

Three kinds of platforms: with a probe, and a post after the upload; with a probe, and a last part that publishes; and
without a probe, so that the journal contains the finished parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letmepost.domain.errors import FailureKind, NoReply, NotSent, PlatformFailure
from letmepost.domain.flow import Call, Effect, Flow, Forget, Live, MediaRange, Reply, Upload
from letmepost.domain.journal import CONNECTING_MAX_S
from tests.doubles.clock import SteppedClock
from tests.doubles.faults import Way
from tests.gateways.test_flow_run_crashes import HOST, VISIBILITY_DELAY_S, Engine, Kind, Network, explain

SIZE, CHUNK = 23, 5
DEADLINE = 40
"""The run from which nothing new is published. A post whose session expires twice is retried until then."""
MEDIA = UUID(int=7)


class Mode(StrEnum):
    """How the platform takes a file."""

    PROBED = "probed, and published afterwards"
    PUBLISHING = "probed, and published by its last part"
    RECORDED = "without a probe"


WAYS = (
    *(Way.WELL, Way.NOT_SENT, Way.LOST_BEFORE, Way.LOST_AFTER, Way.LATE, Way.THROTTLED, Way.TOKEN_DEAD),
    *(Way.BROKEN, Way.BROKEN_AFTER, Way.AWAY, Way.HALF, Way.FORGETFUL, Way.EXPIRED),
)


@dataclass(kw_only=True)
class Files(Network):
    """The platform: the bytes of each session, and the posts with their sessions."""

    mode: Mode
    kind: Kind = Kind.NOT_REPEATABLE
    outcomes: Sequence[Way] = ()
    ways: Sequence[object] = ()  # type: ignore[assignment]  # `outcomes` replaces them
    sessions: dict[str, set[int]] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    posts: list[tuple[datetime, str, str]] = field(default_factory=list)
    arriving: list[tuple[datetime, Call]] = field(default_factory=list)
    _count: int = 0

    def answer(self, call: Call) -> Reply:
        way = self.outcomes[self._count] if self._count < len(self.outcomes) else Way.WELL
        self._count += 1
        self.clock.advance(1)
        self.settle()
        session = call.url.rpartition("/sessions/")[2]
        if way is Way.EXPIRED:
            self.expired.add(session)
        if way is Way.FORGETFUL and self.mode is not Mode.RECORDED and session in self.sessions:
            self.sessions[session].clear()
        if way is Way.LATE:
            last = self.clock.now() + timedelta(seconds=CONNECTING_MAX_S + call.timeout_s - 1)
            self.arriving.append((last, call))
        done = self._take(call, half=way is Way.HALF) if way.is_executed else None
        return self._reply(way, call, done)

    def settle(self) -> None:
        arrived = [entry for entry in self.arriving if entry[0] <= self.clock.now()]
        self.arriving = [entry for entry in self.arriving if entry not in arrived]
        for at, call in arrived:
            self._take(call, half=False, at=at)

    def count(self, step: str) -> int:
        """Return the number of posts, which are whole."""
        assert step == "post"
        assert all(self.sessions[session] == set(range(SIZE)) for _, _, session in self.posts)
        return len(self.posts)

    def _reply(self, way: Way, call: Call, done: Reply | None) -> Reply:
        if way is Way.NOT_SENT:
            raise NotSent(way)
        if way is Way.TOKEN_DEAD:
            raise PlatformFailure(FailureKind.AUTH_FAILED, way)
        if way in {Way.LOST_BEFORE, Way.LOST_AFTER, Way.LATE}:
            self.clock.advance(call.timeout_s)
            self.settle()
            raise NoReply(way)
        if way.status is not None:
            return self._say(way.status)
        return self._take(call, half=False) if done is None else done

    def _take(self, call: Call, *, half: bool, at: datetime | None = None) -> Reply:
        """Execute a call, at this time or now."""
        if call.url.endswith("/posts"):
            return (
                self._find(call)
                if call.effect is Effect.READ
                else self._publish(call, str((call.json or {})["of"]), at)
            )
        session = call.url.rpartition("/sessions/")[2]
        if call.effect is Effect.PREPARE:
            session = str(len(self.sessions))
            self.sessions[session] = set()
            return self._say(200, body=session.encode())
        if session in self.expired:
            return self._say(404)
        if isinstance(call.body, MediaRange):
            return self._store(session, call, call.body, half=half, at=at)
        return self._say(200, has=len(self.sessions[session]))

    def _store(self, session: str, call: Call, part: MediaRange, *, half: bool, at: datetime | None) -> Reply:
        stored = self.sessions[session]
        if self.mode is Mode.RECORDED:  # in any order, and a repeated part replaces itself
            stored |= set(range(part.first_byte, part.first_byte + part.length_bytes))
            return self._say(200, etag=f"{part.first_byte}")
        if len(stored) == SIZE:
            return self._say(200, body=b'{"uri": "at://post"}')
        if part.first_byte > len(stored):
            return self._say(416, has=len(stored))
        length = part.length_bytes // 2 if half else part.length_bytes
        stored |= set(range(part.first_byte, part.first_byte + length))
        if len(stored) < SIZE:
            return self._say(308, has=len(stored))
        return self._publish(call, session, at) if self.mode is Mode.PUBLISHING else self._say(200)

    def _publish(self, call: Call, session: str, at: datetime | None) -> Reply:
        assert call.effect is Effect.PUBLISH, "only a recorded call may publish"
        if len(self.sessions[session]) < SIZE or session in self.expired:
            return self._say(400)
        if not (self.mode is Mode.PUBLISHING and any(of == session for _, _, of in self.posts)):
            self.posts.append((at or self.clock.now(), str(call.step), session))
        return self._say(200, body=b'{"uri": "at://post"}')

    def _find(self, call: Call) -> Reply:
        visible_by = self.clock.now() - timedelta(seconds=VISIBILITY_DELAY_S)
        step = dict(call.query)["step"]
        found = any(at <= visible_by and by == step for at, by, _ in self.posts)
        return self._say(200, body=b'{"found": true}' if found else b'{"found": false}')

    def _say(self, status: int, *, body: bytes = b"", has: int | None = None, etag: str = "") -> Reply:
        headers = {"etag": etag} if has is None else {"x-has": str(has)}
        return Reply(status=status, headers=headers, body=body, received_at=self.clock.now())


def post(network: Files) -> Flow[None]:
    """Create a session, again if it has expired, and upload a file to it. Publish it, unless its last part did."""
    reply = yield from _uploaded(network)
    if network.mode is not Mode.PUBLISHING:
        body = {"of": reply.headers["session"]}
        call = Call(method="POST", url=f"{HOST}/posts", json=body, effect=Effect.PUBLISH, step="post")
        reply = yield call
        if not reply.ok:
            raise _explain(call, reply)
    yield Live(uri="at://post")


def _uploaded(network: Files) -> Flow[Reply]:
    while True:
        created = yield Call(method="POST", url=f"{HOST}/sessions/", effect=Effect.PREPARE, step="session")
        if not created.ok:
            raise PlatformFailure(FailureKind.UNAVAILABLE, "There is no session.")
        upload = _upload(network, created)
        reply = yield upload
        if reply.ok:
            if network.mode is Mode.RECORDED:
                assert reply.parts == tuple(str(first) for first in range(0, SIZE, CHUNK))
            return replace(reply, headers={"session": created.body.decode()})
        if reply.status != 404:
            raise _explain(upload.part(0), reply)
        yield Forget("session")


def _upload(network: Files, created: Reply) -> Upload:
    url = f"{HOST}/sessions/{created.body.decode()}"
    is_recorded = network.mode is Mode.RECORDED
    return Upload(
        step="bytes",
        media=MediaRange(MEDIA, 0, SIZE),
        chunk_bytes=CHUNK,
        send=lambda first, length: Call(
            method="PUT", url=url, body=MediaRange(MEDIA, first, length), effect=Effect.WRITE
        ),
        probe=None if is_recorded else Call(method="GET", url=url),
        offset_of=None if is_recorded else _offset_of,
        is_new=not created.replayed,
        keep=(lambda reply: reply.headers["etag"]) if is_recorded else None,
        last=Effect.PUBLISH if network.mode is Mode.PUBLISHING else Effect.WRITE,
    )


def _offset_of(reply: Reply) -> int | None:
    has = reply.headers.get("x-has")
    return None if has is None else int(has)


def _explain(call: Call, reply: Reply) -> PlatformFailure:
    return explain(call, replace(reply, status=503 if reply.status in {308, 404, 416} else reply.status))


def make_engine(
    mode: Mode, *, outcomes: Sequence[Way] = (), kills: Sequence[int] = (), closed_from: int = DEADLINE
) -> Engine:
    network = Files(clock=SteppedClock(), mode=mode, outcomes=outcomes)
    return Engine(network=network, flow=post, explain=_explain, kills=kills, closed_from=closed_from)


def check(engine: Engine, settled: str) -> None:
    """Check that nothing is published twice, in part, or reported wrongly, and that no part has a row of its own."""
    engine.clock.advance(3600)
    engine.network.settle()
    count = engine.network.count("post")
    assert count <= 1
    if settled == "done":
        assert (count, set(engine.announced)) == (1, {Live(uri="at://post")})
    if settled == "failed":
        assert count == 0
    assert set(engine.journal.steps) <= {"session", "bytes", "post"}


every_mode = pytest.mark.parametrize("mode", Mode)


@every_mode
def test_upload_that_crashes_at_any_await_is_finished_by_the_next_run(mode: Mode) -> None:
    undisturbed = make_engine(mode)
    assert undisturbed.work() == "done"
    for place in range(1, undisturbed.awaits + 1):
        for deaths in (1, 2):
            engine = make_engine(mode, kills=[place] * deaths)
            assert engine.work() == "done", (place, deaths)
            check(engine, "done")


@every_mode
@pytest.mark.parametrize("way", WAYS)
def test_post_is_published_once_and_whole_after_any_outcome_of_a_call(mode: Mode, way: Way) -> None:
    for number in range(9):
        for repeats in (1, 2, 4):
            engine = make_engine(mode, outcomes=[Way.WELL] * number + [way] * repeats)
            check(engine, engine.work())


@every_mode
@given(
    outcomes=st.lists(st.sampled_from(WAYS), max_size=25),
    kills=st.lists(st.integers(1, 40), max_size=8),
    closed_from=st.just(DEADLINE) | st.integers(0, 8),
)
@settings(max_examples=200)
def test_upload_is_published_once_and_reported_truthfully(
    mode: Mode, outcomes: list[Way], kills: list[int], closed_from: int
) -> None:
    engine = make_engine(mode, outcomes=outcomes, kills=kills, closed_from=closed_from)
    check(engine, engine.work())
