"""Preflight against the simulator: each has LinkedIn's limits in its own code, and they agree on every text."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.content import PostContent
from letmepost.domain.rules import violations
from letmepost.platforms.linkedin import PLATFORM
from letmepost.platforms.linkedin.rules import RULES
from tests.doubles.simulated import is_accepted_whole
from tests.doubles.targets import on
from tests.doubles.texts import texts_around
from tests.platforms.linkedin.driver import Driver
from tests.platforms.linkedin.transcripts import document, image

LENGTHS = {
    "linkedin.text.max_graphemes",
    "linkedin.text.max_utf16",
    "linkedin.first_comment.max_graphemes",
    "linkedin.first_comment.max_utf16",
    "linkedin.media.alt_text_max_graphemes",
    "linkedin.document.title_max",
    "linkedin.article.title_max",
    "linkedin.article.description_max",
    "linkedin.poll.question_max",
    "linkedin.poll.answer_max",
}
BLANKS = {"linkedin.poll.question_non_empty", "linkedin.poll.answer_non_empty", "linkedin.text.non_empty"}
MENTION = "@[Acme \\ Co_](urn:li:organization:1)"
NAME = "Acme \\ Co_"


def article(**changes: str) -> dict[str, Any]:
    return {"text": "", "options": {"article": {"url": "https://example.com", "title": "A", **changes}}}


def poll(question: str, *answers: str) -> dict[str, Any]:
    return {"text": "", "options": {"poll": {"question": question, "options": [*answers]}}}


FIELDS: dict[str, tuple[int, Callable[[str], dict[str, Any]]]] = {
    "text": (3000, lambda text: {"text": text}),
    "text with mentions": (3000 - 2 * len(NAME), lambda text: {"text": f"{MENTION}{text}{MENTION}"}),
    "first comment": (1250, lambda text: {"text": "one", "first_comment": text}),
    "alt text": (4086, lambda text: {"text": "one", "media": (replace(image(), alt_text=text),)}),
    "alt text of one of two": (4086, lambda text: {"media": (image(1), replace(image(2), alt_text=text))}),
    "title of a document": (4086, lambda text: {"media": (document(text),)}),
    "document title": (4086, lambda text: {"media": (document(),), "options": {"documentTitle": text}}),
    "article title": (400, lambda text: article(title=text)),
    "article description": (4086, lambda text: article(description=text)),
    "poll question": (140, lambda text: poll(text, "a", "b")),
    "poll answer": (30, lambda text: poll("Which?", "a", text)),
}


def is_accepted(content: dict[str, Any]) -> bool:
    driver = Driver()
    return is_accepted_whole(lambda: driver.publish(driver.connect(), **content))


def broken(content: dict[str, Any]) -> set[str]:
    return {violation.rule for violation in violations(on(PLATFORM, PostContent(**content)), RULES)}


@pytest.mark.parametrize("field", FIELDS)
@given(data=st.data())
def test_preflight_and_the_simulator_agree_on_the_length_of_every_text(field: str, data: st.DataObject) -> None:
    limit, content_of = FIELDS[field]
    content = content_of(data.draw(texts_around(limit)))
    found = broken(content)
    if found <= LENGTHS:
        assert is_accepted(content) is (not found)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("letter", ["x", "\u044f", "\u4e2d", "🎉"])
def test_preflight_and_the_simulator_agree_on_texts_that_just_fit_in_some_unit(field: str, letter: str) -> None:
    limit, content_of = FIELDS[field]
    for bytes_each in range(1, 5):
        for count in (limit // bytes_each, limit // bytes_each + 1):
            content = content_of(letter * count)
            found = broken(content)
            assert found <= LENGTHS
            assert is_accepted(content) is (not found), (letter, count)


@pytest.mark.parametrize(
    "content",
    [{"text": " \n"}, poll(" ", "a", "b"), poll("Which?", "a", "\t")],
    ids=["text", "question", "answer"],
)
def test_preflight_and_the_simulator_reject_white_space(content: dict[str, Any]) -> None:
    assert broken(content) <= BLANKS
    assert broken(content)
    assert not is_accepted(content)


@pytest.mark.parametrize("count", [1, 2, 20, 21])
def test_preflight_and_the_simulator_agree_on_the_number_of_images(count: int) -> None:
    content = {"media": tuple(image(number) for number in range(1, count + 1))}
    assert is_accepted(content) is (not broken(content))


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5])
def test_preflight_and_the_simulator_agree_on_the_number_of_poll_answers(count: int) -> None:
    content = poll("Which?", *(f"answer {number}" for number in range(count)))
    assert is_accepted(content) is (not broken(content))
