"""Mastodon's limits, the limits of an account's server, and their agreement with the simulator."""

import json
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.rules import preflight, violations
from letmepost.domain.text import is_blank, is_storable
from letmepost.platforms.mastodon import PLATFORM
from letmepost.platforms.mastodon.instance import Limits
from letmepost.platforms.mastodon.rules import RULES
from letmepost.platforms.mastodon.simulator import text as simulated
from tests.doubles.targets import CONFIRMED, NOW, on
from tests.platforms.mastodon.transcripts import ACCOUNT, image, video
from tests.platforms.mastodon.world import World

LINK = "https://example.com/" + "a" * 100
POLL: dict[str, Any] = {"options": ["Yes", "No"], "durationS": 300}


def broken(text: str = "hello", **content: Any) -> list[tuple[str, str]]:
    found = violations(on(PLATFORM, PostContent(text=text, **content), CONFIRMED), RULES)
    return [(violation.rule, violation.field) for violation in found]


def poll(**changes: Any) -> dict[str, Any]:
    return {"options": {"poll": {**POLL, **changes}}}


def document() -> MediaItem:
    return replace(image(), kind=MediaKind.DOCUMENT, facts=None)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"text": "a" * 500}, []),
        ({"text": "a" * 501}, [("mastodon.text.max_graphemes", "text")]),
        ({"text": f"{'a' * 476} {LINK}"}, []),
        ({"text": f"{'a' * 477} {LINK}"}, [("mastodon.text.max_graphemes", "text")]),
        ({"text": "@me@social.example" + "a" * 0 + " " * 0 + " b" * 248}, []),
        ({"text": "👍🏽" * 500}, []),
        ({"text": "a" * 490, "options": {"spoilerText": "b" * 10}}, []),
        ({"text": "a" * 490, "options": {"spoilerText": "b" * 11}}, [("mastodon.text.max_graphemes", "text")]),
        ({"options": {"spoilerText": "b" * 501}}, [("mastodon.spoiler_text.max_graphemes", "options.spoilerText")]),
        (
            {"thread": (ThreadPart(text="a" * 501),), "first_comment": "a" * 501},
            [
                ("mastodon.text.max_graphemes", "thread[0].text"),
                ("mastodon.first_comment.max_graphemes", "firstComment.text"),
            ],
        ),
        (
            {"first_comment": "a" * 499, "options": {"spoilerText": "bb"}},
            [("mastodon.first_comment.max_graphemes", "firstComment.text")],
        ),
        ({"text": ""}, [("mastodon.text.non_empty", "text")]),
        ({"text": "", "media": (image(),)}, []),
        ({"first_comment": " "}, [("mastodon.first_comment.non_empty", "firstComment.text")]),
        ({"media": (document(),)}, [("mastodon.media.kind_supported", "media[0]")]),
        ({"media": (replace(image(), title="A title"),)}, [("mastodon.media.title_supported", "media[0].title")]),
        ({"media": tuple(image(number) for number in range(5))}, [("mastodon.media.count_max", "media")]),
        ({"media": (image(), video())}, [("mastodon.media.video_exclusive", "media")]),
        ({"media": (image(alt_text="é" * 1500),)}, []),
        (
            {"media": (image(alt_text="e\u0301" * 751),)},
            [("mastodon.media.alt_text_max_characters", "media[0].altText")],
        ),
        ({"media": (image(content_type="image/tiff"),)}, [("mastodon.media.mime_allowed", "media[0]")]),
        ({"media": (image(size_bytes=16_777_215),)}, []),
        ({"media": (image(size_bytes=16_777_216),)}, [("mastodon.media.image_size_max", "media[0]")]),
        ({"media": (image(width_px=7680, height_px=4320),)}, []),
        ({"media": (image(width_px=7681, height_px=4320),)}, [("mastodon.media.image_pixels_max", "media[0]")]),
        (
            {"media": (image(content_type="image/gif", width_px=1281, height_px=720),)},
            [("mastodon.media.gif_pixels_max", "media[0]")],
        ),
        ({"media": (video(size_bytes=103_809_024),)}, [("mastodon.media.video_size_max", "media[0]")]),
        ({"media": (video(width_px=3841, height_px=2160),)}, [("mastodon.media.video_pixels_max", "media[0]")]),
        ({"media": (video(frame_rate=120.02),)}, [("mastodon.media.video_frame_rate", "media[0]")]),
        (poll(), []),
        ({**poll(), "media": (image(),)}, [("mastodon.poll.media_exclusive", "options.poll")]),
        (poll(options=list("abcde")), [("mastodon.poll.options_count_max", "options.poll.options")]),
        (poll(options=["a", "👍🏽" * 51]), [("mastodon.poll.option_max_graphemes", "options.poll.options[1]")]),
        (poll(options=["a", " "]), [("mastodon.poll.option_non_empty", "options.poll.options[1]")]),
        (poll(options=["a", "b", " a"]), [("mastodon.poll.options_distinct", "options.poll.options[2]")]),
        (poll(durationS=299), [("mastodon.poll.duration", "options.poll.durationS")]),
        (poll(durationS=2_629_747), [("mastodon.poll.duration", "options.poll.durationS")]),
        ({"options": {"quotedStatusId": "5"}}, []),
    ],
)
def test_limit_is_checked(content: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert broken(**content) == found


def on_server(limits: Limits, confirmed_at: datetime | None = NOW) -> AccountFacts:
    """Return an account on a server with these limits, as they are stored."""
    stored = json.loads(json.dumps(asdict(limits)))
    return replace(ACCOUNT, data={**ACCOUNT.data, "limits": stored}, confirmed_at=confirmed_at)


def found_on(account: AccountFacts, text: str = "hello", **content: Any) -> list[tuple[str, Any, Any]]:
    found = violations(on(PLATFORM, PostContent(text=text, **content), account), RULES)
    return [(one.rule.removeprefix("mastodon."), one.limit, one.actual) for one in found]


OWN = Limits(
    characters=5,
    characters_per_url=3,
    media_items=1,
    alt_text_characters=2,
    image_size=10,
    image_matrix=50,
    video_size=20,
    video_matrix=60,
    video_frame_rate=25,
    poll_options=2,
    poll_option_characters=3,
    poll_min_s=1,
    poll_max_s=10,
    types=("image/png", "video/webm"),
)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"text": "aaaaaa"}, [("text.max_graphemes", 5, 6)]),
        ({"text": f"a {LINK}"}, []),
        ({"first_comment": "aaaaaa"}, [("first_comment.max_graphemes", 5, 6)]),
        ({"text": "aaaa", "options": {"spoilerText": "bb"}}, [("text.max_graphemes", 3, 4)]),
        ({"options": {"spoilerText": "bbbbbb"}}, [("spoiler_text.max_graphemes", 5, 6)]),
        (
            {"media": (image(alt_text="aaa", size_bytes=10, width_px=51, height_px=1),)},
            [
                ("media.alt_text_max_characters", 2, 3),
                ("media.mime_allowed", "image/png, video/webm", "image/jpeg"),
                ("media.image_size_max", 9, 10),
                ("media.image_pixels_max", 50, 51),
            ],
        ),
        (
            {"media": (video(size_bytes=20, width_px=61, height_px=1, frame_rate=26.0),)},
            [
                ("media.mime_allowed", "image/png, video/webm", "video/mp4"),
                ("media.video_size_max", 19, 20),
                ("media.video_pixels_max", 60, 61),
                ("media.video_frame_rate", 25, "26"),
            ],
        ),
        (
            poll(options=["a", "b", "cccc"], durationS=11),
            [("poll.options_count_max", 2, 3), ("poll.option_max_graphemes", 3, 4), ("poll.duration", 10, 11)],
        ),
        (poll(durationS=2), []),
    ],
)
def test_limits_of_the_accounts_server_are_used(content: dict[str, Any], found: list[tuple[str, Any, Any]]) -> None:
    assert found_on(on_server(OWN), **content) == found


def test_server_can_allow_more_than_the_defaults() -> None:
    large = Limits(characters=5000, media_items=9, types=("image/tiff",))
    media = tuple(image(number, content_type="image/tiff") for number in range(9))
    assert found_on(on_server(large), "a" * 5000, media=media) == []


@pytest.mark.parametrize("confirmed_at", [None, NOW - timedelta(hours=25)])
def test_limits_that_were_not_confirmed_for_a_day_only_warn(confirmed_at: datetime | None) -> None:
    target = on(PLATFORM, PostContent(text="aaaaaa"), on_server(OWN, confirmed_at))
    checked = preflight(target, RULES)
    assert checked.violations == ()
    [warning] = checked.warnings
    assert warning.rule == "mastodon.text.max_graphemes"
    assert warning.message.endswith("because this was not confirmed in the last 24 hours.")


@pytest.mark.parametrize(("quotes", "count"), [(True, 0), (None, 0), (False, 1)])
def test_quote_is_rejected_where_the_server_would_omit_it(quotes: bool | None, count: int) -> None:  # noqa: FBT001 - a table
    account = on_server(Limits(quotes=quotes))
    assert len(found_on(account, options={"quotedStatusId": "5"})) == count


def test_message_states_the_room_beside_the_content_warning() -> None:
    content = PostContent(text="a" * 495, options={"spoilerText": "b" * 6})
    [found] = violations(on(PLATFORM, content, CONFIRMED), RULES)
    assert found.message == "Post text is 495 graphemes; Mastodon allows at most 494."
    assert found.remediation == (
        "Shorten the text to 494 graphemes or fewer: a link counts 23, the domain of a mention nothing, and the "
        "content warning counts too."
    )


def test_documented_limits_are_the_defaults_of_mastodon() -> None:
    documented = {
        rule.id.removeprefix("mastodon."): (rule.limit, rule.unit) for rule in RULES if rule.limit is not None
    }
    assert documented["text.max_graphemes"] == (500, "graphemes")
    assert documented["media.image_size_max"] == (16_777_215, "bytes")
    assert documented["media.video_frame_rate"] == (120, "frames/s")
    assert documented["poll.duration"] == (2_629_746, "s")


_WORDS = """
    a Über e\u0301 故 日本語です。 हिन्दी 👍🏽 👨‍👩‍👧‍👦 🇩🇪 1\ufe0f\u20e3 \u200d
    http:// https:// HTTPS://Example.com https://example.com https://t.co/abc https://例え.テスト/ä https://localhost/a
    example.com https://a.b https://example.com/a_(b) https://example.com/(a https://example.com/a?b=c&d=(e) ://
    https://xn--r8jz45g.xn--zckzah https://example.com:80/x https://example.c0m https://a_b.example.com
    @me @me@social.example @me.you@a.b-c.d @@a@b a@b.example /@me@a.b =@me@a.b # $ ( ) . , ; ! ? / : _ - < > " '
"""
WORDS = [*_WORDS.split(), " ", "\n", "\u3000"]
pieces = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=3)), max_size=14).map("".join)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Texts with a length close to the limit."""
    text, over = draw(pieces), draw(st.integers(-2, 3))
    return f"{text} {'a' * max(499 + over - simulated.count(text, ''), 0)}"


@given(st.one_of(texts(), pieces).filter(is_storable), st.sampled_from(["", "Careful", "\u0301"]))
def test_text_that_preflight_accepts_is_accepted_by_the_simulator(text: str, warning: str) -> None:
    content = PostContent(text=text, options={"spoilerText": warning} if warning else {})
    world = World()
    world.connect()
    status, _ = world.call("POST", "/api/v1/statuses", {"status": text, "spoiler_text": warning})
    rejected = bool(violations(on(PLATFORM, content, CONFIRMED), RULES))
    assert status == 200 or rejected
    assert status == 422 or not rejected or warning == "\u0301" or is_blank(text)
