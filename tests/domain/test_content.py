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


def test_texts_are_the_post_then_its_thread_then_its_first_comment() -> None:
    assert list(POST.texts()) == [
        ("text", "one"),
        ("thread[0].text", "two"),
        ("thread[1].text", "three"),
        ("firstComment.text", "aside"),
    ]


def test_a_post_without_text_has_an_empty_one() -> None:
    assert list(PostContent().texts()) == [("text", "")]


def test_an_empty_first_comment_is_a_text() -> None:
    """Whether it may be empty is for a rule to say; it must not slip by unseen."""
    assert ("firstComment.text", "") in PostContent(first_comment="").texts()


def test_attachments_are_listed_per_post_of_a_thread() -> None:
    assert list(POST.attachments()) == [
        ("media", (CAT, DOG)),
        ("thread[0].media", ()),
        ("thread[1].media", (FOX,)),
    ]


def test_every_item_has_a_path_that_finds_it_in_the_request() -> None:
    assert list(POST.items()) == [("media[0]", CAT), ("media[1]", DOG), ("thread[1].media[0]", FOX)]


def test_kinds_are_those_that_callers_know() -> None:
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
def test_kind_of_a_file_is_that_of_its_bytes(content_type: str, kind: MediaKind) -> None:
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
        (["media[0].altText"], PostContent(media=(DESCRIBED,)), PostContent(media=(replace(CAT, title="Cat"),))),
    ],
)
def test_omitting_removes_the_items_at_the_paths_and_nothing_else(
    paths: list[str], content: PostContent, expected: PostContent
) -> None:
    assert omit(content, paths).content == expected


def test_part_of_a_thread_with_nothing_left_is_omitted_with_its_media() -> None:
    parts = (ThreadPart(text=" ", media=(FOX,)), ThreadPart(text=""), ThreadPart(text="last", media=(FOX,)))
    omission = omit(PostContent(thread=parts), ["thread[0].media[0]"])
    assert omission.content.thread == parts[1:]


def test_omission_knows_where_the_rest_was() -> None:
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
