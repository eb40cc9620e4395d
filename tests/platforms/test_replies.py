"""The parts of a platform's reply that callers see."""

import re

import pytest

from letmepost.domain.flow import Reply
from letmepost.platforms._replies import shown_body, shown_sentence
from tests.doubles.clock import SteppedClock

TOKEN = re.compile(r"EAA[0-9A-Za-z]{20,}")
SECRET = "EAA" + "x" * 60


def refusal(body: str) -> Reply:
    return Reply(status=400, body=body.encode(), received_at=SteppedClock().now())


@pytest.mark.parametrize("filled", [0, 230, 280, 299, 4050, 4090])
def test_no_part_of_a_token_is_shown_where_the_text_is_cut(filled: int) -> None:
    text = "." * filled + SECRET + "." * 5000
    for shown in (shown_sentence(text, TOKEN), shown_body(refusal(text), TOKEN)):
        assert "EAA" not in shown
        assert len(shown) <= 4096


def test_body_of_a_success_is_shown_only_when_it_refuses() -> None:
    reply = Reply(status=200, body=b"no", received_at=SteppedClock().now())
    assert shown_body(reply, TOKEN) == ""
    assert shown_body(reply, TOKEN, is_refusal=True) == "no"
