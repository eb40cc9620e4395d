"""Threads' limits, its options, and its counting."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from letmepost.domain.content import MediaItem, MediaKind, OnUnsupported, PostContent, ThreadPart
from letmepost.domain.rules import preflight, violations
from letmepost.platforms.threads import PLATFORM
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.rules import RULES, rules_for
from letmepost.platforms.threads.settings import ThreadsSettings
from letmepost.platforms.threads.text import count_characters, links_in
from tests.doubles.targets import on
from tests.platforms.threads.transcripts import image, video

DOCUMENT = MediaItem(kind=MediaKind.DOCUMENT, media_id=UUID(int=5))
LINKS = " ".join(f"https://example.com/{number}" for number in range(5))
POLL = {"options": ["Yes", "No"]}
ATTACHMENT = {"text": "A long text"}
BOLD = {"offset": 0, "length": 6, "styles": ["bold"]}
ITALIC = {"offset": 6, "length": 5, "styles": ["italic", "underline"]}

APOSTROPHES = ("It\u2019s Tom\u2019s and Ann\u2019s day. " + "x" * 500)[:498]
"""A text of 498 characters and 504 bytes that the real service rejected."""


def broken(content: PostContent, text_unit: str = "bytes") -> list[tuple[str, str]]:
    rules = rules_for(ThreadsSettings.model_validate({"text_unit": text_unit}))
    return [(found.rule, found.field) for found in violations(on(PLATFORM, content), rules)]


def post(text: str = "hello", **content: Any) -> PostContent:
    return PostContent(text=text, **content)


_ODD_VIDEOS: dict[str, dict[str, Any]] = {
    "pixel_format": {"pixel_format": "yuv444p"},
    "bit_rate_max": {"bit_rate": 100_000_001},
    "audio_codec": {"audio_codec": "opus"},
    "audio_channels_max": {"audio_codec": "aac", "audio_channels": 6},
    "audio_sample_rate_max": {"audio_codec": "aac", "audio_sample_rate_hz": 96_000},
}
CASES: list[tuple[PostContent, list[tuple[str, str]]]] = [
    (post("a" * 501), [("threads.text.max_graphemes", "text")]),
    (post("🎉" * 126), [("threads.text.max_graphemes", "text")]),
    (post(APOSTROPHES), [("threads.text.max_graphemes", "text")]),
    (post("é" * 251), [("threads.text.max_graphemes", "text")]),
    (post("中" * 167), [("threads.text.max_graphemes", "text")]),
    (post("e\u0301" * 167), [("threads.text.max_graphemes", "text")]),
    (post(thread=(ThreadPart(text=APOSTROPHES),)), [("threads.text.max_graphemes", "thread[0].text")]),
    (post(first_comment=APOSTROPHES), [("threads.first_comment.max_graphemes", "firstComment.text")]),
    (post(first_comment="\u3164 "), [("threads.first_comment.non_empty", "firstComment.text")]),
    (post("\u200b\u2800 "), [("threads.text.required", "text")]),
    (post("", options={"quotePostId": "5"}), [("threads.text.required", "text")]),
    (post(thread=(ThreadPart(text="\u2060"),)), [("threads.text.required", "thread[0].text")]),
    (post(f"{LINKS} https://example.com/5"), [("threads.links.count_max", "text")]),
    (post(LINKS, options={"linkAttachment": "https://a.test/x"}), [("threads.links.count_max", "text")]),
    (
        post(thread=(ThreadPart(text=f"{LINKS} http://example.com/5"),)),
        [("threads.links.count_max", "thread[0].text")],
    ),
    (post(media=(DOCUMENT,)), [("threads.media.kind_supported", "media[0]")]),
    (post(media=(image(),) * 21), [("threads.media.count_max", "media")]),
    (post(thread=(ThreadPart(text="", media=(image(),) * 21),)), [("threads.media.count_max", "thread[0].media")]),
    (post(media=(image(content_type="image/webp"),)), [("threads.media.mime_allowed", "media[0]")]),
    (
        post(media=(image(content_type="video/mp4"), video(content_type="image/png"))),
        [
            ("media.kind_mismatch", "media[0].kind"),
            ("media.kind_mismatch", "media[1].kind"),
            ("threads.media.mime_allowed", "media[0]"),
            ("threads.media.mime_allowed", "media[1]"),
        ],
    ),
    (post(media=(replace(image(), title="A cat"),)), [("threads.media.title_supported", "media[0].title")]),
    (
        post(media=(replace(video(), thumbnail=image()),)),
        [("threads.media.thumbnail_supported", "media[0].thumbnail")],
    ),
    (post(media=(image(width_px=1001, height_px=100),)), [("threads.media.aspect_ratio_max", "media[0]")]),
    (
        post(media=(replace(image(), alt_text="a" * 999 + "é"),)),
        [("threads.media.alt_text_max_graphemes", "media[0].altText")],
    ),
    (post(media=(image(size_bytes=8_000_001),)), [("threads.media.image_size_max", "media[0]")]),
    (post(media=(video(size_bytes=1_000_000_001),)), [("threads.media.video_size_max", "media[0]")]),
    (post(media=(video(duration_s=300.5),)), [("threads.media.video_duration_max", "media[0]")]),
    (post(media=(video(frame_rate=15.0),)), [("threads.media.video_frame_rate", "media[0]")]),
    (post(media=(video(frame_rate=120.0),)), [("threads.media.video_frame_rate", "media[0]")]),
    (post(media=(video(width_px=1921),)), [("threads.media.video_width_max", "media[0]")]),
    (post(media=(video(codec="vp9"),)), [("threads.media.video_codec", "media[0]")]),
    *(
        (post(media=(video(**facts),)), [(f"threads.media.video_{rule}", "media[0]")])
        for rule, facts in _ODD_VIDEOS.items()
    ),
    (post(options={"topicTag": "a" * 51}), [("threads.topic_tag.max_characters", "options.topicTag")]),
    (post(options={"topicTag": " \u200b"}), [("threads.topic_tag.non_empty", "options.topicTag")]),
    (
        post(media=(image(),), options={"linkAttachment": "https://a.test"}),
        [("threads.link_attachment.media_exclusive", "options.linkAttachment")],
    ),
    (post(media=(image(),), options={"poll": POLL}), [("threads.poll.media_exclusive", "options.poll")]),
    (
        post(options={"poll": POLL, "linkAttachment": "https://a.test"}),
        [("threads.poll.link_attachment_exclusive", "options.poll")],
    ),
    (
        post(options={"poll": {"options": ["a", "b", "c", "d", "e"]}}),
        [("threads.poll.options_count_max", "options.poll.options")],
    ),
    (
        post(options={"poll": {"options": ["a", "b" * 26]}}),
        [("threads.poll.option_max_characters", "options.poll.options[1]")],
    ),
    (
        post(LINKS, options={"textAttachment": {**ATTACHMENT, "link": "https://a.test/x"}}),
        [("threads.links.count_max", "text")],
    ),
    (
        post(media=(image(),), options={"textAttachment": ATTACHMENT}),
        [("threads.text_attachment.media_exclusive", "options.textAttachment")],
    ),
    (
        post(options={"poll": POLL, "textAttachment": ATTACHMENT}),
        [("threads.text_attachment.poll_exclusive", "options.textAttachment")],
    ),
    (
        post(options={"linkAttachment": "https://a.test", "textAttachment": {**ATTACHMENT, "link": "https://a.test"}}),
        [("threads.text_attachment.link_exclusive", "options.textAttachment.link")],
    ),
    (
        post(options={"textAttachment": {"text": "a" * 10_001}}),
        [("threads.text_attachment.max_characters", "options.textAttachment.text")],
    ),
    (
        post(options={"textAttachment": {"text": " \u200b"}}),
        [("threads.text_attachment.non_empty", "options.textAttachment.text")],
    ),
    (
        post(options={"textAttachment": {**ATTACHMENT, "formatting": [BOLD, {**ITALIC, "length": 6}]}}),
        [("threads.text_attachment.formatting_range", "options.textAttachment.formatting[1]")],
    ),
    (
        post(options={"textAttachment": {**ATTACHMENT, "formatting": [{**ITALIC, "offset": 5}, BOLD]}}),
        [("threads.text_attachment.formatting_overlap", "options.textAttachment.formatting[0]")],
    ),
    (
        post("a" * 11, options={"spoilers": {"text": [{"offset": place, "length": 1} for place in range(11)]}}),
        [("threads.spoilers.count_max", "options.spoilers.text")],
    ),
    (
        post("🎉🎉", options={"spoilers": {"text": [{"offset": 0, "length": 2}, {"offset": 2, "length": 1}]}}),
        [("threads.spoilers.text_range", "options.spoilers.text[1]")],
    ),
    (
        post(options={"spoilers": {"media": True}}, thread=(ThreadPart(text="", media=(image(),)),)),
        [("threads.spoilers.media_required", "options.spoilers.media")],
    ),
    (
        post(options={"poll": {"options": [" ", "\uffa0", "c"]}}),
        [
            ("threads.poll.option_non_empty", "options.poll.options[0]"),
            ("threads.poll.option_non_empty", "options.poll.options[1]"),
        ],
    ),
]


@pytest.mark.parametrize(("content", "expected"), CASES)
def test_broken_limit_is_reported_with_its_field(content: PostContent, expected: list[tuple[str, str]]) -> None:
    assert broken(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        post("a" * 500),
        post("🎉" * 125),
        post("я" * 250),
        post("中" * 166 + "aa"),
        post(media=(replace(image(), alt_text="é" * 500),)),
        post(options={"topicTag": "é" * 50, "poll": {"options": ["é" * 25, "中" * 25]}}),
        post("", media=(image(), video()) * 10),
        post(f"{LINKS} https://example.com/0."),
        post(media=(image(width_px=1000, height_px=100), image(width_px=None), replace(image(), facts=None))),
        post(media=(video(frame_rate=23.976, duration_s=300.0, width_px=1920), video(codec="hevc", duration_s=None))),
        post(media=(image(size_bytes=8_000_000, content_type="image/png"),)),
        post(options={"topicTag": "a" * 50, "poll": {"options": ["a" * 25, "b", "c", "d"]}}),
        post(options={"linkAttachment": "https://example.com", "replyControl": "followers_only"}),
        post(
            f"{LINKS} https://example.com/0.",
            options={"textAttachment": {"text": "中" * 10_000, "link": "https://example.com/0"}},
        ),
        post(
            options={"linkAttachment": "https://a.test", "textAttachment": {**ATTACHMENT, "formatting": [ITALIC, BOLD]}}
        ),
        post("🎉" * 10, options={"spoilers": {"text": [{"offset": place, "length": 1} for place in range(10)]}}),
        post("", media=(image(),), options={"spoilers": {"media": True}, "locationId": "5", "shareToInstagram": True}),
        post(first_comment="a" * 500, thread=(ThreadPart(text="", media=(image(),)),)),
    ],
)
def test_content_at_a_limit_passes(content: PostContent) -> None:
    assert broken(content) == []


def test_text_that_is_too_long_in_bytes_is_explained() -> None:
    [violation] = violations(on(PLATFORM, post("中" * 200)), RULES)
    assert violation.message == "Post text is 600 bytes; Threads allows at most 500."
    assert (violation.limit, violation.actual, violation.unit) == (500, 600, "bytes")
    assert "a CJK character 3" in violation.remediation


@pytest.mark.parametrize(
    "content",
    [
        post(APOSTROPHES),
        post("中" * 500),
        post("🎉" * 125),
        post(thread=(ThreadPart(text=APOSTROPHES),)),
        post(first_comment="中" * 500),
        post(media=(replace(image(), alt_text="中" * 1000),)),
    ],
)
def test_deployment_can_count_characters(content: PostContent) -> None:
    assert broken(content, "characters") == []


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (post("中" * 501), "threads.text.max_graphemes"),
        (post("🎉" * 126), "threads.text.max_graphemes"),
        (post(first_comment="中" * 501), "threads.first_comment.max_graphemes"),
        (post(media=(replace(image(), alt_text="中" * 1001),)), "threads.media.alt_text_max_graphemes"),
    ],
)
def test_text_of_too_many_characters_is_too_long_for_every_deployment(content: PostContent, rule: str) -> None:
    assert [found for found, _ in broken(content, "characters")] == [rule]
    assert [found for found, _ in broken(content)] == [rule]


def test_both_units_have_the_same_rules() -> None:
    by_characters = rules_for(ThreadsSettings(text_unit="characters"))
    assert [rule.id for rule in by_characters] == [rule.id for rule in RULES]


def test_unknown_unit_is_rejected() -> None:
    with pytest.raises(ValidationError):
        ThreadsSettings.model_validate({"text_unit": "graphemes"})


def test_every_rule_can_be_broken() -> None:
    assert {rule.id for rule in RULES} <= {rule for _, found in CASES for rule, _ in found}


def test_document_is_omitted_with_a_warning_when_requested() -> None:
    checked = preflight(on(PLATFORM, post(media=(DOCUMENT,), on_unsupported=OnUnsupported.OMIT)), RULES)
    assert checked.content.media == ()
    assert [warning.rule for warning in checked.warnings] == ["threads.media.kind_supported"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("hello", 5),
        ("é", 1),
        ("e\u0301", 2),
        ("中文", 2),
        ("🎉", 4),
        ("👍🏽", 8),
        ("👨‍👩‍👧", 18),
        ("❤️", 6),
        ("🇩🇪", 8),
        ("1️⃣", 7),
        ("1", 1),
        ("a\u200db", 3),
        ("🏴\U000e0067\U000e0062\U000e007f", 16),
    ],
)
def test_emoji_counts_as_its_bytes_and_a_letter_as_one(text: str, count: int) -> None:
    assert count_characters(text) == count


@given(st.text())
def test_length_is_between_the_letters_and_the_bytes(text: str) -> None:
    text = text.encode(errors="replace").decode()
    assert len(text) <= count_characters(text) <= len(text.encode())


@given(st.text(alphabet="a1🎉👍🏽\u200d\ufe0f🇩🇪中"), st.text(alphabet="b🎉中"))
def test_separate_texts_count_as_much_as_together(one: str, other: str) -> None:
    assert count_characters(f"{one} {other}") == count_characters(one) + 1 + count_characters(other)


def test_long_run_of_flags_is_counted_quickly() -> None:
    assert count_characters("🇩" * 100_000) == 400_000


def test_link_ends_before_the_punctuation_and_counts_once() -> None:
    assert links_in("See https://a.test/x. (HTTPS://b.test) https://a.test/x, and a.test") == {
        "https://a.test/x",
        "HTTPS://b.test",
    }


@pytest.mark.parametrize(
    "options",
    [
        {"replyToId": "abc"},
        {"replyToId": ""},
        {"quotePostId": "1/2"},
        {"replyControl": "none"},
        {"topicTag": ""},
        {"topicTag": "a.b"},
        {"topicTag": "a&b"},
        {"linkAttachment": "example.com"},
        {"linkAttachment": "https://"},
        {"poll": {"options": ["one"]}},
        {"poll": {"options": ["one", ""]}},
        {"poll": {"options": ["one", "two"], "durationMinutes": 5}},
        {"textAttachment": {"text": ""}},
        {"textAttachment": {"link": "https://a.test"}},
        {"textAttachment": {**ATTACHMENT, "link": "a.test"}},
        {"textAttachment": {**ATTACHMENT, "formatting": [{"offset": 0, "length": 1, "styles": []}]}},
        {"textAttachment": {**ATTACHMENT, "formatting": [{"offset": 0, "length": 1, "styles": ["blink"]}]}},
        {"spoilers": True},
        {"spoilers": {"media": "true"}},
        {"spoilers": {"text": [{"offset": -1, "length": 1}]}},
        {"spoilers": {"text": [{"offset": 0, "length": 0}]}},
        {"spoilers": {"text": [{"offset": "0", "length": 1}]}},
        {"locationId": "Menlo Park"},
        {"shareToInstagram": "dark"},
        {"reply_to_id": "5"},
        {"replyTo": "5"},
        {"platform": "another"},
    ],
)
def test_options_are_a_closed_schema(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ThreadsOptions.model_validate(options)


@pytest.mark.parametrize("options", [{}, {"platform": "threads"}, {"topicTag": "Good food"}, {"replyToId": "178"}])
def test_options_may_be_empty(options: dict[str, Any]) -> None:
    ThreadsOptions.model_validate(options)
