"""Bluesky's limits."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.content import MediaItem, MediaKind, OnUnsupported, PostContent, ThreadPart
from letmepost.domain.rules import Rule, preflight, violations
from letmepost.platforms.bluesky import PLATFORM
from letmepost.platforms.bluesky.rules import RULES
from tests.doubles.media import video
from tests.doubles.targets import on
from tests.platforms.bluesky.transcripts import OTHER_CID, OTHER_POST, image

DOCUMENT = MediaItem(kind=MediaKind.DOCUMENT, media_id=UUID(int=9))
REFERENCE = {"uri": OTHER_POST, "cid": OTHER_CID}
CARD = {"url": "https://example.com", "title": "Example"}
LONG_LINK = "https://example.com/a-path-of/many-segments/and-words?and=a&query=too"
LIST = "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.graph.list/3k44deefqdk2g"


def broken(content: PostContent) -> list[tuple[str, str]]:
    return [(found.rule, found.field) for found in violations(on(PLATFORM, content), RULES)]


def post(text: str = "hello", **content: Any) -> PostContent:
    return PostContent(text=text, **content)


def with_thumbnail(**facts: Any) -> PostContent:
    return post(options={"linkCard": CARD}, option_media={"linkCard.thumbnail": image(**facts)})


CASES: list[tuple[PostContent, list[tuple[str, str]]]] = [
    (post("a" * 301), [("bluesky.text.max_graphemes", "text")]),
    (post("👨‍👩‍👧‍👧" * 121), [("bluesky.text.max_bytes", "text")]),
    (post(thread=(ThreadPart(text="a" * 301),)), [("bluesky.text.max_graphemes", "thread[0].text")]),
    (post(thread=(ThreadPart(text="👨‍👩‍👧‍👧" * 121),)), [("bluesky.text.max_bytes", "thread[0].text")]),
    (post("എൻ്റെ" * 100 + "a"), [("bluesky.text.max_graphemes", "text")]),
    (post("a" * 290 + f" {LONG_LINK}"), [("bluesky.text.max_graphemes", "text")]),
    (
        post("a" * 250 + f" {LONG_LINK}", options={"shortenLinks": False}),
        [("bluesky.text.max_graphemes", "text")],
    ),
    (
        post(first_comment="a" * 250 + f" {LONG_LINK}", options={"shortenLinks": False}),
        [("bluesky.first_comment.max_graphemes", "firstComment.text")],
    ),
    (post(""), [("bluesky.text.non_empty", "text")]),
    (post(" \n\u3000"), [("bluesky.text.non_empty", "text")]),
    (post("", options={"replyTo": REFERENCE}), [("bluesky.text.non_empty", "text")]),
    (post(thread=(ThreadPart(text="a"), ThreadPart(text=" "))), [("bluesky.text.non_empty", "thread[1].text")]),
    (post(first_comment="a" * 301), [("bluesky.first_comment.max_graphemes", "firstComment.text")]),
    (post(first_comment="👨‍👩‍👧‍👧" * 121), [("bluesky.first_comment.max_bytes", "firstComment.text")]),
    (post(first_comment=" "), [("bluesky.first_comment.non_empty", "firstComment.text")]),
    (post(media=(DOCUMENT,)), [("bluesky.media.kind_supported", "media[0]")]),
    (
        post(thread=(ThreadPart(text="", media=(image(), DOCUMENT)),)),
        [("bluesky.media.kind_supported", "thread[0].media[1]")],
    ),
    (post(media=(image(),) * 5), [("bluesky.media.count_max", "media")]),
    (post(thread=(ThreadPart(text="", media=(image(),) * 5),)), [("bluesky.media.count_max", "thread[0].media")]),
    (post(media=(image(content_type="image/heic"),)), [("bluesky.media.mime_allowed", "media[0]")]),
    (post(media=(image(), video())), [("bluesky.media.image_video_exclusive", "media")]),
    (post(media=(video(1), video(2))), [("bluesky.media.image_video_exclusive", "media")]),
    (post(media=(video(content_type="video/ogg"),)), [("bluesky.media.mime_allowed", "media[0]")]),
    (post(media=(video(size_bytes=300_000_001),)), [("bluesky.media.video_size_max", "media[0]")]),
    (post(media=(video(duration_s=600.1),)), [("bluesky.media.video_duration_max", "media[0]")]),
    (
        post(media=(video(),), options={"linkCard": CARD}),
        [("bluesky.link_card.media_exclusive", "options.linkCard")],
    ),
    (
        post(media=(image(content_type="video/mp4"),)),
        [("media.kind_mismatch", "media[0].kind"), ("bluesky.media.mime_allowed", "media[0]")],
    ),
    (post(media=(replace(image(), title="A cat"),)), [("bluesky.media.title_supported", "media[0].title")]),
    (
        post(media=(replace(video(), thumbnail=image()),)),
        [("bluesky.media.thumbnail_supported", "media[0].thumbnail")],
    ),
    (post(media=(image(size_bytes=2_000_001),)), [("bluesky.media.image_size_max", "media[0]")]),
    (
        post(media=(replace(image(), alt_text="a" * 2001),)),
        [("bluesky.media.alt_text_max_graphemes", "media[0].altText")],
    ),
    (
        post(media=(image(),), options={"linkCard": CARD}),
        [("bluesky.link_card.media_exclusive", "options.linkCard")],
    ),
    (
        with_thumbnail(content_type="image/heic"),
        [("bluesky.link_card.thumbnail_mime_allowed", "options.linkCard.thumbnail")],
    ),
    (
        with_thumbnail(size_bytes=1_000_001),
        [("bluesky.link_card.thumbnail_size_max", "options.linkCard.thumbnail")],
    ),
    (post(options={"langs": ["en", "de", "fr", "it"]}), [("bluesky.langs.count_max", "options.langs")]),
    (post(options={"labels": ["porn"] * 11}), [("bluesky.labels.count_max", "options.labels")]),
    (
        post(options={"threadgate": {"allow": ["followers", "following", "mentioned", LIST, LIST, LIST]}}),
        [("bluesky.threadgate.allow_max", "options.threadgate.allow")],
    ),
    (
        post(options={"replyTo": REFERENCE, "threadgate": {"allow": ["nobody"]}}),
        [("bluesky.threadgate.root_only", "options.threadgate")],
    ),
]


@pytest.mark.parametrize(("content", "expected"), CASES)
def test_broken_rule_is_reported_with_its_field(content: PostContent, expected: list[tuple[str, str]]) -> None:
    assert broken(content) == expected


def test_every_rule_can_be_broken() -> None:
    assert {rule for _, expected in CASES for rule, _ in expected} >= {rule.id for rule in RULES}


@pytest.mark.parametrize(
    "content",
    [
        post("a" * 300),
        post("എൻ്റെ" * 100),
        post("a" * 250 + f" {LONG_LINK}", thread=(ThreadPart(text="a" * 250 + f" {LONG_LINK}"),)),
        post("a" * 250 + f" {LONG_LINK}", options={"shortenLinks": True}),
        post(f"https://example.com/{'a' * 3000}", first_comment="a" * 250 + f" {LONG_LINK}"),
        post("👨‍👩‍👧‍👧" * 120),
        post("", media=(image(),)),
        post(" ", options={"quote": REFERENCE}),
        post("", options={"linkCard": CARD}),
        post(media=(image(),) * 4, thread=(ThreadPart(text="", media=(image(),)),) * 24, first_comment="a" * 300),
        post(media=tuple(image(content_type=f"image/{kind}") for kind in ("jpeg", "png", "webp", "gif"))),
        post(media=(image(size_bytes=2_000_000),)),
        post("", media=(video(size_bytes=300_000_000, duration_s=600.0),)),
        post(media=(video(content_type="video/quicktime"),), options={"quote": REFERENCE}),
        post(media=(video(content_type="video/webm"),)),
        post(media=(image(),), thread=(ThreadPart(text="", media=(video(),)),)),
        post(media=(replace(image(), facts=None, alt_text="a" * 2000),)),
        with_thumbnail(size_bytes=1_000_000),
        post(options={"langs": ["en", "de", "fr"], "labels": ["porn"] * 10, "quote": REFERENCE, "linkCard": CARD}),
        post(options={"threadgate": {"allow": ["followers", "following", "mentioned", LIST, LIST]}}),
    ],
)
def test_content_at_the_limit_breaks_no_rule(content: PostContent) -> None:
    assert broken(content) == []


def test_every_violation_is_collected() -> None:
    content = post("a" * 3001, media=(image(content_type="image/heic", size_bytes=3_000_000),) * 5, first_comment="")
    assert len(violations(on(PLATFORM, content), RULES)) == 2 + 1 + 1 + 5 + 5


def test_messages_state_the_value_and_the_limit() -> None:
    [found] = violations(on(PLATFORM, post("a" * 312)), RULES)
    assert found.message == "Post text is 312 graphemes; Bluesky allows at most 300."
    assert (found.limit, found.actual, found.unit) == (300, 312, "graphemes")


def test_only_the_unsupported_item_is_omitted_when_requested() -> None:
    content = post(
        media=(DOCUMENT, image()),
        thread=(ThreadPart(text="b", media=(DOCUMENT, image())),),
        on_unsupported=OnUnsupported.OMIT,
    )
    checked = preflight(on(PLATFORM, content), RULES)
    assert checked.violations == ()
    assert [(found.rule, found.field) for found in checked.warnings] == [
        ("bluesky.media.kind_supported", "media[0]"),
        ("bluesky.media.kind_supported", "thread[0].media[0]"),
    ]
    assert checked.content == replace(content, media=(image(),), thread=(ThreadPart(text="b", media=(image(),)),))


def test_post_with_nothing_left_is_rejected() -> None:
    content = post("", media=(DOCUMENT,), on_unsupported=OnUnsupported.OMIT)
    assert [found.rule for found in preflight(on(PLATFORM, content), RULES).violations] == ["bluesky.text.non_empty"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_has_its_source_and_the_day_it_was_read(rule: Rule) -> None:
    assert rule.id.startswith("bluesky.")
    assert rule.source.url.startswith("https://")
    assert rule.source.checked_on >= date(2026, 11, 21)


def test_rule_ids_are_unique() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
