"""Pinterest's limits and options."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaItem, OnUnsupported, PostContent, ThreadPart
from letmepost.domain.rules import preflight, violations
from letmepost.domain.violations import Violation
from letmepost.platforms.pinterest import PLATFORM
from letmepost.platforms.pinterest.options import PinterestOptions
from letmepost.platforms.pinterest.rules import RULES
from tests.doubles.media import document, image, video
from tests.doubles.targets import ACCOUNT, on


def found(content: PostContent, account: AccountFacts = ACCOUNT) -> list[Violation]:
    return violations(on(PLATFORM, content, account), RULES)


def broken(content: PostContent) -> list[tuple[str, str]]:
    return [(one.rule, one.field) for one in found(content)]


def post(text: str = "hello", media: tuple[MediaItem, ...] = (image(),), **content: Any) -> PostContent:
    return PostContent(text=text, media=media, **content)


def linked(url: str) -> PostContent:
    return post(options={"destinationUrl": url})


def film(**facts: Any) -> PostContent:
    return post(media=(video(**facts),))


COVER = "https://example.org/cover.jpg"
NO_COVER = "pinterest.cover_image_url.http"
NO_ADDRESS = [("pinterest.destination_url.http", "options.destinationUrl")]
GIF = image(content_type="image/gif")

CASES: list[tuple[PostContent, list[tuple[str, str]]]] = [
    (post("a" * 801), [("pinterest.text.max_characters", "text")]),
    (post(options={"title": "a" * 101}), [("pinterest.title.max_characters", "options.title")]),
    (
        linked(f"https://example.org/{'a' * 2029}"),
        [("pinterest.destination_url.max_characters", "options.destinationUrl")],
    ),
    *(
        (linked(url), NO_ADDRESS)
        for url in ("example.org", "ftp://example.org/", "https:///a", "//a.b", "", "http://[")
    ),
    (linked("https://exam ple.org/"), NO_ADDRESS),
    (post(media=()), [("pinterest.media.required", "media")]),
    (post(thread=(ThreadPart(text="two"),)), [("pinterest.thread.supported", "thread")]),
    (post(first_comment="more"), [("pinterest.first_comment.supported", "firstComment")]),
    (
        post(media=(document(),)),
        [("pinterest.media.kind_supported", "media[0]"), ("pinterest.media.title_supported", "media[0].title")],
    ),
    (
        post(media=(replace(image(), thumbnail=image()),)),
        [("pinterest.media.thumbnail_supported", "media[0].thumbnail")],
    ),
    *(
        (post(media=(replace(video(), thumbnail=wrong),)), [(f"pinterest.cover_image.{rule}", "media[0].thumbnail")])
        for rule, wrong in (
            ("mime_allowed", image(content_type="image/avif")),
            ("size_max", image(size_bytes=20_000_001)),
            ("frames_max", image(frame_count=2)),
        )
    ),
    (post(media=(image(), video())), [("pinterest.media.video_exclusive", "media")]),
    (post(media=(video(1), video(2))), [("pinterest.media.video_exclusive", "media")]),
    (film(content_type="video/webm"), [("pinterest.video.mime_allowed", "media[0]")]),
    (film(size_bytes=2_000_000_001), [("pinterest.video.size_max", "media[0]")]),
    (film(duration_s=3.9), [("pinterest.video.duration_min", "media[0]")]),
    (film(duration_s=900.1), [("pinterest.video.duration_max", "media[0]")]),
    (film(codec="av1"), [("pinterest.video.codec", "media[0]")]),
    (film(width_px=1000, height_px=2001), [("pinterest.video.aspect_ratio", "media[0]")]),
    (film(width_px=1920, height_px=1000), [("pinterest.video.aspect_ratio", "media[0]")]),
    (
        post(media=(video(),), options={"coverImage": COVER, "coverTimeS": 0}),
        [("pinterest.cover.exclusive", "options.coverTimeS")],
    ),
    *(
        (post(media=(video(),), options={name: "example.org/a.jpg"}), [(NO_COVER, f"options.{name}")])
        for name in ("coverImage", "coverImageUrl")
    ),
    *(
        (post(options={name: value}), [("pinterest.cover.video_only", f"options.{name}")])
        for name, value in (("coverImage", COVER), ("coverImageUrl", COVER), ("coverTimeS", 0))
    ),
    (post(media=(image(),) * 6), [("pinterest.media.count_max", "media")]),
    (post(media=(GIF,)), [("pinterest.image.mime_allowed", "media[0]")]),
    (post(media=(image(size_bytes=20_000_001),)), [("pinterest.image.size_max", "media[0]")]),
    (
        post(media=(image(content_type="image/webp", frame_count=2),)),
        [("pinterest.image.frames_max", "media[0]")],
    ),
    (
        post(media=(image(alt_text="a" * 501),)),
        [("pinterest.media.alt_text_max_characters", "media[0].altText")],
    ),
    (
        post(media=(image(1, alt_text="a" * 250), image(2, alt_text="a" * 250))),
        [("pinterest.media.alt_text_max_characters", "media")],
    ),
    (
        post(media=(image(1), image(2, width_px=1199), image(3))),
        [("pinterest.carousel.same_dimensions", "media[1]")],
    ),
]


@pytest.mark.parametrize(("content", "expected"), CASES)
def test_rule_is_broken_with_its_field(content: PostContent, expected: list[tuple[str, str]]) -> None:
    assert broken(content) == expected


def test_every_rule_has_a_case() -> None:
    tested = {rule for _, expected in CASES for rule, _ in expected} | {"pinterest.board.required"}
    assert tested == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    "content",
    [
        post("🎉" * 800, options={"title": "🎉" * 100}),
        post(""),
        linked(f"https://example.org/{'a' * 2028}"),
        linked("HTTP://[::1]:8080/a?b#c"),
        post(media=(image(alt_text="a" * 500),)),
        post(media=(image(1, alt_text="a" * 250), image(2, alt_text="a" * 249))),
        post(media=tuple(image(number) for number in range(5))),
        post(media=(image(content_type="image/webp", size_bytes=20_000_000),)),
        film(size_bytes=2_000_000_000, duration_s=900.0, width_px=1000, height_px=2000),
        film(duration_s=4.0),
        film(content_type="video/quicktime", codec="hevc", width_px=1910, height_px=1000),
        post(media=(video(),), options={"coverImage": COVER}),
        post(media=(video(),), options={"coverImageUrl": COVER}),
        post(media=(video(),), options={"coverTimeS": 0}),
        post(media=(MediaItem(kind=image().kind, media_id=image().media_id), image(2))),
    ],
)
def test_valid_post_breaks_no_rule(content: PostContent) -> None:
    assert broken(content) == []


def test_board_is_required_unless_the_account_has_a_default() -> None:
    boards = [{"id": str(number), "name": f"Board {number}"} for number in range(1, 9)]
    known = AccountFacts(platform_account_id="1", handle=None, data={"boards": boards})
    [violation] = found(post(), known)
    assert (violation.rule, violation.field) == ("pinterest.board.required", "options.boardId")
    assert "1 (Board 1), 2 (Board 2)" in violation.remediation
    assert "Board 6" not in violation.remediation
    default = AccountFacts(
        platform_account_id="1", handle=None, data={"boards": boards}, preferences={"board": {"id": "1", "name": "a"}}
    )
    assert found(post(), default) == []
    assert found(post(options={"boardId": "5"}), known) == []


def test_account_without_boards_is_told_to_create_one() -> None:
    [violation] = found(post(), AccountFacts(platform_account_id="1", handle=None, data={"boards": []}))
    assert "POST" in violation.remediation


def test_unsupported_content_can_be_omitted() -> None:
    content = post(
        media=(image(), document()),
        first_comment="more",
        thread=(ThreadPart(text="two"),),
        on_unsupported=OnUnsupported.OMIT,
    )
    checked = preflight(on(PLATFORM, content), RULES)
    assert (checked.violations, len(checked.content.media), checked.content.first_comment) == ((), 1, None)


@pytest.mark.parametrize(
    "options",
    [
        {"boardId": 549755885175},
        {"boardId": "Recipes"},
        {"boardId": ""},
        {"boardSectionId": "x"},
        {"title": ""},
        {"coverTimeS": -1},
        {"coverTimeS": 1.5},
        {"coverTimeS": "1"},
        {"coverTimeS": True},
        {"coverImage": ""},
        {"coverImage": COVER, "coverImageUrl": COVER},
        {"a": 1},
    ],
)
def test_malformed_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PinterestOptions.model_validate(options)
