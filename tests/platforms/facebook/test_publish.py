"""Publishing: texts, links, photos, stories and comments; and the effect of refusals."""

from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Extra, Live, Reply, Warn
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.facebook import PLATFORM
from letmepost.platforms.facebook.publish import publish
from tests.doubles.media import image
from tests.doubles.worker import Worker
from tests.platforms.facebook.transcripts import (
    API,
    AWAY,
    ME,
    MISSING,
    NOW,
    PAGE,
    POST,
    SETTINGS,
    answered,
    ready,
    refused,
    url,
)

PERMALINK = f"https://www.facebook.com/{PAGE}/posts/77"
PUBLISHED = (answered(id=POST), answered(id=POST, permalink_url=PERMALINK))
PHOTOS = ready(media=(image(1, alt_text="One"), image(2), image(3)))
STAGED = tuple(answered(id=str(number)) for number in (1, 2, 3))
STORY = ready("", media=(image(1),), options={"kind": "story"})


def run(post: ReadyPost, *replies: Reply | Exception) -> Transcript[None]:
    return play(publish(post, SETTINGS), *replies)


def failure(transcript: Transcript[None]) -> PlatformFailure:
    assert isinstance(transcript.error, PlatformFailure), transcript
    return transcript.error


def sent(transcript: Transcript[None]) -> list[tuple[str, str]]:
    return [(call.method, call.url.removeprefix(f"{API}/")) for call in transcript.calls]


def test_text_and_link_are_one_call() -> None:
    post, seen = run(ready(options={"link": "https://example.com/a"}), *PUBLISHED).calls
    assert post == Call(
        method="POST",
        url=f"{API}/{PAGE}/feed",
        form={"message": "hello", "link": "https://example.com/a"},
        effect=Effect.PUBLISH,
        step="post",
    )
    assert (seen.effect, seen.url) == (Effect.READ, f"{API}/{POST}")


def test_post_is_live_with_the_link_of_facebook() -> None:
    assert run(ready(), *PUBLISHED).instructions[-1] == Live(uri=POST, url=PERMALINK)


@pytest.mark.parametrize("response", [AWAY, MISSING, answered(id=POST), answered(permalink_url="/reel/5")])
def test_link_is_made_from_the_id_when_facebook_does_not_return_it(response: Reply | Exception) -> None:
    transcript = run(ready(), answered(id=POST), response)
    assert transcript.instructions[-1] == Live(uri=POST, url=f"https://www.facebook.com/{POST}")


def test_every_photo_is_staged_before_one_call_shows_them_all() -> None:
    transcript = run(PHOTOS, *STAGED, *PUBLISHED)
    *photos, post, _ = transcript.calls
    assert [(call.url, call.effect, call.step) for call in photos] == [
        (f"{API}/{PAGE}/photos", Effect.PREPARE, f"photo-{number}") for number in (1, 2, 3)
    ]
    assert [call.form for call in photos] == [
        {"url": url(1), "published": "false", "alt_text_custom": "One"},
        {"url": url(2), "published": "false"},
        {"url": url(3), "published": "false"},
    ]
    assert post.url == f"{API}/{PAGE}/feed"
    assert isinstance(transcript.instructions[-1], Live)


def test_attached_media_are_objects_in_json_each_in_a_field_of_its_own() -> None:
    """With another encoding, Facebook shows only the first photo, or none."""
    worker = Worker(platform=PLATFORM)
    worker.publish(worker.connect(), "two", media=(image(1), image(2)))
    [request] = [request for request in worker.requests if "/feed" in request.url]
    first, second = [reply.data()["id"] for call, reply in zip(worker.calls, worker.replies, strict=True) if call.step][
        :2
    ]
    assert (
        request.body
        == (
            "message=two&attached_media%5B0%5D=%7B%22media_fbid%22%3A+%22"
            f"{first}%22%7D&attached_media%5B1%5D=%7B%22media_fbid%22%3A+%22{second}%22%7D"
        ).encode()
    )


def test_single_photo_is_staged_so_that_the_post_has_one_id() -> None:
    """A published photo has two ids, and comments on the photo's own id do not appear on the post."""
    transcript = run(ready(media=(image(1),), first_comment="more"), STAGED[0], *PUBLISHED, answered(id="77_9"))
    assert sent(transcript)[-1] == ("POST", f"{POST}/comments")
    assert transcript.instructions[-1] == Extra(name="firstComment", uri="77_9")


def test_comment_is_sent_without_fields() -> None:
    """With `fields`, a comment is created and the reply is an error."""
    comment = run(ready(first_comment="more"), *PUBLISHED, answered(id="77_9")).calls[-1]
    assert (comment.form, comment.query, comment.effect) == ({"message": "more"}, (), Effect.PUBLISH)


def test_refused_comment_is_a_warning() -> None:
    response = refused(200, message="(#200) Requires pages_manage_engagement permission")
    said = run(ready(first_comment="more"), *PUBLISHED, refused(368)).instructions[-1]
    assert isinstance(said, Warn)
    assert said.code == "facebook.first_comment.refused"
    assert failure(run(ready(first_comment="more"), *PUBLISHED, response)).kind is FailureKind.AUTH_FAILED


def test_story_is_a_staged_photo_without_text() -> None:
    transcript = run(STORY, STAGED[0], answered(success=True, post_id="88"), MISSING)
    _, story, _ = transcript.calls
    assert (story.url, story.form, story.step) == (f"{API}/{PAGE}/photo_stories", {"photo_id": "1"}, "post")
    assert transcript.instructions[-1] == Live(uri="88", url=None)


@pytest.mark.parametrize("staged", [0, 1, 2])
def test_staged_photos_are_deleted_when_another_one_is_rejected(staged: int) -> None:
    transcript = run(PHOTOS, *STAGED[:staged], refused(1, 1366046), *[answered(success=True)] * 3)
    deleted = [call.url for call in transcript.calls if call.method == "DELETE"]
    assert deleted == [f"{API}/{number}" for number in range(1, staged + 1)]
    assert failure(transcript).kind is FailureKind.REJECTED


def test_staged_photos_are_deleted_when_the_post_is_rejected() -> None:
    transcript = run(PHOTOS, *STAGED, refused(1, 1346003), answered(success=True), AWAY, MISSING)
    assert [call.method for call in transcript.calls[-3:]] == ["DELETE"] * 3
    assert failure(transcript).kind is FailureKind.REJECTED


@pytest.mark.parametrize(
    "response", [refused(32), refused(2, http=503), refused(190, 463), answered(), refused(1, 1366051)]
)
def test_staged_photos_are_kept_while_the_post_may_still_be_published(response: Reply) -> None:
    transcript = run(PHOTOS, *STAGED, response, *[answered(id="1")] * 3)
    assert not [call for call in transcript.calls if call.method == "DELETE"]


def test_photos_that_were_posted_already_lead_to_their_post() -> None:
    transcript = run(PHOTOS, *STAGED, refused(1, 1366051), answered(id="1", page_story_id=POST), PUBLISHED[1])
    assert transcript.instructions[-1] == Live(uri=POST, url=PERMALINK)
    unpublished = run(PHOTOS, *STAGED, refused(1, 1366051), answered(id="1"))
    assert failure(unpublished).kind is FailureKind.DUPLICATE


def test_repeated_text_is_a_duplicate() -> None:
    found = failure(run(ready(), refused(506)))
    assert (found.kind, found.rule) == (FailureKind.DUPLICATE, "facebook.text.duplicate")


@pytest.mark.parametrize(
    ("check", "kind"),
    [(ME, FailureKind.REJECTED), (refused(190, 460), FailureKind.AUTH_FAILED), (AWAY, FailureKind.UNAVAILABLE)],
)
def test_missing_page_is_rejected_only_if_the_token_is_accepted(check: Any, kind: FailureKind) -> None:
    transcript = run(ready(), MISSING, check)
    assert sent(transcript)[-1] == ("GET", "me")
    assert failure(transcript).kind is kind


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"id":5}', b'{"success":true}', b'{"error":{"code":100}}'])
def test_success_without_an_id_is_in_doubt(body: bytes) -> None:
    found = failure(run(ready(), Reply(status=200, body=body, received_at=NOW)))
    assert found.kind is FailureKind.IN_DOUBT
