"""Publishing a video: its parts, its captions, the end of its upload, and its processing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Effect, Forget, Live, MediaRange, Pause, Reply, Upload
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.linkedin.publish import publish
from tests.platforms.linkedin.transcripts import (
    MEMBER,
    PAGE,
    PART_BYTES,
    SETTINGS,
    parts_sent,
    ready,
    refusal,
    response,
    video,
    video_is,
    video_started,
)

SIZE = 10_000_000
VIDEOS = "https://api.linkedin.com/rest/videos"
FILM = ready(media=(video("A film"),))
STARTED, SENT, ENDED = video_started(SIZE), parts_sent("a", "b", "c"), response(200)
AVAILABLE, PROCESSING = video_is("AVAILABLE"), video_is("PROCESSING")
CREATED = response(201, x_restli_id="urn:li:ugcPost:7012345678901234567")
EXPIRED = refusal(400, "EXPIRED_UPLOAD_URL")
SRT = "1\n00:00:01,000 --> 00:00:04,000\nHello.\n"
CAPTIONED = replace(FILM, content=replace(FILM.content, options={"captions": SRT}))


def played(*replies: Reply | Exception, post: Any = FILM) -> Transcript[None]:
    return play(publish(post, SETTINGS), *replies)


def failure_of(transcript: Transcript[None]) -> PlatformFailure:
    assert isinstance(transcript.error, PlatformFailure)
    return transcript.error


def parts_of(upload: Upload) -> list[Call]:
    """Return the calls that send the parts."""
    first, calls = 0, []
    while first < upload.media.length_bytes:
        calls.append(upload.part(first))
        first = upload.end_of_part(first)
    return calls


def test_video_is_sent_in_the_parts_that_linkedin_lists() -> None:
    transcript = played(STARTED, SENT, ENDED, AVAILABLE, CREATED)
    transcript.value()
    begin, parts, finalize, look, create, live = transcript.instructions
    assert isinstance(begin, Call)
    assert (begin.url, begin.query, begin.effect) == (VIDEOS, (("action", "initializeUpload"),), Effect.PREPARE)
    assert begin.json == {
        "initializeUploadRequest": {
            "owner": MEMBER,
            "fileSizeBytes": SIZE,
            "uploadCaptions": False,
            "uploadThumbnail": False,
        }
    }
    assert isinstance(parts, Upload)
    sent = parts_of(parts)
    assert [(call.method, call.url.rpartition("/")[2]) for call in sent] == [
        ("PUT", f"1-{index}") for index in range(3)
    ]
    ranges = [call.body for call in sent if isinstance(call.body, MediaRange)]
    assert [(one.first_byte, one.length_bytes) for one in ranges] == [
        (0, PART_BYTES),
        (PART_BYTES, PART_BYTES),
        (2 * PART_BYTES, SIZE - 2 * PART_BYTES),
    ]
    assert isinstance(finalize, Call)
    assert finalize.json == {
        "finalizeUploadRequest": {"video": "urn:li:video:D1", "uploadToken": "", "uploadedPartIds": ["a", "b", "c"]}
    }
    assert isinstance(look, Call)
    assert (look.method, look.url) == ("GET", f"{VIDEOS}/urn%3Ali%3Avideo%3AD1")
    assert isinstance(create, Call)
    assert create.json is not None
    assert create.json["content"] == {"media": {"id": "urn:li:video:D1", "title": "A film"}}
    assert isinstance(live, Live)
    assert live.uri == "urn:li:ugcPost:7012345678901234567"


def test_video_needs_no_title() -> None:
    create = played(STARTED, SENT, ENDED, AVAILABLE, post=ready(media=(video(),))).calls[-1]
    assert create.json is not None
    assert create.json["content"] == {"media": {"id": "urn:li:video:D1"}}


def test_video_of_a_page_belongs_to_the_page() -> None:
    begin = played(post=ready(media=(video(),), options={"author": PAGE})).calls[0]
    assert begin.json is not None
    assert begin.json["initializeUploadRequest"]["owner"] == PAGE


@pytest.mark.parametrize(("header", "kept"), [('"a/b=="', "a/b=="), ("plain", "plain"), ('W/"weak"', "weak")])
def test_etag_is_kept_without_its_quotes(header: str, kept: str) -> None:
    [parts] = [said for said in played(STARTED).instructions if isinstance(said, Upload)]
    assert parts.keep is not None
    assert parts.keep(response(200, etag=header)) == kept


def test_part_without_an_etag_is_sent_again_later() -> None:
    transcript = played(STARTED, parts_sent("a", "", "c"))
    assert failure_of(transcript).kind is FailureKind.UNAVAILABLE
    assert isinstance(transcript.instructions[-1], Upload)


def instructions(*ranges: tuple[int, int]) -> Reply:
    urls = [{"uploadUrl": "https://a.test", "firstByte": first, "lastByte": last} for first, last in ranges]
    return video_started(10, uploadInstructions=urls)


@pytest.mark.parametrize(
    "begin",
    [
        instructions(),
        instructions((0, 8)),
        instructions((0, 10)),
        instructions((1, 9)),
        instructions((0, 4), (4, 9)),
        instructions((0, 4), (6, 9)),
        instructions((0, 9), (10, 9)),
        response(200, {"value": {"video": "urn:li:video:1"}}),
        video_started(10, video=7),
        video_started(10, uploadInstructions=[{"firstByte": 0, "lastByte": 9}]),
    ],
)
def test_parts_that_are_not_the_whole_file_are_not_sent(begin: Reply) -> None:
    transcript = played(begin, post=ready(media=(video(size_bytes=10),)))
    assert failure_of(transcript).kind is FailureKind.UNAVAILABLE
    assert len(transcript.instructions) == 1


@pytest.mark.parametrize("field", ["captionsUploadUrl", "thumbnailUploadUrl", "uploadInstructions"])
def test_video_is_sent_to_no_other_host(field: str) -> None:
    elsewhere = "https://www.linkedin.com.evil.example/dms-uploads/1"
    part = {"uploadUrl": elsewhere, "firstByte": 0, "lastByte": SIZE - 1}
    urls: dict[str, Any] = {"captionsUploadUrl": "https://www.linkedin.com/dms-uploads/c"}
    urls[field] = [part] if field == "uploadInstructions" else elsewhere
    transcript = played(video_started(SIZE, **urls), post=CAPTIONED)
    failure = failure_of(transcript)
    assert (failure.kind, failure.rule) == (FailureKind.UNAVAILABLE, "linkedin.upload.host")
    assert len(transcript.instructions) == 1


def test_captions_are_sent_before_the_upload_ends() -> None:
    begun = video_started(SIZE, captionsUploadUrl="https://www.linkedin.com/dms-uploads/c")
    calls = played(begun, SENT, response(201), ENDED, AVAILABLE, CREATED, post=CAPTIONED).calls
    assert calls[0].json is not None
    assert calls[0].json["initializeUploadRequest"]["uploadCaptions"] is True
    assert (calls[1].method, calls[1].url, calls[1].body) == (
        "PUT",
        "https://www.linkedin.com/dms-uploads/c",
        SRT.encode(),
    )
    assert calls[2].query == (("action", "finalizeUpload"),)


def test_upload_without_a_url_for_its_captions_is_not_begun() -> None:
    assert failure_of(played(STARTED, post=CAPTIONED)).kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("gone", [EXPIRED, response(404), response(410)])
def test_upload_is_begun_again_once_when_its_urls_have_expired(gone: Reply) -> None:
    again = (video_started(SIZE, 2), parts_sent("d", "e", "f"), ENDED, AVAILABLE, CREATED)
    transcript = played(STARTED, gone, *again)
    transcript.value()
    assert [said for said in transcript.instructions if isinstance(said, Forget)] == [Forget("media-1")]
    create = transcript.calls[-1]
    assert create.json is not None
    assert create.json["content"]["media"]["id"] == "urn:li:video:D2"
    assert isinstance(failure_of(played(STARTED, gone, video_started(SIZE, 2), gone)), PlatformFailure)


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (refusal(403, "ACCESS_DENIED"), FailureKind.REJECTED),
        (refusal(429, "TOO_MANY_REQUESTS"), FailureKind.RATE_LIMITED),
        (response(413), FailureKind.REJECTED),
        (response(503), FailureKind.UNAVAILABLE),
    ],
)
def test_refused_part_publishes_nothing(refused: Reply, kind: FailureKind) -> None:
    transcript = played(STARTED, refused)
    assert failure_of(transcript).kind is kind
    assert not [call for call in transcript.calls if call.effect is Effect.PUBLISH]


@pytest.mark.parametrize("state", [PROCESSING, AVAILABLE])
def test_upload_that_has_ended_before_is_not_an_error(state: Reply) -> None:
    transcript = played(STARTED, SENT, refusal(400, "ILLEGAL_ARGUMENT"), state, state)
    assert transcript.error is None


@pytest.mark.parametrize("state", [video_is("WAITING_UPLOAD"), response(403), response(503)])
def test_refused_end_of_an_upload_publishes_nothing(state: Reply) -> None:
    transcript = played(STARTED, SENT, refusal(400, "ILLEGAL_ARGUMENT"), state)
    assert failure_of(transcript).kind is FailureKind.REJECTED


@pytest.mark.parametrize("state", ["PROCESSING", "WAITING_UPLOAD", "SOMETHING_NEW"])
def test_video_is_waited_for_until_it_is_available(state: str) -> None:
    transcript = played(STARTED, SENT, ENDED, video_is(state))
    assert transcript.instructions[-1] == Pause("media-1-processing", seconds=15.0, give_up_after_s=1800.0)


def test_wait_for_a_video_ends() -> None:
    flow = publish(FILM, SETTINGS)
    next(flow)
    for reply in (STARTED, SENT, ENDED, PROCESSING):
        paused = flow.send(reply)
    assert isinstance(paused, Pause)
    with pytest.raises(PlatformFailure, match="still processing"):
        flow.throw(GaveUp(paused.step, paused.give_up_after_s))


@pytest.mark.parametrize(
    ("more", "reason"), [({"processingFailureReason": "No codec."}, "No codec."), ({}, "It gave no reason.")]
)
def test_failed_processing_is_rejected_with_the_facts_of_the_file(more: dict[str, str], reason: str) -> None:
    transcript = played(STARTED, SENT, ENDED, video_is("PROCESSING_FAILED", **more))
    failure = failure_of(transcript)
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "linkedin.media.video_processing_failed")
    assert failure.message == (
        "LinkedIn could not process the video (video/mp4, 10000000 bytes, 12.5 s, 1920x1080 pixels, 29.97 frames/s, "
        f"h264). {reason}"
    )
    assert transcript.instructions[-1] == Forget("media-1")


def test_post_is_tried_when_the_state_of_its_video_cannot_be_read() -> None:
    waiting = refusal(400, "MEDIA_ASSET_WAITING_UPLOAD")
    denied = refusal(403, "ACCESS_DENIED")
    transcript = played(STARTED, SENT, ENDED, denied, waiting)
    assert isinstance(transcript.instructions[-1], Pause)
    assert transcript.instructions[-1].step == "ready"


@pytest.mark.parametrize("replies", [(response(503),), (response(200, {}),), (response(401),)])
def test_unreadable_state_of_a_video_publishes_nothing(replies: Sequence[Reply]) -> None:
    transcript = played(STARTED, SENT, ENDED, *replies)
    assert failure_of(transcript).kind in {FailureKind.UNAVAILABLE, FailureKind.AUTH_FAILED}
