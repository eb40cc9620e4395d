"""Preflight against the simulator: each has Threads' limits in its own code, and they agree on every text."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from letmepost.domain.content import PostContent, ThreadPart
from letmepost.domain.rules import violations
from letmepost.platforms.threads import PLATFORM
from letmepost.platforms.threads.rules import RULES
from tests.doubles.simulated import is_accepted_whole
from tests.doubles.targets import on
from tests.doubles.texts import texts_around
from tests.platforms.threads.test_flows_meet_simulator import Driver
from tests.platforms.threads.transcripts import image

LENGTHS = {
    "threads.text.max_graphemes",
    "threads.first_comment.max_graphemes",
    "threads.media.alt_text_max_graphemes",
    "threads.topic_tag.max_characters",
    "threads.poll.option_max_characters",
}
FIELDS: dict[str, tuple[int, Callable[[str], dict[str, Any]]]] = {
    "text": (500, lambda text: {"text": text}),
    "text of an image": (500, lambda text: {"text": text, "media": (image(),)}),
    "thread part": (500, lambda text: {"text": "one", "thread": (ThreadPart(text=text), ThreadPart(text="three"))}),
    "first comment": (500, lambda text: {"text": "one", "first_comment": text}),
    "alt text": (1000, lambda text: {"text": "one", "media": (replace(image(), alt_text=text),)}),
    "alt text of a carousel": (1000, lambda text: {"media": (image(1), replace(image(2), alt_text=text))}),
    "topic": (50, lambda text: {"text": "one", "options": {"topicTag": text}}),
    "poll answer": (25, lambda text: {"text": "one", "options": {"poll": {"options": ["a", text]}}}),
}
LINKS = (
    *(f"https://example.com/{number}" for number in range(7)),
    *("https://example.com/1.", "(HTTP://example.com/2)", '"https://example.com/3"', "<https://example.com/4>"),
    *("see:https://example.com/5!", "example.com", "https", "text"),
)


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


@given(st.lists(st.sampled_from(LINKS), max_size=12), st.none() | st.sampled_from(LINKS[:7]))
@example(list(LINKS[:5]), LINKS[5])
def test_preflight_and_the_simulator_agree_on_the_number_of_links(words: list[str], card: str | None) -> None:
    content: dict[str, Any] = {"text": " ".join(["links", *words])}
    if card is not None:
        content["options"] = {"linkAttachment": card}
    assert is_accepted(content) is ("threads.links.count_max" not in broken(content))


@pytest.mark.parametrize("count", [0, 1, 2, 20, 21])
def test_preflight_and_the_simulator_agree_on_the_number_of_media(count: int) -> None:
    content = {"text": "many", "media": tuple(image(number) for number in range(1, count + 1))}
    assert is_accepted(content) is (not broken(content))


@pytest.mark.parametrize("count", [2, 4, 5])
def test_preflight_and_the_simulator_agree_on_the_number_of_poll_answers(count: int) -> None:
    content = {"text": "vote", "options": {"poll": {"options": [f"answer {number}" for number in range(count)]}}}
    if count <= 4:  # more cannot be sent: there are four parameters
        assert is_accepted(content)
    assert bool(broken(content)) is (count > 4)
