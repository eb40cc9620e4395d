"""Facebook's limits and its options."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from letmepost.domain.content import PostContent, ThreadPart
from letmepost.domain.rules import violations
from letmepost.platforms._kit.calls import facts_of
from letmepost.platforms.facebook import PLATFORM
from letmepost.platforms.facebook.options import FacebookOptions
from letmepost.platforms.facebook.rules import RULES
from tests.doubles.media import document, image, video
from tests.doubles.targets import ACCOUNT, on

LINK = {"link": "https://example.com/a"}
STORY = {"kind": "story"}
WIDE = video(width_px=1920, height_px=1080)


def post(text: str = "hello", **content: Any) -> PostContent:
    return PostContent(text=text, **content)


def broken(content: PostContent, **data: object) -> list[tuple[str, str]]:
    account = replace(ACCOUNT, data=data)
    return [(found.rule, found.field) for found in violations(on(PLATFORM, content, account), RULES)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (post("a" * 63_206), []),
        (post("a" * 63_207), [("facebook.text.max_graphemes", "text")]),
        (post("🎉" * 31_604), [("facebook.text.max_graphemes", "text")]),
        (post("\u200b"), [("facebook.text.required", "text")]),
        (post("", options=LINK), []),
        (post("", media=(image(),)), []),
        (post(thread=(ThreadPart(text="two"),)), [("facebook.thread.supported", "thread")]),
        (post(first_comment="a" * 63_207), [("facebook.first_comment.max_utf16_units", "firstComment.text")]),
        (post(first_comment=" "), [("facebook.first_comment.non_empty", "firstComment.text")]),
        (post(media=(document(title=None),)), [("facebook.media.kind_supported", "media[0]")]),
        (post(media=(video(),)), []),
        (
            post(media=(video(content_type="video/webm", width_px=1920, height_px=1080),)),
            [("facebook.media.mime_allowed", "media[0]")],
        ),
        (post(media=(video(1), video(2))), [("facebook.media.video_count_max", "media")]),
        (post(media=(image(), video())), [("facebook.media.image_video_exclusive", "media")]),
        (
            post(media=(replace(video(), alt_text="A cat"),)),
            [("facebook.media.alt_text_supported", "media[0].altText")],
        ),
        (post(media=(replace(video(), title="Title"),)), []),
        (post(media=(replace(image(), title="Title"),)), [("facebook.media.title_supported", "media[0].title")]),
        (
            post("", media=(replace(video(), title="Title"),), options=STORY),
            [("facebook.story.title_supported", "media[0].title")],
        ),
        (post("", media=(video(),), options=STORY), []),
        (post(options={"kind": "reel"}), [("facebook.reel.video_required", "media")]),
        (post(media=(image(),), options={"kind": "reel"}), [("facebook.reel.video_required", "media")]),
        (post(media=(video(),), options={"kind": "reel", "reelTitle": "a", "isAiGenerated": True}), []),
        (post(media=(WIDE,), options={"reelTitle": "a"}), [("facebook.reel_title.reel_required", "options.reelTitle")]),
        (post(media=(WIDE,), options={"isAiGenerated": True}), []),
        (post(options={"isAiGenerated": True}), [("facebook.ai_label.video_required", "options.isAiGenerated")]),
        (post(media=(WIDE,), options=LINK), [("facebook.link.media_exclusive", "options.link")]),
        (post(media=tuple(map(image, range(11)))), [("facebook.media.count_max", "media")]),
        (post(media=(image(content_type="image/webp"),)), [("facebook.media.mime_allowed", "media[0]")]),
        (post(media=(image(size_bytes=10_000_001),)), [("facebook.media.image_size_max", "media[0]")]),
        (
            post(media=(image(content_type="image/gif", frame_count=2),)),
            [("facebook.media.image_frames_max", "media[0]")],
        ),
        (
            post(media=(image(alt_text="a" * 1001),)),
            [("facebook.media.alt_text_max_characters", "media[0].altText")],
        ),
        (post(media=(image(),), options=LINK), [("facebook.link.media_exclusive", "options.link")]),
        (post("", media=(image(),), options=STORY), []),
        (post("", media=(image(1), image(2)), options=STORY), [("facebook.story.media_count", "media")]),
        (post(media=(image(),), options=STORY), [("facebook.story.text_supported", "text")]),
        (
            post("", media=(image(),), first_comment="more", options=STORY),
            [("facebook.story.first_comment_supported", "firstComment")],
        ),
        (post("", options={**STORY, **LINK}), [("facebook.story.media_count", "media")]),
    ],
)
def test_post_breaks_exactly_these_rules(content: PostContent, expected: list[tuple[str, str]]) -> None:
    assert broken(content) == expected


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"duration_s": 90, "size_bytes": 1_000_000_000, "codec": "av1", "audio_codec": "aac"}, None),
        ({"duration_s": 90.1}, "duration_max"),
        ({"duration_s": 2.9}, "duration_min"),
        ({"size_bytes": 1_000_000_001}, "size_max"),
        ({"frame_rate": 23.9}, "frame_rate"),
        ({"width_px": 539, "height_px": 960}, "dimensions_min"),
        ({"width_px": 1080, "height_px": 2000}, "aspect_ratio"),
        ({"codec": "mpeg4"}, "codec"),
        ({"audio_codec": "opus"}, "audio_codec"),
        ({"content_type": "video/quicktime"}, "mime_allowed"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"kind": "reel"}])
def test_vertical_video_has_the_limits_of_reels(
    options: dict[str, str], facts: dict[str, Any], rule: str | None
) -> None:
    expected = [] if rule is None else [(f"facebook.reel.{rule}", "media[0]")]
    assert broken(post(media=(video(**facts),), options=options)) == expected


def test_wide_video_has_the_limits_of_reels_only_as_a_reel() -> None:
    long = video(width_px=1920, height_px=1080, duration_s=91, frame_rate=10)
    assert broken(post(media=(long,))) == []
    rules = [rule for rule, _ in broken(post(media=(long,), options={"kind": "reel"}))]
    assert rules == ["facebook.reel.duration_max", "facebook.reel.frame_rate"]
    assert broken(post(media=(replace(WIDE, facts=replace(facts_of(WIDE), duration_s=14_401)),))) == [
        ("facebook.media.video_duration_max", "media[0]")
    ]
    square = video(width_px=1080, height_px=1080, duration_s=91)
    assert broken(post(media=(square,))) == []


def test_story_video_is_shorter_than_a_reel() -> None:
    long = post("", media=(video(duration_s=61),), options=STORY)
    assert broken(long) == [("facebook.story.video_duration_max", "media[0]")]


def test_first_comment_requires_the_permission_for_comments() -> None:
    rule = ("facebook.first_comment.permission", "firstComment")
    assert broken(post(first_comment="more"), comments=False) == [rule]
    assert broken(post(first_comment="more"), comments=True) == broken(post(first_comment="more")) == []
    assert broken(post(), comments=False) == []


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "video"},
        {"link": "example.com"},
        {"link": "ftp://a.test"},
        {"isAiGenerated": "yes"},
        {"reelTitle": ""},
        {"platform": "x"},
    ],
)
def test_options_are_a_closed_schema(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FacebookOptions.model_validate(options)


def test_every_rule_has_a_source() -> None:
    assert all(rule.source.url.startswith("https://developers.facebook.com/docs/") for rule in RULES)
