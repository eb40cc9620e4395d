"""The limits that servers publish, including implausible ones."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.domain.playback import play
from letmepost.platforms._kit.oauth import with_bearer_token
from letmepost.platforms.mastodon.instance import (
    DEFAULTS,
    Limits,
    limits_of,
    parse_instance,
    read_limits,
    read_limits_or_defaults,
)
from tests.platforms.mastodon.transcripts import BASE, page, refused, replied

VERSION_2: dict[str, Any] = {
    "version": "4.5.0",
    "api_versions": {"mastodon": 7},
    "configuration": {
        "statuses": {"max_characters": 5000, "max_media_attachments": 16, "characters_reserved_per_url": 25},
        "media_attachments": {
            "supported_mime_types": ["image/png", "audio/ogg", "video/mp4", "image/png"],
            "description_limit": 2000,
            "image_size_limit": 1,
            "image_matrix_limit": 2,
            "video_size_limit": 3,
            "video_matrix_limit": 4,
            "video_frame_rate_limit": 60,
        },
        "polls": {"max_options": 6, "max_characters_per_option": 100, "min_expiration": 60, "max_expiration": 90},
    },
}
OLDER = {
    "version": "2.7.2 (compatible; Pleroma 2.6.0)",
    "max_toot_chars": 5000,
    "upload_limit": 16_000_000,
    "poll_limits": {"max_options": 20, "max_option_chars": 200, "min_expiration": 0, "max_expiration": 31_536_000},
}


def authorize(call: Call) -> Call:
    return with_bearer_token(call, "token")


def test_every_limit_of_a_server_is_read() -> None:
    assert parse_instance(VERSION_2) == Limits(
        characters=5000,
        characters_per_url=25,
        media_items=16,
        alt_text_characters=2000,
        image_size=1,
        image_matrix=2,
        video_size=3,
        video_matrix=4,
        video_frame_rate=60,
        poll_options=6,
        poll_option_characters=100,
        poll_min_s=60,
        poll_max_s=90,
        types=("image/png", "video/mp4"),
        quotes=True,
    )


def test_limits_of_an_older_document_are_read() -> None:
    found = parse_instance(OLDER)
    assert (found.characters, found.image_size, found.video_size) == (5000, 16_000_000, 16_000_000)
    assert (found.poll_options, found.poll_option_characters, found.poll_min_s) == (20, 200, DEFAULTS.poll_min_s)
    assert (found.media_items, found.quotes) == (DEFAULTS.media_items, None)


def test_quotes_need_a_new_server() -> None:
    assert parse_instance({"api_versions": {"mastodon": 6}}).quotes is False


@pytest.mark.parametrize("value", [0, -1, 10**30, "500", 500.5, True, None, [500], {"a": 1}, float("inf")])
def test_implausible_limit_is_replaced_with_the_default(value: object) -> None:
    document = {"configuration": {"statuses": {"max_characters": value}}}
    assert parse_instance(document).characters == 500


@pytest.mark.parametrize("types", ["image/png", [5, None], ["text/html"], ["image/" + "a" * 100], []])
def test_implausible_types_are_replaced_with_the_defaults(types: object) -> None:
    document = {"configuration": {"media_attachments": {"supported_mime_types": types}}}
    assert parse_instance(document).types == DEFAULTS.types


def test_kept_limits_of_a_hostile_server_are_small() -> None:
    hostile = {
        "version": "9" * 100_000,
        "configuration": {"media_attachments": {"supported_mime_types": [f"image/a{n}" for n in range(100_000)]}},
    }
    kept = play(read_limits(BASE), replied(200, hostile)).value()
    assert len(json.dumps(kept)) < 3000


_NAMES = ["configuration", *VERSION_2["configuration"], "max_toot_chars", "poll_limits", "api_versions", "version"]
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
documents = st.dictionaries(
    st.sampled_from(_NAMES),
    st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=3),
        max_leaves=12,
    ),
)


@given(documents)
def test_any_document_gives_limits_that_can_be_kept(document: dict[str, Any]) -> None:
    found = parse_instance(document)
    assert limits_of(json.loads(json.dumps({"limits": asdict(found)}))) == found


@pytest.mark.parametrize("first", [refused(404), page(200), page(502), PlatformFailure(FailureKind.UNAVAILABLE, "x")])
def test_first_version_is_read_when_the_second_is_missing(first: Reply | Exception) -> None:
    transcript = play(read_limits(BASE, authorize), first, replied(200, OLDER))
    kept = transcript.value()
    assert [call.url for call in transcript.calls] == [f"{BASE}/api/v2/instance", f"{BASE}/api/v1/instance"]
    assert transcript.calls[0].headers["Authorization"] == "Bearer token"
    assert (limits_of(kept).characters, kept["version"]) == (5000, OLDER["version"])


def test_server_without_a_description_has_the_default_limits() -> None:
    kept = play(read_limits(BASE), refused(404), refused(404)).value()
    assert limits_of(kept) == DEFAULTS


@pytest.mark.parametrize("replies", [(page(502), refused(404)), (refused(404), refused(429)), (page(200), page(200))])
def test_limits_that_cannot_be_read_now_are_a_failure_unless_the_account_is_being_connected(
    replies: tuple[Reply, Reply],
) -> None:
    transcript = play(read_limits(BASE), *replies)
    assert isinstance(transcript.error, PlatformFailure)
    assert limits_of(play(read_limits_or_defaults(BASE, authorize), *replies).value()) == DEFAULTS


@pytest.mark.parametrize("data", [{}, {"limits": None}, {"limits": {"characters": 7, "of a later release": 1}}])
def test_limits_of_an_account_are_completed_with_the_defaults(data: dict[str, Any]) -> None:
    expected = 7 if data.get("limits") else 500
    assert limits_of(data) == Limits(characters=expected)
