"""Threads and extras: their order, their parents, and what is reported."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from letmepost.domain.content import MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Call, Extra, Flow, Forget, Live, Part, Reply, Warn
from letmepost.domain.playback import Transcript, play
from letmepost.domain.refusals import Explanation
from letmepost.platforms._kit.drafts import Draft, Upload, drafts_of
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._kit.publishing import Posted, publish_drafts, publish_extra, send_with_media
from tests.platforms.kit.support import explain, kind_of, publishing, reply

REFUSED = Explanation(id="example.refused", message="Only partly. {reason}", remediation="Try.", summary="It is.")
THREAD = PostContent(text="one", thread=(ThreadPart(text="two"), ThreadPart(text="three")), first_comment="comment")


def put(draft: Draft, above: Sequence[str]) -> Flow[Posted[str]]:
    """Publish a draft. Its URI shows what it replies to."""
    yield from succeed(publishing(draft.step), explain)
    uri = "<".join([draft.step, *reversed(above)])
    return Posted(reference=draft.step, uri=uri, cid=f"cid-{draft.index}", url=f"https://example/{draft.index}")


def published(content: PostContent, *replies: Reply) -> Transcript[None]:
    return play(publish_drafts(drafts_of(content), put, REFUSED), *replies)


def reports(transcript: Transcript[None]) -> list[str]:
    """Return the steps of the calls, and the reports between them."""
    return [said.step or "" if isinstance(said, Call) else type(said).__name__ for said in transcript.instructions]


def test_post_alone_is_live_when_it_is_published() -> None:
    transcript = published(PostContent(text="one"), reply())
    assert transcript.instructions == (publishing("post"), Live(uri="post", cid="cid-0", url="https://example/0"))
    assert transcript.value() is None


def test_thread_replies_to_its_last_post_and_the_comment_to_its_first() -> None:
    transcript = published(THREAD, *[reply()] * 4)
    assert [said for said in transcript.instructions if not isinstance(said, Call)] == [
        Part(index=0, uri="post", cid="cid-0", url="https://example/0"),
        Part(index=1, uri="thread-1<post", cid="cid-1", url="https://example/1"),
        Part(index=2, uri="thread-2<thread-1<post", cid="cid-2", url="https://example/2"),
        Live(uri="post", cid="cid-0", url="https://example/0"),
        Extra(name="firstComment", uri="comment<post", cid="cid-3"),
    ]
    assert [call.step for call in transcript.calls] == ["post", "thread-1", "thread-2", "comment"]


def test_first_comment_of_a_single_post_follows_its_report() -> None:
    transcript = published(PostContent(text="one", first_comment="comment"), reply(), reply())
    assert reports(transcript) == ["post", "Live", "comment", "Extra"]


@pytest.mark.parametrize("status", [400, 401, 429, 503])
def test_interrupted_thread_has_reported_what_is_visible(status: int) -> None:
    transcript = published(THREAD, reply(), reply(), reply(status))
    assert reports(transcript) == ["post", "Part", "thread-1", "Part", "thread-2"]
    kind_of(transcript.error)


def test_something_can_follow_the_report_of_the_first_post() -> None:
    def guard(first: Posted[str]) -> Flow[None]:
        assert first.reference == "post"
        yield from succeed(publishing("guard"), explain)

    thread = play(publish_drafts(drafts_of(THREAD), put, REFUSED, guard), *[reply()] * 5)
    assert reports(thread)[:5] == ["post", "Part", "guard", "thread-1", "Part"]
    alone = play(publish_drafts(drafts_of(PostContent()), put, REFUSED, guard), reply(), reply())
    assert reports(alone) == ["post", "Live", "guard"]


def extra(answer: Reply) -> Transcript[None]:
    [draft] = drafts_of(PostContent())
    return play(publish_extra("gate", put(draft, ()), REFUSED), answer)


def test_extra_is_reported() -> None:
    assert extra(reply()).instructions[-1] == Extra(name="gate", uri="post", cid="cid-0")


def test_permanently_refused_extra_is_a_warning() -> None:
    transcript = extra(reply(400))
    reason = "Only partly. Example rejected the request: No."
    assert transcript.instructions[-1] == Warn("example.refused", reason)
    assert transcript.error is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, FailureKind.AUTH_FAILED), (429, FailureKind.RATE_LIMITED), (503, FailureKind.IN_DOUBT)],
)
def test_extra_that_may_succeed_later_is_not_given_up(status: int, kind: FailureKind) -> None:
    assert kind_of(extra(reply(status)).error) is kind


ITEM = MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=1))
UPLOADS = (Upload("media-1", ITEM, 1), Upload("media-2", ITEM, 2))


def sent(uploads: Sequence[Upload], *replies: Reply) -> Transcript[tuple[Call, Reply]]:
    def upload(lost: Sequence[Upload]) -> Flow[str]:
        assert lost == UPLOADS
        yield from ()
        return "again"

    return play(send_with_media(publishing, "before", uploads, upload, lambda reply: reply.status == 404), *replies)


def test_call_is_sent_with_its_uploads() -> None:
    assert sent(UPLOADS, reply(201)).value() == (publishing("before"), reply(201))
    assert sent(UPLOADS, reply(400)).value() == (publishing("before"), reply(400))


def test_lost_uploads_are_repeated_once() -> None:
    transcript = sent(UPLOADS, reply(404), reply(404), reply(201))
    assert transcript.instructions == (
        publishing("before"),
        Forget("media-1"),
        Forget("media-2"),
        publishing("again"),
    )
    assert transcript.value() == (publishing("again"), reply(404))


def test_call_without_uploads_has_lost_none() -> None:
    assert sent((), reply(404)).value() == (publishing("before"), reply(404))
