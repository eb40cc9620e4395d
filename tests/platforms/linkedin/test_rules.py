"""LinkedIn's limits: what each rule finds, at the limit and beyond it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import OnUnsupported, PostContent, ThreadPart
from letmepost.domain.rules import Checked, preflight, violations
from letmepost.domain.text import count_graphemes, count_utf16_units
from letmepost.platforms.linkedin import PLATFORM
from letmepost.platforms.linkedin.options import LinkedInOptions
from letmepost.platforms.linkedin.rules import RULES
from tests.doubles.targets import NOW, on
from tests.platforms.linkedin.transcripts import ACCOUNT, MEMBER, PAGE, document, image, video

ARTICLE = {"url": "https://example.com", "title": "A"}
MENTION = "@[Acme](urn:li:organization:1)"
POLL = {"question": "Which?", "options": ["This", "That"]}
OTHER_PAGE = "urn:li:organization:1"
KNOWN = replace(ACCOUNT, confirmed_at=NOW)
SRT = "1\r\n00:00:01,000 --> 00:00:04,000\r\nHello.\r\n"


def broken(**content: Any) -> dict[str, str]:
    """Return the field of every violation, by rule."""
    given = PostContent(**{"text": "hello", **content})
    return {
        violation.rule.removeprefix("linkedin."): violation.field
        for violation in violations(on(PLATFORM, given, KNOWN), RULES)
    }


def with_options(**options: Any) -> dict[str, str]:
    return broken(options=options)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"text": "x" * 3000, "first_comment": "y" * 1250},
        {"text": MENTION + "x" * 2996},
        {"text": MENTION, "first_comment": "@[Acme](urn:li:company:1) [x](urn:li:person:1)"},
        {"text": "", "media": (image(),)},
        {"text": "", "media": tuple(image(number) for number in range(20))},
        {"media": (image(content_type="image/gif"),)},
        {
            "media": (
                image(content_type="image/gif", frame_count=1),
                image(2, content_type="image/gif", frame_count=250),
            )
        },
        {"media": (image(content_type="image/png", frame_count=251),)},
        {"media": (replace(image(), alt_text="\u044f" * 4086),)},
        {"media": (document("🎉" * 2043),)},
        {"text": "", "options": {"article": {**ARTICLE, "title": "🎉" * 200, "description": "🎉" * 2043}}},
        {"text": "", "options": {"poll": {"question": "🎉" * 70, "options": ["🎉" * 15] * 4}}},
        {"media": (image(width_px=36_152_319, height_px=1),)},
        {"text": "", "media": (video(size_bytes=75_000, duration_s=3.0, frame_rate=10.0),)},
        {"media": (video("t" * 4086, size_bytes=500_000_000, duration_s=1800.0, width_px=4096, height_px=2304),)},
        {"media": (video(width_px=144, height_px=256, frame_rate=60.0),), "options": {"captions": SRT}},
        {"media": (video(width_px=1000, height_px=2400),)},
        {"media": (document(),)},
        {"media": (document(None, size_bytes=100_000_000),), "options": {"documentTitle": "Deck"}},
        {"text": "", "options": {"article": {**ARTICLE, "title": "t" * 400, "description": "d" * 4086}}},
        {"text": "", "options": {"poll": {"question": "q" * 140, "options": ["a" * 30] * 4}}},
        {"options": {"author": PAGE}},
        {"options": {"author": MEMBER, "visibility": "CONNECTIONS"}},
    ],
)
def test_content_within_the_limits_passes(content: dict[str, Any]) -> None:
    assert broken(**content) == {}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"text": ""}, {"text.non_empty": "text"}),
        ({"text": " \n\u200b\u115f"}, {"text.non_empty": "text"}),
        ({"text": "x" * 3001}, {"text.max_graphemes": "text", "text.max_utf16": "text"}),
        ({"text": "🎉" * 1501}, {"text.max_utf16": "text"}),
        ({"text": MENTION + "x" * 2997}, {"text.max_graphemes": "text", "text.max_utf16": "text"}),
        ({"text": "@[\u200b](urn:li:organization:1)"}, {"text.non_empty": "text"}),
        ({"first_comment": f"By {MENTION}"}, {"first_comment.mentions_unsupported": "firstComment.text"}),
        ({"first_comment": "\u2800 "}, {"first_comment.non_empty": "firstComment.text"}),
        (
            {"first_comment": "y" * 1251},
            {"first_comment.max_graphemes": "firstComment.text", "first_comment.max_utf16": "firstComment.text"},
        ),
        ({"thread": (ThreadPart(text="more"),)}, {"thread.supported": "thread"}),
        ({"media": (video(content_type="video/quicktime"),)}, {"media.mime_allowed": "media[0]"}),
        ({"media": (video(size_bytes=500_000_001),)}, {"media.video_size_max": "media[0]"}),
        ({"media": (video(size_bytes=74_999),)}, {"media.video_size_min": "media[0]"}),
        ({"media": (video(duration_s=2.9),)}, {"media.video_duration_min": "media[0]"}),
        ({"media": (video(duration_s=1800.1),)}, {"media.video_duration_max": "media[0]"}),
        ({"media": (video(frame_rate=9.9),)}, {"media.video_frame_rate": "media[0]"}),
        ({"media": (video(frame_rate=60.02),)}, {"media.video_frame_rate": "media[0]"}),
        ({"media": (video(width_px=255, height_px=144),)}, {"media.video_dimensions_min": "media[0]"}),
        ({"media": (video(width_px=4097, height_px=2304),)}, {"media.video_pixels_max": "media[0]"}),
        ({"media": (video(width_px=2401, height_px=1000),)}, {"media.video_aspect_ratio": "media[0]"}),
        ({"media": (video("t" * 4087),)}, {"media.video_title_max": "media[0].title"}),
        ({"media": (replace(video(), alt_text="A cat"),)}, {"media.alt_text_supported": "media[0].altText"}),
        ({"media": (video(), image())}, {"media.video_exclusive": "media"}),
        (
            {"media": (video(),), "options": {"article": ARTICLE}},
            {"content.single_kind": "options.article"},
        ),
        ({"options": {"captions": SRT}}, {"captions.video_required": "options.captions"}),
        ({"media": (image(),), "options": {"captions": SRT}}, {"captions.video_required": "options.captions"}),
        (
            {"media": (video(),), "options": {"captions": "WEBVTT\n\n00:01.000 --> 00:04.000\nHello."}},
            {"captions.format": "options.captions"},
        ),
        ({"media": (replace(image(), title="A cat"),)}, {"media.title_supported": "media[0].title"}),
        (
            {"media": (replace(document(), alt_text="Slides"),)},
            {"media.alt_text_supported": "media[0].altText"},
        ),
        ({"media": tuple(image(number) for number in range(21))}, {"media.count_max": "media"}),
        ({"media": (image(content_type="image/webp"),)}, {"media.mime_allowed": "media[0]"}),
        (
            {"media": (image(content_type="application/pdf"),)},
            {"media.mime_allowed": "media[0]", "media.kind_mismatch": "media[0].kind"},
        ),
        (
            {"media": (document(content_type="image/png"),)},
            {"document.mime_allowed": "media[0]", "media.kind_mismatch": "media[0].kind"},
        ),
        ({"media": (image(width_px=6013, height_px=6013),)}, {"media.image_pixels_max": "media[0]"}),
        ({"media": (document(), image())}, {"media.document_exclusive": "media"}),
        ({"media": (document(content_type="application/zip"),)}, {"document.mime_allowed": "media[0]"}),
        ({"media": (document(size_bytes=100_000_001),)}, {"document.size_max": "media[0]"}),
        ({"media": (document(None),)}, {"document.title_required": "media[0].title"}),
        (
            {"media": (document("\u200b"),), "options": {"documentTitle": "\u3164"}},
            {"document.title_required": "media[0].title"},
        ),
        ({"media": (document("t" * 4087),)}, {"document.title_max": "media[0].title"}),
        ({"media": (document("🎉" * 2044),)}, {"document.title_max": "media[0].title"}),
        (
            {"media": (document(),), "options": {"documentTitle": "🎉" * 2044}},
            {"document.title_max": "options.documentTitle"},
        ),
        ({"media": (replace(image(), alt_text="🎉" * 2044),)}, {"media.alt_text_max_graphemes": "media[0].altText"}),
        ({"media": (image(content_type="image/gif", frame_count=251),)}, {"media.gif_frames_max": "media[0]"}),
        (
            {
                "options": {"article": ARTICLE},
                "option_media": {"article.thumbnail": image(content_type="image/gif", frame_count=300)},
            },
            {"article.thumbnail_gif_frames_max": "options.article.thumbnail"},
        ),
        ({"options": {"documentTitle": "Deck"}}, {"document.title_alone": "options.documentTitle"}),
        (
            {"media": (image(),), "options": {"article": ARTICLE}},
            {"content.single_kind": "options.article"},
        ),
        ({"options": {"article": ARTICLE, "poll": POLL}}, {"content.single_kind": "options.poll"}),
        (
            {"options": {"article": ARTICLE}, "option_media": {"article.thumbnail": image(content_type="image/webp")}},
            {"article.thumbnail_mime_allowed": "options.article.thumbnail"},
        ),
        (
            {"options": {"article": ARTICLE}, "option_media": {"article.thumbnail": image(width_px=99_999)}},
            {"article.thumbnail_pixels_max": "options.article.thumbnail"},
        ),
    ],
)
def test_content_beyond_a_limit_is_found(content: dict[str, Any], found: dict[str, str]) -> None:
    assert broken(**content) == found


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"author": "urn:li:company:1"}, {"author.urn_format": "options.author"}),
        ({"author": f"{PAGE}/../posts"}, {"author.urn_format": "options.author"}),
        ({"visibility": "FRIENDS"}, {"visibility.enum": "options.visibility"}),
        ({"author": PAGE, "visibility": "CONNECTIONS"}, {"visibility.page": "options.visibility"}),
        ({"article": {**ARTICLE, "title": "t" * 401}}, {"article.title_max": "options.article.title"}),
        (
            {"article": {**ARTICLE, "description": "d" * 4087}},
            {"article.description_max": "options.article.description"},
        ),
        ({"article": {**ARTICLE, "title": "🎉" * 201}}, {"article.title_max": "options.article.title"}),
        (
            {"article": {**ARTICLE, "description": "🎉" * 2044}},
            {"article.description_max": "options.article.description"},
        ),
        ({"poll": {**POLL, "question": "q" * 141}}, {"poll.question_max": "options.poll.question"}),
        ({"poll": {**POLL, "question": "🎉" * 71}}, {"poll.question_max": "options.poll.question"}),
        ({"poll": {**POLL, "options": ["a", "b" * 31]}}, {"poll.answer_max": "options.poll.options[1]"}),
        ({"poll": {**POLL, "options": ["a", "🎉" * 16]}}, {"poll.answer_max": "options.poll.options[1]"}),
        ({"article": {**ARTICLE, "title": " \u200b"}}, {"article.title_non_empty": "options.article.title"}),
        ({"poll": {**POLL, "question": " \u1160"}}, {"poll.question_non_empty": "options.poll.question"}),
        ({"poll": {**POLL, "options": ["a", "\u2060 "]}}, {"poll.answer_non_empty": "options.poll.options[1]"}),
        ({"poll": {**POLL, "options": ["a"]}}, {"poll.answers_count": "options.poll.options"}),
        ({"poll": {**POLL, "options": ["a"] * 5}}, {"poll.answers_count": "options.poll.options"}),
    ],
)
def test_option_beyond_a_limit_is_found(options: dict[str, Any], found: dict[str, str]) -> None:
    assert with_options(**options) == found


def as_author(author: str, account: AccountFacts) -> Checked:
    options = {"author": author}
    return preflight(on(PLATFORM, PostContent(text="hello", options=options), account), RULES)


def test_author_that_the_account_may_not_use_is_found() -> None:
    [violation] = as_author(OTHER_PAGE, KNOWN).violations
    assert (violation.rule, violation.field) == ("linkedin.author.unresolved", "options.author")
    assert violation.message == f"The account is not permitted to publish as {OTHER_PAGE}."
    assert violation.actual == OTHER_PAGE


@pytest.mark.parametrize("confirmed_at", [None, NOW - timedelta(hours=25)])
def test_author_is_only_a_warning_when_the_pages_of_the_member_were_not_confirmed_lately(
    confirmed_at: datetime | None,
) -> None:
    """The member may have become an administrator of the page since then."""
    checked = as_author(OTHER_PAGE, replace(ACCOUNT, confirmed_at=confirmed_at))
    assert checked.violations == ()
    assert [(warning.rule, warning.field) for warning in checked.warnings] == [
        ("linkedin.author.unresolved", "options.author")
    ]


def test_malformed_author_is_found_once() -> None:
    assert [found.rule for found in as_author("urn:li:company:1", KNOWN).violations] == ["linkedin.author.urn_format"]


def test_post_of_a_page_account_cannot_be_for_connections() -> None:
    page = AccountFacts(platform_account_id=PAGE, handle=None, data={"authors": [PAGE]}, confirmed_at=NOW)
    content = PostContent(text="hello", options={"visibility": "CONNECTIONS"})
    found = violations(on(PLATFORM, content, page), RULES)
    assert [violation.rule for violation in found] == ["linkedin.visibility.page"]


def test_thread_is_omitted_with_one_warning_when_requested() -> None:
    thread = (ThreadPart(text="two", media=(video(),)), ThreadPart(text="three"))
    content = PostContent(text="one", thread=thread, on_unsupported=OnUnsupported.OMIT)
    checked = preflight(on(PLATFORM, content, KNOWN), RULES)
    assert [warning.rule for warning in checked.warnings] == ["linkedin.thread.supported"]
    assert (checked.violations, checked.content.thread) == ((), ())


@given(st.text())
def test_text_has_at_most_as_many_graphemes_as_utf16_units(text: str) -> None:
    assert count_graphemes(text) <= count_utf16_units(text)


@pytest.mark.parametrize(
    "options",
    [
        {"unknown": 1},
        {"platform": "elsewhere"},
        {"article": {"title": "A"}},
        {"article": {"url": "ftp://example.com", "title": "A"}},
        {"article": {"url": "https://example.com", "title": ""}},
        {"poll": {"question": "", "options": ["a", "b"]}},
        {"poll": {"question": "q", "options": ["a", ""]}},
        {"poll": {"question": "q", "options": ["a", "b"], "duration": "ONE_YEAR"}},
    ],
)
def test_options_are_a_closed_schema(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LinkedInOptions.model_validate(options)


def test_options_return_their_media() -> None:
    options = LinkedInOptions.model_validate({"article": {**ARTICLE, "thumbnail": "med_1"}})
    assert options.media_ids() == {"article.thumbnail": "med_1"}
    assert LinkedInOptions.model_validate({"article": ARTICLE}).media_ids() == {}


def test_long_text_that_a_mention_shortens_is_accepted() -> None:
    """Most of a mention is not shown. A count that stops within one must not reject the text."""
    mention = "@[Acme](urn:li:organization:1234567890123) "
    text = "x" * (3000 - 29 * len("Acme ")) + 29 * mention
    assert len(text) > 4096
    assert broken(text=text) == {}
