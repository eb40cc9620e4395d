"""The posts that one post becomes."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.content import MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.platforms._kit.drafts import Draft, Upload, drafts_of


def image(number: int) -> MediaItem:
    return MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=number))


ONE, TWO, THREE = image(1), image(2), image(3)
THREAD = PostContent(
    text="one",
    media=(ONE, TWO),
    thread=(ThreadPart(text="two"), ThreadPart(text="three", media=(THREE,))),
    first_comment="comment",
)


def test_post_alone_is_one_draft() -> None:
    assert drafts_of(PostContent(text="one")) == [Draft(index=0, step="post", text="one")]


def test_thread_is_in_order_and_the_comment_comes_last() -> None:
    drafts = drafts_of(THREAD)
    assert [(draft.index, draft.step, draft.text) for draft in drafts] == [
        (0, "post", "one"),
        (1, "thread-1", "two"),
        (2, "thread-2", "three"),
        (3, "comment", "comment"),
    ]
    assert [draft.is_first for draft in drafts] == [True, False, False, False]
    assert [draft.is_comment for draft in drafts] == [False, False, False, True]


def test_uploads_are_numbered_through_the_thread() -> None:
    assert [draft.uploads("file") for draft in drafts_of(THREAD)] == [
        (Upload("file-1", ONE, 1), Upload("file-2", TWO, 2)),
        (),
        (Upload("file-3", THREE, 3),),
        (),
    ]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.booleans())
def test_steps_of_a_thread_are_unique(counts: list[int], has_comment: bool) -> None:  # noqa: FBT001 - a drawn value
    """The journal knows a call by its step: two with one name would be taken for each other."""
    first, *rest = [tuple(image(number) for number in range(count)) for count in counts]
    content = PostContent(
        media=first,
        thread=tuple(ThreadPart(text="", media=media) for media in rest),
        first_comment="comment" if has_comment else None,
    )
    drafts = drafts_of(content)
    uploads = [upload for draft in drafts for upload in draft.uploads()]
    steps = [draft.step for draft in drafts] + [upload.step for upload in uploads]
    assert len(set(steps)) == len(steps) == len(counts) + has_comment + sum(counts)
    assert [upload.number for upload in uploads] == list(range(1, sum(counts) + 1))
