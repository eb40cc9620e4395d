from dataclasses import replace
from uuid import UUID

import pytest

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.omission import omit

CAT, DOG, FOX = (MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=number)) for number in range(3))
POST = PostContent(
    text="one",
    media=(CAT, DOG),
    first_comment="aside",
    thread=(ThreadPart(text="two"), ThreadPart(text="three", media=(FOX,))),
    options={"langs": ["en"]},
    option_media={"linkCard.thumbnail": FOX},
)


def test_texts_are_the_post_its_thread_and_its_first_comment_in_order() -> None:
    assert list(POST.texts()) == [
        ("text", "one"),
        ("thread[0].text", "two"),
        ("thread[1].text", "three"),
        ("firstComment.text", "aside"),
    ]


def test_post_without_text_has_an_empty_text() -> None:
    assert list(PostContent().texts()) == [("text", "")]


def test_empty_first_comment_is_a_text() -> None:
    """A rule decides if it may be empty, so it must be in the list."""
    assert ("firstComment.text", "") in PostContent(first_comment="").texts()


def test_attachments_are_listed_for_each_post_of_a_thread() -> None:
    assert list(POST.attachments()) == [
        ("media", (CAT, DOG)),
        ("thread[0].media", ()),
        ("thread[1].media", (FOX,)),
    ]


def test_every_item_has_its_path_in_the_request() -> None:
    assert list(POST.items()) == [("media[0]", CAT), ("media[1]", DOG), ("thread[1].media[0]", FOX)]


PICTURED = PostContent(media=(CAT, replace(DOG, thumbnail=FOX)))


def test_thumbnail_follows_its_media_item() -> None:
    assert [path for path, _ in PICTURED.every_item()] == ["media[0]", "media[1]", "media[1].thumbnail"]
    assert [path for path, _ in PICTURED.items()] == ["media[0]", "media[1]"]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ({}, PICTURED.media),
        ({"media[1].thumbnail": CAT}, (CAT, replace(DOG, thumbnail=CAT))),
        ({"media[1]": replace(CAT, thumbnail=FOX)}, (CAT, replace(CAT, thumbnail=FOX))),
        ({"media[1]": replace(CAT, thumbnail=FOX), "media[1].thumbnail": DOG}, (CAT, replace(CAT, thumbnail=DOG))),
    ],
)
def test_media_items_and_thumbnails_are_replaced_by_their_paths(
    items: dict[str, MediaItem], expected: tuple[MediaItem, ...]
) -> None:
    assert PICTURED.with_items(items).media == expected


def test_kinds_are_the_documented_ones() -> None:
    assert set(map(str, MediaKind)) == {"image", "video", "document"}


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("image/png", MediaKind.IMAGE),
        ("image/gif", MediaKind.IMAGE),
        ("video/mp4", MediaKind.VIDEO),
        ("video/quicktime", MediaKind.VIDEO),
        ("application/pdf", MediaKind.DOCUMENT),
    ],
)
def test_kind_of_a_file_follows_from_its_content_type(content_type: str, kind: MediaKind) -> None:
    assert MediaFacts(content_type=content_type, size_bytes=1).kind is kind


DESCRIBED = replace(CAT, alt_text="a cat", title="Cat")


@pytest.mark.parametrize(
    ("paths", "content", "expected"),
    [
        ([], POST, POST),
        (["media[0]"], POST, replace(POST, media=(DOG,))),
        (["media[0]", "media[1]"], POST, replace(POST, media=())),
        (["firstComment"], POST, replace(POST, first_comment=None)),
        (["thread"], POST, replace(POST, thread=())),
        (["thread[1].media[0]"], POST, replace(POST, thread=(ThreadPart(text="two"), ThreadPart(text="three")))),
        (
            ["media[0].title"],
            PostContent(media=(DESCRIBED, DOG)),
            PostContent(media=(replace(CAT, alt_text="a cat"), DOG)),
        ),
        (["media[1].thumbnail"], PICTURED, replace(PICTURED, media=(CAT, DOG))),
        (["media[0].altText"], PostContent(media=(DESCRIBED,)), PostContent(media=(replace(CAT, title="Cat"),))),
    ],
)
def test_omission_removes_exactly_the_items_at_the_paths(
    paths: list[str], content: PostContent, expected: PostContent
) -> None:
    assert omit(content, paths).content == expected


def test_thread_part_without_content_is_omitted_with_its_media() -> None:
    parts = (ThreadPart(text=" ", media=(FOX,)), ThreadPart(text=""), ThreadPart(text="last", media=(FOX,)))
    omission = omit(PostContent(thread=parts), ["thread[0].media[0]"])
    assert omission.content.thread == parts[1:]


def test_omission_maps_remaining_items_to_their_original_paths() -> None:
    parts = (ThreadPart(text="", media=(FOX,)), ThreadPart(text="last", media=(CAT, FOX, DOG)))
    omission = omit(
        PostContent(media=(CAT, DOG), thread=parts), ["media[0]", "thread[0].media[0]", "thread[1].media[1]"]
    )
    origins = {
        "media[0]": "media[1]",
        "media[0].altText": "media[1].altText",
        "media": "media",
        "text": "text",
        "options.langs[0]": "options.langs[0]",
        "thread[0].text": "thread[1].text",
        "thread[0].media": "thread[1].media",
        "thread[0].media[0]": "thread[1].media[0]",
        "thread[0].media[1].title": "thread[1].media[2].title",
    }
    assert {path: omission.origin(path) for path in origins} == origins


def test_video_is_described_in_one_line() -> None:
    facts = MediaFacts(
        content_type="video/mp4",
        size_bytes=5_000,
        width_px=1080,
        height_px=1920,
        duration_s=12.5,
        frame_rate=29.97,
        codec="hevc",
        codec_profile="Main 10",
        pixel_format="yuv420p10le",
        dynamic_range="hlg",
        has_variable_frame_rate=True,
        is_fast_start=False,
        bit_rate=2_500_000,
        audio_codec="aac",
        audio_channels=2,
        audio_sample_rate_hz=48_000,
    )
    assert facts.describe() == (
        "video/mp4, 5000 bytes, 12.5 s, 1080x1920 pixels, 29.97 frames/s, variable frame rate, hevc Main 10, "
        "yuv420p10le, hlg, 2500000 bits/s, header at the end, aac, 2 channels, 48000 Hz"
    )


def test_unknown_facts_are_not_described() -> None:
    assert MediaFacts(content_type="video/mp4", size_bytes=7).describe() == "video/mp4, 7 bytes"
    silent = MediaFacts(content_type="video/mp4", size_bytes=7, width_px=9, audio_channels=0)
    assert silent.describe() == "video/mp4, 7 bytes, no sound"
