"""The parts of a platform's reply that callers see."""

import re

import pytest

from letmepost.domain.flow import Reply
from letmepost.platforms._kit.replies import shown_reason, shown_response
from tests.doubles.clock import SteppedClock

TOKEN = re.compile(r"EAA[0-9A-Za-z]{20,}")
SECRET = "EAA" + "x" * 60


def replied(status: int, body: bytes) -> Reply:
    return Reply(status=status, body=body, received_at=SteppedClock().now())


@pytest.mark.parametrize("filled", [0, 230, 280, 299, 4050, 4090])
def test_no_part_of_a_token_is_shown_where_the_text_is_cut(filled: int) -> None:
    text = "." * filled + SECRET + "." * 5000
    reply = replied(400, text.encode())
    for shown in (shown_reason(reply, text, TOKEN), shown_response(reply, TOKEN)["body"]):
        assert "EAA" not in shown
        assert len(shown) <= 4096


def test_reason_is_short() -> None:
    assert len(shown_reason(replied(400, b""), "no " * 500, TOKEN)) == 300


@pytest.mark.parametrize("words", [None, ""])
def test_reason_is_the_status_without_words(words: str | None) -> None:
    assert shown_reason(replied(418, b"teapot"), words, TOKEN) == "HTTP 418."


def test_response_has_the_codes_of_the_platform() -> None:
    shown = shown_response(replied(400, b"no\xff"), TOKEN, code=7, subcode=None)
    assert list(shown.items()) == [("status", 400), ("code", 7), ("subcode", None), ("body", "no\ufffd")]


def test_body_of_a_success_is_shown_only_when_it_refuses() -> None:
    reply = replied(200, b"no")
    assert shown_response(reply, TOKEN) == {"status": 200, "body": ""}
    assert shown_response(reply, TOKEN, is_refusal=True) == {"status": 200, "body": "no"}
