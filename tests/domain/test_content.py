from uuid import UUID

import pytest

from letmepost.domain.content import MediaItem, MediaKind, PostContent, ThreadPart

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
    ("name", "expected"),
    [
        ("text", PostContent(text="")),
        ("media", PostContent(media=())),
        ("firstComment", PostContent(first_comment=None)),
        ("thread", PostContent(thread=())),
        ("options", PostContent(options={}, option_media={})),
    ],
)
def test_without_takes_away_one_field_and_leaves_the_others(name: str, expected: PostContent) -> None:
    attributes = {
        "text": ["text"],
        "media": ["media"],
        "firstComment": ["first_comment"],
        "thread": ["thread"],
        "options": ["options", "option_media"],
    }
    content = POST.without(name)
    for attribute in ("text", "media", "first_comment", "thread", "options", "option_media", "inherited"):
        origin = expected if attribute in attributes[name] else POST
        assert getattr(content, attribute) == getattr(origin, attribute)


def test_without_a_field_that_a_request_does_not_have_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        POST.without("first_comment")
