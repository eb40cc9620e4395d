from datetime import UTC, datetime
from uuid import UUID

import pytest

from letmepost.domain.errors import FailureKind, NoReply, PlatformFailure
from letmepost.domain.flow import Call, Effect, Flow, Live, MediaRange, Pause, Reply, Upload
from letmepost.domain.playback import first_calls, play

OK = Reply(status=200, body=b'{"id": "1"}', received_at=datetime(2026, 11, 21, 12, tzinfo=UTC))
BUSY = Reply(status=503, received_at=datetime(2026, 11, 21, 12, tzinfo=UTC))
READ = Call(method="GET", url="https://example.com/status")
PUBLISH = Call(method="POST", url="https://example.com/posts", effect=Effect.PUBLISH, step="post")
PAUSE = Pause("ready", seconds=5, give_up_after_s=60)
LIVE = Live(uri="1")


def publish() -> Flow[str]:
    """A minimal platform: wait until it is ready, publish, announce."""
    ready = yield READ
    if not ready.ok:
        yield PAUSE
    try:
        reply = yield PUBLISH
    except NoReply as lost:
        raise PlatformFailure(FailureKind.IN_DOUBT, "The answer was lost.") from lost
    yield LIVE
    return str(reply.data()["id"])


def test_flow_is_played_to_its_end_in_order() -> None:
    transcript = play(publish(), OK, OK)
    assert transcript.instructions == (READ, PUBLISH, LIVE)
    assert transcript.calls == [READ, PUBLISH]
    assert transcript.value() == "1"


def test_play_stops_at_a_pause_like_a_worker() -> None:
    transcript = play(publish(), BUSY, OK)
    assert transcript.instructions == (READ, PAUSE)
    assert transcript.result is None
    assert transcript.error is None


def test_play_stops_at_a_call_without_a_reply() -> None:
    transcript = play(publish(), OK)
    assert transcript.instructions == (READ, PUBLISH)
    assert transcript.result is None


def test_exception_is_thrown_into_the_flow() -> None:
    transcript = play(publish(), OK, NoReply())
    assert isinstance(transcript.error, PlatformFailure)
    assert isinstance(transcript.error.__cause__, NoReply)
    with pytest.raises(PlatformFailure, match="The answer was lost"):
        transcript.value()


def test_uncaught_exception_ends_the_flow() -> None:
    error = NoReply()
    transcript = play(publish(), error)
    assert transcript.instructions == (READ,)
    assert transcript.error is error


def test_flow_may_catch_an_exception_and_continue() -> None:
    def patient() -> Flow[str]:
        try:
            yield READ
        except NoReply:
            yield PUBLISH
        return "done"

    assert play(patient(), NoReply(), OK).value() == "done"


def test_flow_without_calls_is_played() -> None:
    def idle() -> Flow[int]:
        yield from ()
        return 7

    assert play(idle()).value() == 7
    assert play(idle()).instructions == ()


def test_other_instructions_need_no_reply() -> None:
    def talkative() -> Flow[None]:
        yield LIVE
        yield LIVE

    transcript = play(talkative())
    assert transcript.instructions == (LIVE, LIVE)
    assert transcript.error is None


def test_flow_is_closed_wherever_the_play_stops() -> None:
    closed = []

    def tidy() -> Flow[None]:
        try:
            yield READ
        finally:
            closed.append(True)

    play(tidy())
    assert closed == [True]


def test_preview_is_the_calls_up_to_the_first_without_a_reply() -> None:
    assert first_calls(publish()) == [READ]
    assert first_calls(publish(), [OK]) == [READ, PUBLISH]


def test_preview_contains_the_first_part_of_an_upload() -> None:
    def send(first_byte: int, length_bytes: int) -> Call:
        body = MediaRange(UUID(int=1), first_byte, length_bytes)
        return Call(method="PUT", url="https://example.com/film", body=body, effect=Effect.WRITE)

    def upload() -> Flow[None]:
        yield Upload(step="film", media=MediaRange(UUID(int=1), 0, 10), chunk_bytes=4, send=send)

    assert first_calls(upload()) == [send(0, 4)]
