"""Publishes drafts in order, and reports each: parts of a thread, the whole post, and extras such as a comment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Extra, Flow, Forget, Live, Part, Reply, Warn
from letmepost.domain.refusals import Explanation
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms._kit.drafts import Draft, Upload

R = TypeVar("R")
M = TypeVar("M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted(Generic[R]):
    """A post that is visible.

    Args:
        reference: what a reply to it refers to, in the form of the platform.
        uri, cid, url: as in `Part`.
    """

    reference: R
    uri: str
    cid: str | None = None
    url: str | None = None


Put: TypeAlias = Callable[[Draft, Sequence[R]], Flow[Posted[R]]]
"""Publishes a draft as a reply to the last of the given posts, the first of which begins the thread.

There are none for the first draft.
"""


def publish_drafts(
    drafts: Sequence[Draft],
    put: Put[R],
    comment_refused: Explanation,
    after_first: Callable[[Posted[R]], Flow[None]] | None = None,
) -> Flow[None]:
    """Publish a thread, each post as a reply to the previous one, and then its first comment as a reply to the first.

    Args:
        drafts: as `drafts_of` returns them.
        comment_refused: the warning if the platform refuses the comment permanently.
        after_first: runs when the first post is visible and reported.

    Raises:
        PlatformFailure: a post was not published.
    """
    thread = [draft for draft in drafts if not draft.is_comment]
    first = yield from _publish_thread(thread, put, after_first)
    for comment in drafts[len(thread) :]:
        yield from publish_extra("firstComment", put(comment, (first.reference,)), comment_refused)


def _publish_thread(
    thread: Sequence[Draft], put: Put[R], after_first: Callable[[Posted[R]], Flow[None]] | None
) -> Flow[Posted[R]]:
    first = yield from put(thread[0], ())
    live = Live(uri=first.uri, cid=first.cid, url=first.url)
    yield _part(thread[0], first) if len(thread) > 1 else live
    if after_first is not None:
        yield from after_first(first)
    references = [first.reference]
    for draft in thread[1:]:
        posted = yield from put(draft, references)
        yield _part(draft, posted)
        references.append(posted.reference)
    if len(thread) > 1:
        yield live
    return first


def _part(draft: Draft, posted: Posted[R]) -> Part:
    return Part(index=draft.index, uri=posted.uri, cid=posted.cid, url=posted.url)


def publish_extra(name: str, put: Flow[Posted[R]], refused: Explanation) -> Flow[None]:
    """Publish an extra, or warn if the platform refuses it permanently: the post itself is published.

    Args:
        name: as in `Extra`.
        refused: the warning. Its message has the parameter `reason`.

    Raises:
        PlatformFailure: the extra may succeed later.
    """
    try:
        posted = yield from put
    except PlatformFailure as failure:
        if POLICIES[failure.kind].next is not Next.STOP:
            raise
        yield Warn(refused.id, refused.describe(reason=failure.message))
    else:
        yield Extra(name=name, uri=posted.uri, cid=posted.cid)


def send_with_media(
    create: Callable[[M], Call],
    uploaded: M,
    uploads: Sequence[Upload],
    upload: Callable[[Sequence[Upload]], Flow[M]],
    is_lost: Callable[[Reply], bool],
) -> Flow[tuple[Call, Reply]]:
    """Send a call that refers to uploads, and return it with its reply. Upload them again, once, if they are lost.

    Args:
        create: returns the call, from what `upload` returned for its uploads.
        uploaded: what it returned before.
        is_lost: returns True if the platform refused the call because it no longer has the uploads.
    """
    call = create(uploaded)
    reply = yield call
    if uploads and is_lost(reply):
        call = create((yield from upload_again(uploads, upload)))
        reply = yield call
    return call, reply


def upload_again(uploads: Sequence[Upload], upload: Callable[[Sequence[Upload]], Flow[M]]) -> Flow[M]:
    """Return what `upload` returns for uploads that the platform has lost. It can be done once."""
    for lost in uploads:
        yield Forget(lost.step)
    return (yield from upload(uploads))
