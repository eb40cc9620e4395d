"""Facebook's limits and its options."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from letmepost.domain.content import PostContent, ThreadPart
from letmepost.domain.rules import violations
from letmepost.platforms.facebook import PLATFORM
from letmepost.platforms.facebook.options import FacebookOptions
from letmepost.platforms.facebook.rules import RULES
from tests.doubles.media import image, video
from tests.doubles.targets import ACCOUNT, on

LINK = {"link": "https://example.com/a"}
STORY = {"kind": "story"}


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
        (post(media=(video(),)), [("facebook.media.kind_supported", "media[0]")]),
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


def test_first_comment_requires_the_permission_for_comments() -> None:
    rule = ("facebook.first_comment.permission", "firstComment")
    assert broken(post(first_comment="more"), comments=False) == [rule]
    assert broken(post(first_comment="more"), comments=True) == broken(post(first_comment="more")) == []
    assert broken(post(), comments=False) == []


@pytest.mark.parametrize(
    "options",
    [{"kind": "reel"}, {"link": "example.com"}, {"link": "ftp://a.test"}, {"isAiGenerated": True}, {"platform": "x"}],
)
def test_options_are_a_closed_schema(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FacebookOptions.model_validate(options)


def test_every_rule_has_a_source() -> None:
    assert all(rule.source.url.startswith("https://developers.facebook.com/docs/") for rule in RULES)
