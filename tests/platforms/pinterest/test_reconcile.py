"""Looking for a Pin whose response was lost."""

from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Effect, Found, Intent, Reply, Unknown
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.pinterest.api import create_pin
from letmepost.platforms.pinterest.reconcile import reconcile
from tests.platforms.pinterest.transcripts import API, AWAY, BOARD, NOW, SETTINGS, page, ready, refusal, refused

SENT = {
    "board_id": BOARD,
    "title": "Soup",
    "description": "A soup",
    "link": "https://example.org/soup",
    "alt_text": "A bowl",
    "media_source": {"source_type": "image_url", "url": "https://media.example.com/1"},
}


def row(pin_id: str = "813", second: int = 2, **changes: Any) -> dict[str, Any]:
    shown = {name: value for name, value in SENT.items() if name != "media_source"}
    at = (NOW + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")
    media = {"media_type": "image", "images": {}}
    return {**shown, "id": pin_id, "created_at": at, "board_section_id": None, "media": media, **changes}


def ask(*replies: Reply | Exception, **changes: Any) -> Transcript[Any]:
    intent = Intent(create_pin(SETTINGS, {**SENT, **changes}, step="post"), NOW)
    return play(reconcile(ready(), intent, SETTINGS), *replies)


def found(transcript: Transcript[Any]) -> str:
    result = transcript.value()
    assert isinstance(result, Found)
    pin_id = result.reply.data()["id"]
    assert isinstance(pin_id, str)
    return pin_id


def test_pin_is_searched_on_its_board_with_reads() -> None:
    transcript = ask(page(row()))
    assert found(transcript) == "813"
    [call] = transcript.calls
    assert (call.effect, call.url, dict(call.query)) == (
        Effect.READ,
        f"{API}/boards/{BOARD}/pins",
        {"page_size": "250"},
    )


def test_pin_of_a_section_is_searched_in_the_section() -> None:
    transcript = ask(page(row(board_section_id="7")), board_section_id="7")
    assert found(transcript) == "813"
    assert transcript.calls[0].url == f"{API}/boards/{BOARD}/sections/7/pins"


def test_carousel_is_another_pin_than_an_image() -> None:
    source = {"source_type": "multiple_image_urls", "items": []}
    rows = [row("1"), row("2", media={"media_type": "multiple_images", "items": []})]
    assert found(ask(page(*rows), media_source=source)) == "2"


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Other"},
        {"description": None},
        {"link": "https://example.org/other"},
        {"alt_text": ""},
        {"media": {"media_type": "video"}},
        {"media": None},
        {"board_section_id": "7"},
        {"created_at": "2026-11-29T09:58:59"},
        {"created_at": "2026-11-29T11:00:00"},
        {"created_at": "soon"},
        {"created_at": None},
        {"id": 813},
    ],
)
def test_pin_with_other_content_or_of_another_time_is_not_taken(changes: dict[str, Any]) -> None:
    assert isinstance(ask(page(row(**changes))).value(), Unknown)


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": "2026-11-29T10:00:02Z"},
        {"created_at": "2026-11-29T12:00:02+02:00"},
        {"link": "https://example.org/soup/"},
        {"description": "A soup "},
    ],
)
def test_spelling_of_times_and_links_does_not_matter(changes: dict[str, Any]) -> None:
    assert found(ask(page(row(**changes)))) == "813"


def test_closest_in_time_of_several_matches_is_returned() -> None:
    assert found(ask(page(row("1", 40), row("2", 3), row("3", -30)))) == "2"


def test_pages_are_read_until_the_pin_is_found() -> None:
    transcript = ask(page(row("1", title="Other"), bookmark="b"), page(row("2"), bookmark="c"))
    assert found(transcript) == "2"
    assert dict(transcript.calls[1].query)["bookmark"] == "b"


def test_repeated_bookmark_ends_the_search() -> None:
    assert isinstance(ask(page(bookmark="b"), page(bookmark="b")).value(), Unknown)


def test_search_ends_after_eight_pages() -> None:
    transcript = ask(*(page(bookmark=str(number)) for number in range(8)))
    assert isinstance(transcript.value(), Unknown)
    assert len(transcript.calls) == 8


def test_missing_pin_is_unknown_because_lists_may_be_late() -> None:
    assert isinstance(ask(page()).value(), Unknown)


@pytest.mark.parametrize("reply", [AWAY, refused(500, 500), refused(429, 8)])
def test_unavailable_platform_is_asked_again_later(reply: Reply | Exception) -> None:
    assert refusal(ask(reply)).kind in {FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED}


@pytest.mark.parametrize("reply", [refused(404, 40), refused(403, 29), refused(401, 2)])
def test_refused_search_leaves_the_pin_unknown(reply: Reply) -> None:
    assert isinstance(ask(reply).value(), Unknown)
