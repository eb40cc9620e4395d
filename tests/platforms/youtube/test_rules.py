"""YouTube's limits and options."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaItem, OnUnsupported, PostContent, ThreadPart
from letmepost.domain.rules import preflight, violations
from letmepost.domain.violations import Violation
from letmepost.platforms.youtube import PLATFORM
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.rules import RULES
from letmepost.platforms.youtube.settings import YouTubeSettings
from letmepost.platforms.youtube.text_rules import tags_length
from tests.doubles.media import document, image, video
from tests.doubles.targets import ACCOUNT, CONFIRMED, NOW, on

UPLOAD = "https://www.googleapis.com/auth/youtube.upload"
READ = "https://www.googleapis.com/auth/youtube.readonly"
GIB_256 = 274_877_906_944


def post(text: str = "hello", media: tuple[MediaItem, ...] = (video(),), **content: Any) -> PostContent:
    options = {"title": "A title", "madeForKids": False, **content.pop("options", {})}
    given = {name: value for name, value in options.items() if value is not None}
    return PostContent(text=text, media=media, options=given, **content)


def optional(**options: Any) -> PostContent:
    return post(options=options)


def with_thumbnail(item: MediaItem) -> PostContent:
    return post(options={"thumbnail": "med_1"}, option_media={"thumbnail": item})


def found(content: PostContent, account: AccountFacts = CONFIRMED) -> list[Violation]:
    return violations(on(PLATFORM, content, account), RULES)


def broken(content: PostContent, account: AccountFacts = CONFIRMED) -> list[tuple[str, str]]:
    return [(one.rule, one.field) for one in found(content, account)]


def granted(*scopes: str, **data: Any) -> AccountFacts:
    return replace(CONFIRMED, data={"scopes": list(scopes), **data})


TITLE = [("youtube.title.characters", "options.title")]
TEXT = [("youtube.text.characters", "text")]
TAG = [("youtube.tags.characters", "options.tags[1]")]
SEPARATOR = [("youtube.tags.separators", "options.tags[1]")]
FUTURE = (NOW + timedelta(hours=1)).isoformat()
CAPTIONS = {"captions": [{"language": "en", "text": "WEBVTT"}]}
SHORT = {"kind": "short"}

CASES: list[tuple[PostContent, list[tuple[str, str]]]] = [
    (post(media=()), [("youtube.media.required", "media")]),
    (post(media=(image(),)), [("youtube.media.kind_supported", "media[0]")]),
    (
        post(media=(document(),)),
        [("youtube.media.kind_supported", "media[0]"), ("youtube.media.title_supported", "media[0].title")],
    ),
    (post(media=(video(1), video(2))), [("youtube.media.count_max", "media")]),
    (post(media=(replace(video(), alt_text="a"),)), [("youtube.media.alt_text_supported", "media[0].altText")]),
    (
        post(media=(replace(image(), thumbnail=image()),)),
        [("youtube.media.kind_supported", "media[0]"), ("youtube.media.thumbnail_supported", "media[0].thumbnail")],
    ),
    (
        post(media=(replace(video(), thumbnail=image()),), options={"thumbnail": "med_1"}),
        [("youtube.thumbnail.exclusive", "options.thumbnail")],
    ),
    (post(media=(video(size_bytes=GIB_256 + 1),)), [("youtube.media.video_size_max", "media[0]")]),
    (post(media=(video(duration_s=43_201.0),)), [("youtube.media.video_duration_max", "media[0]")]),
    (post(options=SHORT, media=(video(duration_s=181.0),)), [("youtube.short.duration_max", "media[0]")]),
    (
        post(options=SHORT, media=(video(width_px=1920, height_px=1080),)),
        [("youtube.short.aspect_ratio_max", "media[0]")],
    ),
    (with_thumbnail(image(content_type="image/webp")), [("youtube.thumbnail.mime_allowed", "options.thumbnail")]),
    (with_thumbnail(image(size_bytes=52_428_801)), [("youtube.thumbnail.size_max", "options.thumbnail")]),
    (optional(title=None), [("youtube.title.required", "options.title")]),
    (optional(madeForKids=None), [("youtube.made_for_kids.required", "options.madeForKids")]),
    (optional(title="a" * 101), [("youtube.title.max_characters", "options.title")]),
    *((optional(title=title), [("youtube.title.max_characters", "options.title")]) for title in ("", " ")),
    *((optional(title=title), TITLE) for title in ("I <3 you", "a>b", "a\nb", "a\tb", "a\x07b")),
    (post("é" * 2500 + "a"), [("youtube.text.max_bytes", "text")]),
    *((post(text), TEXT) for text in ("I <3 you", "->", "a\x00b", "a\x1fb", "a\x7fb")),
    (optional(tags=["a" * 249, "b" * 251]), [("youtube.tags.max_characters", "options.tags")]),
    *((optional(tags=["a", tag]), TAG) for tag in ("<", ">", "a\x07b")),
    *((optional(tags=["a", tag]), SEPARATOR) for tag in ("a,b", 'a"b', "a\nb", "a\tb")),
    (optional(tags=["a", " "]), [("youtube.tags.non_empty", "options.tags[1]")]),
    (
        optional(captions=[{"language": "en", "name": "a" * 151, "text": "a"}]),
        [("youtube.captions.name_max_characters", "options.captions[0].name")],
    ),
    (post(first_comment="a" * 10_001), [("youtube.first_comment.max_characters", "firstComment.text")]),
    (post(first_comment=" "), [("youtube.first_comment.non_empty", "firstComment.text")]),
    (post(thread=(ThreadPart(text="two"),)), [("youtube.thread.supported", "thread")]),
    (optional(publishAt=FUTURE, privacy="public"), [("youtube.publish_at.private", "options.privacy")]),
    (optional(publishAt=FUTURE, privacy="unlisted"), [("youtube.publish_at.private", "options.privacy")]),
    (optional(publishAt=NOW.isoformat()), [("youtube.publish_at.future", "options.publishAt")]),
    (
        post(options={"publishAt": FUTURE}, first_comment="more"),
        [("youtube.first_comment.visible", "firstComment")],
    ),
    (
        post(options={"madeForKids": True}, first_comment="more"),
        [("youtube.first_comment.made_for_kids", "firstComment")],
    ),
]
OF_ACCOUNTS = {
    "youtube.media.video_long_uploads",
    "youtube.upload.permission",
    "youtube.first_comment.permission",
    "youtube.playlist.permission",
    "youtube.captions.permission",
}


@pytest.mark.parametrize(("content", "expected"), CASES)
def test_rule_is_broken_with_its_field(content: PostContent, expected: list[tuple[str, str]]) -> None:
    assert broken(content) == expected


def test_every_rule_has_a_case() -> None:
    assert {rule for _, expected in CASES for rule, _ in expected} | OF_ACCOUNTS == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    "content",
    [
        post(""),
        post("é" * 2500),
        post("👍" * 1250),
        post("two\nlines\tand more\r\n"),
        optional(title="🎉" * 100),
        optional(tags=["a" * 249, "b" * 250]),
        optional(publishAt=FUTURE),
        optional(publishAt=FUTURE, privacy="private"),
        post(media=(video(size_bytes=GIB_256, duration_s=43_200.0),)),
        post(options=SHORT, media=(video(duration_s=180.0, width_px=1080, height_px=1080),)),
        post(media=(replace(video(), facts=None),), options=SHORT),
        with_thumbnail(image(size_bytes=52_428_800, content_type="image/png")),
        post(first_comment="a" * 10_000, options={"privacy": "unlisted"}),
    ],
)
def test_valid_post_breaks_no_rule(content: PostContent) -> None:
    assert broken(content) == []


@pytest.mark.parametrize(
    ("tags", "length"), [((), 0), (("Foo-Baz",), 7), (("Foo Baz",), 9), (("Foo Baz", "Foo-Baz"), 17)]
)
def test_tags_are_counted_with_commas_and_quotes(tags: tuple[str, ...], length: int) -> None:
    assert tags_length(tags) == length


@pytest.mark.parametrize(
    ("title", "shown", "position"), [("I <3 you", "`<`", 3), ("a\x07b", "U+0007", 2), ("line\nbreak", "U+000A", 5)]
)
def test_forbidden_character_is_named_with_its_position(title: str, shown: str, position: int) -> None:
    [violation] = found(optional(title=title))
    assert f"{shown} as character {position}" in violation.message


@pytest.mark.parametrize("status", ["eligible", "disallowed", "longUploadsUnspecified"])
def test_video_over_15_minutes_requires_a_channel_that_may_upload_it(status: str) -> None:
    film = post(media=(video(duration_s=901.0),))
    account = granted(longUploads=status)
    assert broken(film, account) == [("youtube.media.video_long_uploads", "media[0]")]
    assert broken(post(media=(video(duration_s=900.0),)), account) == []
    assert broken(film, granted(longUploads="allowed")) == broken(film) == []
    outdated = replace(account, confirmed_at=NOW - timedelta(days=2))
    assert [one.rule for one in preflight(on(PLATFORM, film, outdated), RULES).warnings] == [
        "youtube.media.video_long_uploads"
    ]


@pytest.mark.parametrize(
    ("content", "rule", "field"),
    [
        (post(first_comment="more"), "youtube.first_comment.permission", "firstComment"),
        (optional(playlistId="PL1"), "youtube.playlist.permission", "options.playlistId"),
        (optional(**CAPTIONS), "youtube.captions.permission", "options.captions"),
    ],
)
def test_addition_requires_the_permission_that_a_person_can_refuse(content: PostContent, rule: str, field: str) -> None:
    [violation] = found(content, granted(UPLOAD, READ))
    assert (violation.rule, violation.field) == (rule, field)
    assert "youtube.force-ssl" in violation.message
    assert found(content, granted("https://www.googleapis.com/auth/youtube.force-ssl")) == []
    assert found(content, ACCOUNT) == []


def test_video_requires_the_permission_to_upload() -> None:
    assert broken(post(), granted(READ)) == [("youtube.upload.permission", "options")]
    assert broken(post(), granted(UPLOAD, READ)) == []


def test_unsupported_content_can_be_omitted() -> None:
    content = post(media=(video(), image()), thread=(ThreadPart(text="two"),), on_unsupported=OnUnsupported.OMIT)
    checked = preflight(on(PLATFORM, content), RULES)
    assert (checked.violations, len(checked.content.media), checked.content.thread) == ((), 1, ())


@pytest.mark.parametrize(
    "options",
    [
        {"title": "a", "madeForKids": "no"},
        {"title": "a", "madeForKids": False, "a": 1},
        {"title": "a", "madeForKids": False, "privacy": "friends"},
        {"title": "a", "madeForKids": False, "publishAt": "2026-12-01T09:00:00"},
        {"title": "a", "madeForKids": False, "tags": "a,b"},
        {"title": "a", "madeForKids": False, "tags": [""]},
        {"title": "a", "madeForKids": False, "categoryId": "Music"},
        {"title": "a", "madeForKids": False, "playlistId": "a b"},
        {"title": "a", "madeForKids": False, "captions": [{"language": "English", "text": "a"}]},
        {"title": "a", "madeForKids": False, "captions": [{"language": "en", "text": ""}]},
    ],
)
def test_malformed_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        YouTubeOptions.model_validate(options)


@pytest.mark.parametrize("chunk_bytes", [0, -262_144, 262_143, 1_000_000])
def test_part_size_is_a_multiple_of_256_kib(chunk_bytes: int) -> None:
    with pytest.raises(ValidationError):
        YouTubeSettings(chunk_bytes=chunk_bytes)
    assert YouTubeSettings(chunk_bytes=262_144).chunk_bytes == 262_144
