from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from letmepost.domain.flow import SLOWEST_BYTES_PER_S, Call, Effect, FormFile, MediaRange, Reply

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def reply(status: int = 200, body: bytes = b"") -> Reply:
    return Reply(status=status, body=body, received_at=NOW)


@pytest.mark.parametrize(
    ("effect", "step"),
    [(Effect.READ, None), (Effect.WRITE, None), (Effect.PREPARE, "container"), (Effect.PUBLISH, "post")],
)
def test_only_recorded_calls_have_a_step(effect: Effect, step: str | None) -> None:
    assert Call(method="GET", url="https://example.com", effect=effect, step=step).step == step


@pytest.mark.parametrize(
    ("effect", "step", "complaint"),
    [
        (Effect.READ, "post", "a read call has no step"),
        (Effect.WRITE, "part", "a write call has no step"),
        (Effect.PREPARE, None, "a prepare call needs step"),
        (Effect.PUBLISH, None, "a publish call needs step"),
    ],
)
def test_call_without_a_usable_step_is_rejected(effect: Effect, step: str | None, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Call(method="POST", url="https://example.com", effect=effect, step=step)


def test_call_does_not_show_its_content() -> None:
    """It can contain passwords and tokens, and passes through code that logs."""
    call = Call(
        method="POST",
        url="https://example.com/login",
        headers={"authorization": "hunter2"},
        query=(("token", "hunter2"),),
        json={"password": "hunter2"},
        form={"password": "hunter2"},
        body=b"hunter2",
    )
    assert "hunter2" not in repr(call)
    assert "https://example.com/login" in repr(call)


@pytest.mark.parametrize(("status", "ok"), [(199, False), (200, True), (299, True), (300, False), (500, False)])
def test_reply_is_ok_when_its_status_is_2xx(status: int, *, ok: bool) -> None:
    assert reply(status).ok is ok


def test_data_of_a_reply_is_its_json_object() -> None:
    assert reply(body='{"id": "é"}'.encode()).data() == {"id": "é"}


@pytest.mark.parametrize("text", [b"\\ud800", b"\\u0000", b"\xed\xa0\x80"])
def test_text_of_a_reply_can_always_be_sent_and_stored(text: bytes) -> None:
    data = reply(body=b'{"a\xc3\xa9": ["' + text + b'"]}').data()
    assert set(data["a\xe9"][0]) == {"\ufffd"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>502</html>", id="a proxy's page"),
        pytest.param(b'{"id": "1', id="half a reply"),
        pytest.param(b"[1]", id="an array"),
        pytest.param(b'"id"', id="a string"),
        pytest.param(b"null", id="null"),
        pytest.param(b"\xff\xfe\xfd", id="not text"),
        pytest.param(b'{"id": ' + b"9" * 5000 + b"}", id="a number longer than Python reads"),
        pytest.param(b'{"a":' * 100_000, id="deeper than Python reads"),
    ],
)
def test_data_of_any_other_body_is_empty(body: bytes) -> None:
    """A server can send anything. Hostile bodies must not cause an exception."""
    assert reply(body=body).data() == {}


def test_call_that_sends_media_may_take_the_time_that_its_bytes_need() -> None:
    media = MediaRange(UUID(int=1), 0, 10 * SLOWEST_BYTES_PER_S)
    file = FormFile(media=media, filename="a.png", content_type="image/png")
    plain = Call(method="POST", url="https://network.example", timeout_s=20.0)
    assert plain.longest_s == 20
    assert replace(plain, body=media).longest_s == 30
    assert replace(plain, multipart=(("text", "a"), ("one", file), ("two", file))).longest_s == 40
