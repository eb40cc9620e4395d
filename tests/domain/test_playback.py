from datetime import UTC, datetime

import pytest

from letmepost.domain.errors import FailureKind, NoReply, PlatformFailure
from letmepost.domain.flow import Call, Effect, Flow, Live, Pause, Reply
from letmepost.domain.playback import first_calls, play

OK = Reply(status=200, body=b'{"id": "1"}', received_at=datetime(2026, 11, 21, 12, tzinfo=UTC))
BUSY = Reply(status=503, received_at=datetime(2026, 11, 21, 12, tzinfo=UTC))
READ = Call(method="GET", url="https://example.com/status")
PUBLISH = Call(method="POST", url="https://example.com/posts", effect=Effect.PUBLISH, step="post")
PAUSE = Pause("ready", seconds=5, give_up_after_s=60)
LIVE = Live(uri="1")


def publish() -> Flow[str]:
    """A platform in small: wait until it is ready, publish, tell."""
    ready = yield READ
    if not ready.ok:
        yield PAUSE
    try:
        reply = yield PUBLISH
    except NoReply as lost:
        raise PlatformFailure(FailureKind.IN_DOUBT, "The answer was lost.") from lost
    yield LIVE
    return str(reply.data()["id"])


def test_a_flow_is_played_to_its_end_in_order() -> None:
    transcript = play(publish(), OK, OK)
    assert transcript.instructions == (READ, PUBLISH, LIVE)
    assert transcript.calls == [READ, PUBLISH]
    assert transcript.value() == "1"


def test_a_play_stops_at_a_pause_as_a_worker_does() -> None:
    transcript = play(publish(), BUSY, OK)
    assert transcript.instructions == (READ, PAUSE)
    assert transcript.result is None
    assert transcript.error is None


def test_a_play_stops_at_the_call_that_has_no_reply() -> None:
    transcript = play(publish(), OK)
    assert transcript.instructions == (READ, PUBLISH)
    assert transcript.result is None


def test_an_exception_is_thrown_into_the_flow() -> None:
    transcript = play(publish(), OK, NoReply())
    assert isinstance(transcript.error, PlatformFailure)
    assert isinstance(transcript.error.__cause__, NoReply)
    with pytest.raises(PlatformFailure, match="The answer was lost"):
        transcript.value()


def test_an_exception_that_the_flow_does_not_catch_ends_it() -> None:
    error = NoReply()
    transcript = play(publish(), error)
    assert transcript.instructions == (READ,)
    assert transcript.error is error


def test_a_flow_may_catch_an_exception_and_go_on() -> None:
    def patient() -> Flow[str]:
        try:
            yield READ
        except NoReply:
            yield PUBLISH
        return "done"

    assert play(patient(), NoReply(), OK).value() == "done"


def test_a_flow_that_asks_for_nothing_is_played_too() -> None:
    def idle() -> Flow[int]:
        yield from ()
        return 7

    assert play(idle()).value() == 7
    assert play(idle()).instructions == ()


def test_what_is_no_call_needs_no_reply() -> None:
    def talkative() -> Flow[None]:
        yield LIVE
        yield LIVE

    transcript = play(talkative())
    assert transcript.instructions == (LIVE, LIVE)
    assert transcript.error is None


def test_a_flow_is_closed_wherever_the_play_stops() -> None:
    closed = []

    def tidy() -> Flow[None]:
        try:
            yield READ
        finally:
            closed.append(True)

    play(tidy())
    assert closed == [True]


def test_a_preview_is_the_calls_up_to_the_first_unanswered_one() -> None:
    assert first_calls(publish()) == [READ]
    assert first_calls(publish(), [OK]) == [READ, PUBLISH]
