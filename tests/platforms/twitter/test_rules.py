"""Preflight's rules for X, and its options."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaItem, MediaKind, OnUnsupported, PostContent, ThreadPart
from letmepost.domain.rules import preflight, violations
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.options import TwitterOptions
from letmepost.platforms.twitter.rules import RULES
from letmepost.platforms.twitter.settings import TwitterSettings
from tests.doubles.targets import CONFIRMED, on
from tests.platforms.twitter.transcripts import gif, image, video

DOCUMENT = MediaItem(kind=MediaKind.DOCUMENT, media_id=UUID(int=3))
SUBSCRIBER = replace(CONFIRMED, data={"subscription": "Premium"})
POLL = {"options": ["yes", "no"], "durationMinutes": 1440}


def poll(**changes: Any) -> dict[str, Any]:
    return {"poll": {**POLL, **changes}}


def broken(account: AccountFacts = CONFIRMED, **content: Any) -> list[tuple[str, str]]:
    found = violations(on(PLATFORM, PostContent(**{"text": "hello", **content}), account), RULES)
    return [(violation.rule.removeprefix("twitter."), violation.field) for violation in found]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"text": "a" * 280},
        {"text": "故" * 140},
        {"text": "https://example.com/" + "a" * 300},
        {"text": "", "media": (image(), image(), image(), image())},
        {"media": (gif(),)},
        {"media": (gif(frame_count=350, width_px=800, height_px=600),)},
        {"media": (gif(frame_count=250, width_px=1200, height_px=1000),)},
        {"media": (gif(frame_count=1, width_px=2000, height_px=2000, size_bytes=5_000_000),) * 4},
        {"media": (gif(frame_count=1, size_bytes=5_000_000), image())},
        {"media": (replace(image(), alt_text="a" * 1000),)},
        {"text": "", "media": (video(size_bytes=512_000_000, duration_s=140.0, frame_rate=60.0),)},
        {"media": (video(duration_s=0.5, codec="hevc", pixel_format="yuv420p10le", content_type="video/quicktime"),)},
        {"media": (video(width_px=3840, height_px=2160, audio_codec="aac", audio_channels=2),)},
        {"media": (video(width_px=1000, height_px=3000),)},
        {"thread": (ThreadPart(text="", media=(video(),)),)},
        {"text": "$AAPL is up, not $50 nor US$MSFT"},
        {"options": poll()},
        {"options": poll(options=["a" * 25, "b", "c", "d"], durationMinutes=5)},
        {"options": {"replyToTweetId": "1", "replySettings": "verified", "madeWithAi": True}},
        {"thread": (ThreadPart(text="", media=(gif(),)),), "first_comment": "a" * 280},
    ],
)
def test_valid_content_breaks_no_rule(content: dict[str, Any]) -> None:
    assert broken(**content) == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"text": "a" * 281}, ("text.max_graphemes", "text")),
        ({"text": "故" * 141}, ("text.max_graphemes", "text")),
        ({"thread": (ThreadPart(text="a" * 281),)}, ("text.max_graphemes", "thread[0].text")),
        ({"first_comment": "a" * 281}, ("first_comment.max_graphemes", "firstComment.text")),
        ({"text": " "}, ("text.non_empty", "text")),
        ({"text": "", "options": poll()}, ("text.non_empty", "text")),
        ({"thread": (ThreadPart(text=""),)}, ("text.non_empty", "thread[0].text")),
        ({"first_comment": " "}, ("first_comment.non_empty", "firstComment.text")),
        ({"text": "\ufeffhello"}, ("text.characters", "text")),
        ({"text": "$AAPL $MSFT"}, ("text.cashtags_max", "text")),
        ({"media": (image(),) * 5}, ("media.count_max", "media")),
        ({"media": (gif(), image())}, ("media.single_only", "media")),
        ({"media": (image(content_type="image/bmp"),)}, ("media.mime_allowed", "media[0]")),
        ({"media": (image(size_bytes=5_000_001),)}, ("media.image_size_max", "media[0]")),
        ({"media": (gif(size_bytes=15_000_001),)}, ("media.gif_size_max", "media[0]")),
        ({"media": (gif(width_px=1281),)}, ("media.gif_dimensions_max", "media[0]")),
        ({"media": (gif(height_px=1081),)}, ("media.gif_dimensions_max", "media[0]")),
        ({"media": (gif(frame_count=351, width_px=100, height_px=100),)}, ("media.gif_frames_max", "media[0]")),
        ({"media": (gif(frame_count=300, width_px=1280, height_px=1000),)}, ("media.gif_pixels_max", "media[0]")),
        ({"media": (gif(frame_count=2), image())}, ("media.single_only", "media")),
        ({"media": (gif(frame_count=1, size_bytes=5_000_001),)}, ("media.image_size_max", "media[0]")),
        (
            {"thread": (ThreadPart(text="", media=(gif(frame_count=400, width_px=9, height_px=9),)),)},
            ("media.gif_frames_max", "thread[0].media[0]"),
        ),
        (
            {"media": (replace(image(), alt_text="👨‍👩‍👧‍👦" * 143),)},
            ("media.alt_text_max_graphemes", "media[0].altText"),
        ),
        (
            {"media": (replace(image(), alt_text="a" * 1001),)},
            ("media.alt_text_max_graphemes", "media[0].altText"),
        ),
        ({"media": (DOCUMENT,)}, ("media.kind_supported", "media[0]")),
        ({"media": (video(), image())}, ("media.single_only", "media")),
        ({"media": (video(1), video(2))}, ("media.single_only", "media")),
        ({"media": (video(content_type="video/webm"),)}, ("media.mime_allowed", "media[0]")),
        ({"media": (video(size_bytes=512_000_001),)}, ("media.video_size_max", "media[0]")),
        ({"media": (video(duration_s=140.5),)}, ("media.video_duration_max", "media[0]")),
        ({"media": (video(duration_s=0.4),)}, ("media.video_duration_min", "media[0]")),
        ({"media": (video(frame_rate=60.02),)}, ("media.video_frame_rate", "media[0]")),
        ({"media": (video(codec="vp9"),)}, ("media.video_codec", "media[0]")),
        ({"media": (video(pixel_format="yuv422p10le"),)}, ("media.video_pixel_format", "media[0]")),
        ({"media": (video(audio_codec="opus", audio_channels=2),)}, ("media.video_audio_codec", "media[0]")),
        ({"media": (video(audio_codec="aac", audio_channels=6),)}, ("media.video_audio_channels_max", "media[0]")),
        ({"media": (video(width_px=3001, height_px=1000),)}, ("media.video_aspect_ratio", "media[0]")),
        ({"media": (video(width_px=333, height_px=1000),)}, ("media.video_aspect_ratio", "media[0]")),
        ({"media": (video(width_px=31, height_px=31),)}, ("media.video_dimensions_min", "media[0]")),
        ({"media": (replace(video(), alt_text="A cat"),)}, ("media.alt_text_supported", "media[0].altText")),
        ({"options": poll(options=["a"])}, ("poll.options_count", "options.poll.options")),
        ({"options": poll(options=["a", "b", "c", "d", "e"])}, ("poll.options_count", "options.poll.options")),
        ({"options": poll(options=["a", "b" * 26])}, ("poll.option_length", "options.poll.options[1]")),
        ({"options": poll(options=[" ", "b"])}, ("poll.option_length", "options.poll.options[0]")),
        ({"options": poll(options=["a", "\u200b\u2800"])}, ("poll.option_length", "options.poll.options[1]")),
        ({"options": poll(durationMinutes=4)}, ("poll.duration", "options.poll.durationMinutes")),
        ({"options": poll(durationMinutes=10_081)}, ("poll.duration", "options.poll.durationMinutes")),
        ({"options": poll(), "media": (image(),)}, ("poll.media_exclusive", "options.poll")),
        ({"media": (replace(image(), title="A cat"),)}, ("media.title_supported", "media[0].title")),
        ({"options": {**poll(), "quoteTweetId": "1"}}, ("poll.media_exclusive", "options.poll")),
        (
            {"options": {"replyToTweetId": "1", "quoteTweetId": "2"}},
            ("reply.quote_exclusive", "options.quoteTweetId"),
        ),
    ],
)
def test_invalid_content_breaks_one_rule(content: dict[str, Any], found: tuple[str, str]) -> None:
    assert broken(**content) == [found]


def test_document_is_omitted_with_a_warning_when_requested() -> None:
    content = PostContent(text="hello", media=(DOCUMENT, image()), on_unsupported=OnUnsupported.OMIT)
    checked = preflight(on(PLATFORM, content), RULES)
    assert (checked.violations, checked.content.media) == ((), (image(),))
    assert [warning.rule for warning in checked.warnings] == ["twitter.media.kind_supported"]


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"duration_s": 7500.0, "size_bytes": 5_000_000_000}, []),
        ({"duration_s": 7501.0}, [("media.video_duration_max", "media[0]")]),
        ({"size_bytes": 5_000_000_001}, [("media.video_size_max", "media[0]")]),
    ],
)
def test_account_with_a_subscription_may_publish_longer_videos(
    facts: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert broken(SUBSCRIBER, media=(video(**facts),)) == found


def test_limits_of_subscribers_are_settings() -> None:
    settings = TwitterSettings(subscriber_video_max_s=14_400, subscriber_video_max_bytes=17_179_869_184)
    long = PostContent(text="hello", media=(video(duration_s=14_400.0, size_bytes=17_179_869_184),))
    configured = PLATFORM.configured(settings)
    assert violations(on(configured, long, SUBSCRIBER), configured.rules) == []
    found = violations(on(configured, long, CONFIRMED), configured.rules)
    assert [(one.rule, one.limit) for one in found] == [
        ("twitter.media.video_size_max", 512_000_000),
        ("twitter.media.video_duration_max", 140.0),
    ]


@pytest.mark.parametrize("account", [replace(SUBSCRIBER, confirmed_at=None), replace(CONFIRMED, confirmed_at=None)])
def test_long_video_is_only_a_warning_when_the_subscription_was_not_confirmed_lately(account: AccountFacts) -> None:
    checked = preflight(on(PLATFORM, PostContent(text="hello", media=(video(duration_s=8000.0),)), account), RULES)
    assert checked.violations == ()
    assert [warning.rule for warning in checked.warnings] == ["twitter.media.video_duration_max"]


@pytest.mark.parametrize(
    "options",
    [
        {"replyToTweetID": "1"},
        {"replyToTweetId": "https://x.com/a/status/1"},
        {"quoteTweetId": "1" * 20},
        {"replySettings": "none"},
        {"poll": {"options": ["a", "b"]}},
        {"poll": {**POLL, "multiple": True}},
        {"platform": "x"},
    ],
)
def test_options_are_a_closed_schema(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TwitterOptions.model_validate(options)


def test_options_of_the_published_interface_are_accepted() -> None:
    options = TwitterOptions.model_validate({"platform": "twitter", "replyToTweetId": "1234567890"})
    assert options.reply_to_tweet_id == "1234567890"
