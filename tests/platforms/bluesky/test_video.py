"""Publishing a video: by the video service, and by the account's own server."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import AnyHttpUrl

from letmepost.domain.content import PostContent
from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Forget, Instruction, Live, MediaRange, Pause, Reply, Upload, Warn
from letmepost.domain.playback import Transcript, play
from letmepost.domain.rules import violations
from letmepost.platforms.bluesky import PLATFORM
from letmepost.platforms.bluesky.publish import publish
from letmepost.platforms.bluesky.rules import rules_for
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.contract import ReadyPost
from tests.doubles.media import video
from tests.doubles.targets import on
from tests.platforms.bluesky.transcripts import DID, NOW, PDS, SETTINGS, put, ready, record

SERVICE = "https://video.bsky.app/xrpc"
DIRECT = BlueskySettings(video_upload="server")
BLOB = {"$type": "blob", "ref": {"$link": "bafkreia"}, "mimeType": "video/mp4", "size": 4_000}
MOVIE = replace(video(9), alt_text="A cat runs")


def replied(status: int, body: object, *, replayed: bool = False) -> Reply:
    return Reply(status=status, body=json.dumps(body).encode(), received_at=NOW, replayed=replayed)


def described(**more: object) -> Reply:
    return replied(200, {"did": "did:web:pds.example.com", "availableUserDomains": [], **more})


def job(state: str, *, status: int = 200, **more: Any) -> Reply:
    return replied(status, {"jobStatus": {"jobId": "j1", "did": DID, "state": f"JOB_STATE_{state}", **more}})


GRANTED = replied(200, {"token": "eyJ0.eyJz.c2ln"})
ACCEPTED = replied(200, {"jobId": "j1", "did": DID, "state": "JOB_STATE_CREATED", "progress": 0})
SENT_BEFORE = replace(ACCEPTED, replayed=True)
COMPLETED = job("COMPLETED", blob=BLOB)


def run(*replies: Reply | Exception, post: ReadyPost | None = None) -> Transcript[None]:
    """Publish a post with a video by the video service, which has accepted it in an earlier run by default."""
    return play(publish(post or ready(media=(MOVIE,)), SETTINGS), described(), GRANTED, *replies)


def embed(transcript: Transcript[None]) -> Any:
    return record(transcript.calls[-1])["embed"]


def refusal(transcript: Transcript[None]) -> PlatformFailure:
    assert isinstance(transcript.error, PlatformFailure), transcript
    return transcript.error


def uploads(transcript: Transcript[None]) -> list[Upload]:
    return [one for one in transcript.instructions if isinstance(one, Upload)]


def test_service_receives_the_video_with_a_token_that_lets_it_store_a_blob() -> None:
    transcript = run(SENT_BEFORE, COMPLETED, put())
    asked, granted, polled, published = transcript.calls
    assert (asked.url, asked.auth) == (f"{PDS}/xrpc/com.atproto.server.describeServer", Auth.NONE)
    assert (granted.url, granted.auth) == (f"{PDS}/xrpc/com.atproto.server.getServiceAuth", Auth.ACCOUNT)
    assert dict(granted.query) == {
        "aud": "did:web:pds.example.com",
        "lxm": "com.atproto.repo.uploadBlob",
        "exp": str(int((NOW + timedelta(minutes=55)).timestamp())),
    }
    assert (polled.url, polled.query, polled.auth) == (
        f"{SERVICE}/app.bsky.video.getJobStatus",
        (("jobId", "j1"),),
        Auth.NONE,
    )
    assert record(published)["embed"] == {
        "$type": "app.bsky.embed.video",
        "video": BLOB,
        "alt": "A cat runs",
        "aspectRatio": {"width": 1080, "height": 1920},
    }
    assert isinstance(transcript.instructions[-1], Live)


def test_video_is_one_request_whose_token_is_not_that_of_the_account() -> None:
    [sending] = uploads(run())
    assert (sending.step, sending.part_count, sending.probe) == ("blob-1", 1, None)
    part = sending.part(0)
    assert part == Call(
        method="POST",
        url=f"{SERVICE}/app.bsky.video.uploadVideo",
        query=(("did", DID), ("name", f"{UUID(int=9).hex}.mp4")),
        headers={"Content-Type": "video/mp4", "Authorization": "Bearer eyJ0.eyJz.c2ln"},
        body=MediaRange(UUID(int=9), 0, 5_000),
        effect=Effect.WRITE,
        auth=Auth.NONE,
        timeout_s=60.0,
    )
    assert part.longest_s > 60


def test_name_of_a_quicktime_file_ends_with_mov() -> None:
    [sending] = uploads(run(post=ready(media=(video(9, content_type="video/quicktime"),))))
    assert dict(sending.part(0).query)["name"].endswith(".mov")


@pytest.mark.parametrize(("later_s", "is_equal"), [(1, True), (599, True), (600, False)])
def test_token_is_requested_with_the_same_call_for_ten_minutes(later_s: float, *, is_equal: bool) -> None:
    """A replayed reply is dated by the clock of a sandbox, which can jump: another call would send the video again."""
    later = replace(described(), received_at=NOW + timedelta(seconds=later_s))
    first, second = (play(publish(ready(media=(MOVIE,)), SETTINGS), one).calls[1] for one in (described(), later))
    assert (first == second) is is_equal


def test_server_without_a_did_is_named_after_its_host() -> None:
    post = replace(ready(media=(MOVIE,)), account=replace(ready().account, data={"pds": "https://pds.test:444"}))
    [_, granting] = play(publish(post, SETTINGS), replied(200, {})).calls
    assert dict(granting.query)["aud"] == "did:web:pds.test%3A444"


@pytest.mark.parametrize("token", [None, "", "with\nline", 7])
def test_token_that_is_no_token_is_not_sent(token: object) -> None:
    transcript = play(publish(ready(media=(MOVIE,)), SETTINGS), described(), replied(200, {"token": token}))
    assert refusal(transcript).kind is FailureKind.UNAVAILABLE
    assert uploads(transcript) == []


def test_refused_token_is_requested_again_by_a_retry() -> None:
    transcript = run(replied(401, {"error": "AuthenticationRequired", "message": "jwt expired"}))
    assert refusal(transcript).kind is FailureKind.UNAVAILABLE
    assert transcript.instructions[-1] == Forget("blob-1-token")


def test_run_ends_while_the_video_is_processed() -> None:
    pause = run(ACCEPTED).instructions[-1]
    assert pause == Pause("blob-1", 2.0, 900.0)


@pytest.mark.parametrize("state", ["CREATED", "ENCODING", "ENCODED", "SCANNING", "SCANNED", "UPLOADING", "NEW_IN_2027"])
def test_later_run_reads_the_state_and_waits_again(state: str) -> None:
    transcript = run(SENT_BEFORE, job(state))
    assert isinstance(transcript.instructions[-1], Pause)
    assert transcript.calls[-1].url.endswith("getJobStatus")


@pytest.mark.parametrize(
    "reply",
    [
        COMPLETED,
        replied(200, {"jobId": "j1", "did": DID, "state": "JOB_STATE_COMPLETED", "blob": BLOB}),
        job("COMPLETED", blob=BLOB, error="already_exists", status=409),
        job("FAILED", blob=BLOB, error="already_exists"),
    ],
    ids=["in an envelope", "without one", "as an error", "as a failure"],
)
def test_blob_of_a_finished_job_is_used_whatever_its_form(reply: Reply) -> None:
    transcript = run(SENT_BEFORE, reply, put())
    assert (embed(transcript)["video"], transcript.error) == (BLOB, None)


def test_video_that_the_service_has_already_is_not_an_error() -> None:
    known = replied(409, {"jobId": "j1", "did": DID, "state": "JOB_STATE_COMPLETED", "error": "already_exists"})
    transcript = run(known, COMPLETED, put())
    assert (embed(transcript)["video"], transcript.error) == (BLOB, None)


def test_blob_in_a_reply_that_reports_a_repetition_is_used_without_a_read() -> None:
    known = replied(409, {"jobId": "", "did": DID, "state": "", "error": "already_exists", "blob": BLOB})
    assert embed(run(known, put()))["video"] == BLOB


def test_repetition_that_is_still_processed_waits_longer_because_it_is_sent_again() -> None:
    known = job("ENCODING", error="already_exists", status=409)
    assert run(known, job("ENCODING")).instructions[-1] == Pause("blob-1", 30.0, 900.0)


@pytest.mark.parametrize("reply", [replied(200, {}), replied(200, {"jobStatus": {"jobId": "", "state": ""}})])
def test_upload_without_a_job_is_retried_later(reply: Reply) -> None:
    assert refusal(run(reply)).kind is FailureKind.UNAVAILABLE


def test_video_that_is_never_processed_is_unavailable_after_15_minutes() -> None:
    flow, said = publish(ready(media=(MOVIE,)), SETTINGS), list[Instruction]()
    said.append(next(flow))
    for reply in (described(), GRANTED, ACCEPTED):
        said.append(flow.send(reply))
    assert isinstance(said[-1], Pause)
    with pytest.raises(PlatformFailure) as caught:
        flow.throw(GaveUp("blob-1", 900.0))
    assert (caught.value.kind, caught.value.rule) == (FailureKind.UNAVAILABLE, "bluesky.video.transcode_timeout")


@pytest.mark.parametrize(
    ("more", "kind", "rule"),
    [
        ({"failureCode": "validation_failure"}, FailureKind.REJECTED, "bluesky.video.job_failed"),
        ({"failureCode": "encoding_failure"}, FailureKind.REJECTED, "bluesky.video.job_failed"),
        ({"failureCode": "pds_upload_unsupported_blob_size"}, FailureKind.REJECTED, "bluesky.media.video_size_max"),
        ({"failureCode": "pds_upload_failure"}, FailureKind.UNAVAILABLE, None),
        ({"failureCode": "generic_failure"}, FailureKind.UNAVAILABLE, None),
        ({"failureCode": "new_in_2027"}, FailureKind.UNAVAILABLE, None),
        ({"failureCode": 7, "error": "video processing error", "message": None}, FailureKind.UNAVAILABLE, None),
        ({}, FailureKind.UNAVAILABLE, None),
    ],
)
def test_failed_job_is_forgotten_and_has_its_kind(more: dict[str, Any], kind: FailureKind, rule: str | None) -> None:
    transcript = run(SENT_BEFORE, job("FAILED", **{"message": "Failed to process video", **more}))
    failure = refusal(transcript)
    assert (failure.kind, failure.rule) == (kind, rule)
    assert transcript.instructions[-1] == Forget("blob-1")


def test_failure_of_a_job_states_the_reason_without_tokens() -> None:
    message = "Bad codec eyJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiJkaWQifQ"
    failure = refusal(run(SENT_BEFORE, job("FAILED", failureCode="encoding_failure", message=message)))
    assert "Bad codec (token removed)" in failure.message
    assert "1080x1920 pixels, 30 frames/s, h264" in failure.message
    assert failure.response is not None
    assert "eyJ" not in json.dumps(failure.response)


def test_finished_job_without_a_blob_is_uploaded_again() -> None:
    transcript = run(SENT_BEFORE, job("COMPLETED"))
    assert refusal(transcript).kind is FailureKind.UNAVAILABLE
    assert transcript.instructions[-1] == Forget("blob-1")


@pytest.mark.parametrize("status", [400, 404])
def test_job_that_the_service_does_not_know_is_uploaded_again(status: int) -> None:
    transcript = run(SENT_BEFORE, replied(status, {"error": "InvalidRequest", "message": "Could not find job"}))
    assert refusal(transcript).kind is FailureKind.UNAVAILABLE
    assert transcript.instructions[-1] == Forget("blob-1")


def test_blob_that_the_server_has_lost_is_uploaded_again() -> None:
    lost = replied(400, {"error": "BlobNotFound", "message": "Could not find blob"})
    transcript = run(SENT_BEFORE, COMPLETED, lost, described(), GRANTED, SENT_BEFORE, COMPLETED, put())
    assert transcript.error is None
    assert Forget("blob-1") in transcript.instructions
    assert len(uploads(transcript)) == 2


def test_video_can_be_combined_with_a_quote() -> None:
    reference = {"uri": "at://did:plc:a/app.bsky.feed.post/3k44deefqdk2g", "cid": put().data()["cid"]}
    post = ready(media=(MOVIE,), options={"quote": {**reference, "cid": "bafyreiecx6dujwoeqpdzl27w67z4h46hyklk3"}})
    found = embed(run(SENT_BEFORE, COMPLETED, put(), post=post))
    assert found["$type"] == "app.bsky.embed.recordWithMedia"
    assert found["media"]["video"] == BLOB


def test_video_without_alt_text_and_size_has_neither_field() -> None:
    post = ready(media=(video(9, width_px=None, height_px=None),))
    assert embed(run(SENT_BEFORE, COMPLETED, put(), post=post)) == {"$type": "app.bsky.embed.video", "video": BLOB}


def test_server_receives_the_video_when_there_is_no_service() -> None:
    post = ready(media=(MOVIE,))
    transcript = play(publish(post, DIRECT), described(), replied(200, {"blob": BLOB}), put())
    [sending] = uploads(transcript)
    part = sending.part(0)
    assert (part.url, part.auth, part.headers) == (
        f"{PDS}/xrpc/com.atproto.repo.uploadBlob",
        Auth.ACCOUNT,
        {"Content-Type": "video/mp4"},
    )
    assert part.body == MediaRange(UUID(int=9), 0, 5_000)
    assert embed(transcript)["video"] == BLOB
    assert [one.code for one in transcript.instructions if isinstance(one, Warn)] == ["bluesky.video.unconfirmed"]


@pytest.mark.parametrize(("is_variable", "warns"), [(True, True), (False, False), (None, False)])
def test_irregular_timestamps_have_a_warning_without_the_service(*, is_variable: bool | None, warns: bool) -> None:
    post = ready(media=(video(9, has_variable_frame_rate=is_variable),))
    said = play(publish(post, DIRECT), described()).instructions
    assert [one.code for one in said if isinstance(one, Warn)] == [
        "bluesky.video.unconfirmed",
        *(["bluesky.video.irregular_timestamps"] if warns else []),
    ]


def test_playback_is_confirmed_by_the_service() -> None:
    transcript = run(SENT_BEFORE, COMPLETED, put())
    assert not any(isinstance(one, Warn) for one in transcript.instructions)


@pytest.mark.parametrize(("limit", "is_sent"), [(5_000, True), (4_999, False), (None, True), ("1", True), (0, True)])
def test_limit_of_a_server_is_compared_before_the_upload(limit: object, *, is_sent: bool) -> None:
    transcript = play(publish(ready(media=(MOVIE,)), DIRECT), described(blobUploadLimit=limit))
    assert len(uploads(transcript)) == is_sent
    if not is_sent:
        failure = refusal(transcript)
        assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "bluesky.media.video_size_max")
        assert "5000 bytes" in failure.message
        assert "4999" in failure.message


def test_refusal_of_a_large_file_by_the_server_names_the_rule_of_videos() -> None:
    too_large = replied(413, {"error": "PayloadTooLarge", "message": "request entity too large"})
    failure = refusal(play(publish(ready(media=(MOVIE,)), DIRECT), described(), too_large))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "bluesky.media.video_size_max")


@pytest.mark.parametrize("body", [{}, {"blob": None}, {"blob": {}}])
def test_upload_to_the_server_without_a_blob_is_retried_later(body: object) -> None:
    failure = refusal(play(publish(ready(media=(MOVIE,)), DIRECT), described(), replied(200, body)))
    assert failure.kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize(("settings", "is_accepted"), [(SETTINGS, True), (DIRECT, False)])
def test_other_videos_than_mp4_need_the_service(settings: BlueskySettings, *, is_accepted: bool) -> None:
    content = PostContent(text="a", media=(video(content_type="video/quicktime"),))
    found = [one.rule for one in violations(on(PLATFORM, content), rules_for(settings))]
    assert found == ([] if is_accepted else ["bluesky.media.mime_allowed"])


def test_another_service_can_be_configured() -> None:
    settings = BlueskySettings(video_url=AnyHttpUrl("https://video.example/base/"))
    transcript = play(publish(ready(media=(MOVIE,)), settings), described(), GRANTED)
    assert uploads(transcript)[0].part(0).url == "https://video.example/base/xrpc/app.bsky.video.uploadVideo"
