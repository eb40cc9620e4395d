"""Publishing a video: the registration, the form for S3, the wait, and the Pin with its cover."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from pydantic import AnyHttpUrl

from letmepost.domain.errors import FailureKind, FixableBy, GaveUp, PlatformFailure
from letmepost.domain.flow import (
    Auth,
    Call,
    Effect,
    Forget,
    FormFile,
    Instruction,
    Live,
    MediaRange,
    Pause,
    Reply,
    Upload,
    Warn,
)
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.pinterest.publish import publish
from letmepost.platforms.pinterest.replies import explain
from tests.doubles.media import image, video
from tests.platforms.pinterest.transcripts import API, NOW, SETTINGS, created, ready, refusal, refused, replied

S3 = "https://pinterest-media-upload.s3-accelerate.amazonaws.com/"
FIELDS = {
    "x-amz-date": "20220127T185143Z",
    "x-amz-signature": "fcd6",
    "x-amz-security-token": "IQoJ",
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "key": "uploads/11/aa/22/3:video:203014033110991560:5212123920968240771",
    "policy": "eyJleHBp",
    "x-amz-credential": "ASIA/20220127/us-east-1/s3/aws4_request",
    "Content-Type": "multipart/form-data",
}
MEDIA_ID = "5212123920968240771"
STORED = Reply(status=204, received_at=NOW)
COVER = "https://example.org/cover.jpg"
UNREACHABLE = refused(400, 1, "Unable to reach the URL. Please check the URL is correct and try again.")


def registered(**changes: Any) -> Reply:
    given = {"media_id": MEDIA_ID, "media_type": "video", "upload_url": S3, "upload_parameters": FIELDS}
    return replied(201, {**given, **changes})


def status(name: object) -> Reply:
    return replied(200, {"media_id": MEDIA_ID, "media_type": "video", "status": name})


def film(**options: Any) -> ReadyPost:
    return ready("moving", media=(video(9),), options=options)


def run(*replies: Reply | Exception, post: ReadyPost | None = None) -> Transcript[None]:
    return play(publish(post or film(), SETTINGS), registered(), *replies)


def published(**options: Any) -> Any:
    call = run(STORED, status("succeeded"), created(), post=film(**options)).calls[-1]
    assert call.json is not None
    return call.json["media_source"]


def uploads(transcript: Transcript[None]) -> list[Upload]:
    return [one for one in transcript.instructions if isinstance(one, Upload)]


def s3_error(status_code: int, code: str, more: str = "") -> Reply:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code>{more}</Error>'.encode()
    return Reply(status=status_code, body=body, received_at=NOW)


def test_video_is_registered_uploaded_read_and_pinned() -> None:
    transcript = run(STORED, status("succeeded"), created("813"))
    registering, reading, creating = transcript.calls
    assert (registering.method, registering.url, registering.json) == ("POST", f"{API}/media", {"media_type": "video"})
    assert (registering.effect, registering.valid_for_s) == (Effect.PREPARE, 2700.0)
    assert (reading.method, reading.url) == ("GET", f"{API}/media/{MEDIA_ID}")
    assert creating.json is not None
    assert creating.json["media_source"] == {
        "source_type": "video_id",
        "media_id": MEDIA_ID,
        "cover_image_key_frame_time": 0,
    }
    assert transcript.instructions[-1] == Live(uri="813", url="https://www.pinterest.com/pin/813/")


def test_form_has_the_fields_in_their_order_the_file_last_and_no_token() -> None:
    [sending] = uploads(run())
    assert (sending.step, sending.part_count, sending.probe) == ("media-1", 1, None)
    file = FormFile(media=MediaRange(UUID(int=9), 0, 5_000), filename="media.mp4", content_type="video/mp4")
    assert sending.part(0) == Call(
        method="POST",
        url=S3,
        multipart=(*FIELDS.items(), ("file", file)),
        effect=Effect.WRITE,
        auth=Auth.NONE,
        timeout_s=60.0,
    )


def test_fields_are_not_shown() -> None:
    [sending] = uploads(run())
    assert "fcd6" not in repr(sending.part(0))


@pytest.mark.parametrize(
    ("options", "cover"),
    [
        ({}, {"cover_image_key_frame_time": 0}),
        ({"coverTimeS": 0}, {"cover_image_key_frame_time": 0}),
        ({"coverTimeS": 7}, {"cover_image_key_frame_time": 7}),
        ({"coverImage": COVER}, {"cover_image_url": COVER}),
        ({"coverImageUrl": COVER}, {"cover_image_url": COVER}),
    ],
)
def test_pin_has_exactly_one_cover(options: dict[str, Any], cover: dict[str, Any]) -> None:
    assert published(**options) == {"source_type": "video_id", "media_id": MEDIA_ID, **cover}


@pytest.mark.parametrize("media", [(video(9), image(1)), (image(1), video(9))])
def test_video_is_chosen_by_its_kind_and_not_by_its_place(media: Any) -> None:
    [sending] = uploads(run(post=ready("a", media=media)))
    assert sending.media.media_id == UUID(int=9)


@pytest.mark.parametrize(
    "url",
    [
        S3,
        "https://pinterest-media-upload.s3.amazonaws.com/",
        "https://pinterest.s3.us-east-1.amazonaws.com/",
        "https://s3.eu-west-1.amazonaws.com/pinterest/",
        f"{API}/uploads",
    ],
)
def test_video_is_sent_to_s3_or_to_the_api(url: str) -> None:
    transcript = play(publish(film(), SETTINGS), registered(upload_url=url))
    assert uploads(transcript)[0].part(0).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://pinterest-media-upload.s3.amazonaws.com/",
        "https://pinterest-media-upload.s3.amazonaws.com:8443/",
        "https://s3.amazonaws.com.example.org/",
        "https://example.org/s3.amazonaws.com",
        "https://ec2-1-2-3-4.compute.amazonaws.com/",
        "https://api.pinterest.com.example.org/",
        "https://user@s3.amazonaws.com/",
        "https://[",
        "ftp://s3.amazonaws.com/",
        "nowhere",
    ],
)
def test_video_is_sent_to_no_other_host(url: str) -> None:
    transcript = play(publish(film(), SETTINGS), registered(upload_url=url))
    failure = refusal(transcript)
    assert (failure.kind, failure.rule) == (FailureKind.UNAVAILABLE, "pinterest.video.upload_address")
    assert failure.fixable_by is FixableBy.OPERATOR
    assert uploads(transcript) == []


def test_simulated_storage_is_part_of_the_api() -> None:
    settings = SETTINGS.model_copy(update={"api_url": AnyHttpUrl("http://127.0.0.1:8090/org/pinterest")})
    url = "http://127.0.0.1:8090/org/pinterest/media-upload/"
    assert uploads(play(publish(film(), settings), registered(upload_url=url))) != []


@pytest.mark.parametrize(
    "changes",
    [
        {"media_id": None},
        {"media_id": 5},
        {"upload_url": None},
        {"upload_parameters": None},
        {"upload_parameters": {}},
        {"upload_parameters": {**FIELDS, "policy": 7}},
    ],
)
def test_incomplete_registration_is_retried_later(changes: dict[str, Any]) -> None:
    failure = refusal(play(publish(film(), SETTINGS), registered(**changes)))
    assert failure.kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("name", ["registered", "processing"])
def test_run_ends_while_the_video_is_processed(name: str) -> None:
    assert run(STORED, status(name)).instructions[-1] == Pause("media-1", 5.0, 900.0)


def test_video_that_is_never_processed_is_unavailable_after_15_minutes() -> None:
    flow, said = publish(film(), SETTINGS), list[Instruction]()
    said.append(next(flow))
    for reply in (registered(), STORED, status("processing")):
        said.append(flow.send(reply))
    assert isinstance(said[-1], Pause)
    with pytest.raises(PlatformFailure) as caught:
        flow.throw(GaveUp("media-1", 900.0))
    assert (caught.value.kind, caught.value.rule) == (FailureKind.UNAVAILABLE, "pinterest.video.transcode_timeout")


def test_video_that_cannot_be_processed_is_rejected_and_registered_again_by_a_retry() -> None:
    transcript = run(STORED, status("failed"))
    failure = refusal(transcript)
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "pinterest.video.transcode_failed")
    assert "1080x1920 pixels, 30 frames/s, h264" in failure.message
    assert transcript.instructions[-1] == Forget("media-1-registration")


@pytest.mark.parametrize(
    ("reply", "kind", "forgets"),
    [
        (status("new"), FailureKind.UNAVAILABLE, False),
        (status(None), FailureKind.UNAVAILABLE, False),
        (replied(200, []), FailureKind.UNAVAILABLE, False),
        (refused(500, 500), FailureKind.UNAVAILABLE, False),
        (refused(429, 8), FailureKind.RATE_LIMITED, False),
        (refused(401, 2), FailureKind.AUTH_FAILED, False),
        (refused(404, 404), FailureKind.UNAVAILABLE, True),
    ],
)
def test_other_reply_to_the_read_has_its_kind(reply: Reply, kind: FailureKind, *, forgets: bool) -> None:
    transcript = run(STORED, reply)
    assert refusal(transcript).kind is kind
    assert (Forget("media-1-registration") in transcript.instructions) is forgets


@pytest.mark.parametrize(
    ("reply", "kind", "rule"),
    [
        (s3_error(400, "EntityTooLarge"), FailureKind.REJECTED, "pinterest.video.size_max"),
        (s3_error(400, "InvalidArgument"), FailureKind.REJECTED, "pinterest.video.upload_failed"),
        (s3_error(400, "RequestTimeout"), FailureKind.UNAVAILABLE, None),
        (s3_error(403, "AccessDenied"), FailureKind.UNAVAILABLE, None),
        (s3_error(503, "SlowDown"), FailureKind.UNAVAILABLE, None),
        (replied(401), FailureKind.UNAVAILABLE, None),
        (replied(413), FailureKind.REJECTED, "pinterest.video.upload_failed"),
        (replied(301), FailureKind.UNAVAILABLE, None),
        (replied(500), FailureKind.UNAVAILABLE, None),
    ],
)
def test_refusal_of_the_storage_has_its_kind(reply: Reply, kind: FailureKind, rule: str | None) -> None:
    failure = refusal(run(reply))
    assert (failure.kind, failure.rule) == (kind, rule)


def test_expired_permission_to_upload_is_requested_again() -> None:
    transcript = run(s3_error(403, "AccessDenied"))
    assert transcript.instructions[-1] == Forget("media-1-registration")


def test_refusal_of_the_storage_shows_its_code_only() -> None:
    [sending] = uploads(run())
    secret = "<StringToSign>eyJleHBp</StringToSign><AWSAccessKeyId>ASIASECRET</AWSAccessKeyId>"
    failure = explain(sending.part(0), s3_error(403, "SignatureDoesNotMatch", secret))
    assert failure.response == {"status": 403, "code": "SignatureDoesNotMatch", "body": ""}
    assert "ASIASECRET" not in json.dumps(failure.response) + failure.message


def test_cover_that_pinterest_cannot_fetch_is_retried_and_then_a_matter_of_the_caller() -> None:
    flow = publish(film(coverImage=COVER), SETTINGS)
    next(flow)
    for reply in (registered(), STORED, status("succeeded")):
        flow.send(reply)
    assert isinstance(flow.send(UNREACHABLE), Pause)
    assert isinstance(flow.throw(GaveUp("post-fetch-soon", 20.0)), Pause)
    with pytest.raises(PlatformFailure) as caught:
        flow.throw(GaveUp("post-fetch-later", 1800.0))
    assert (caught.value.kind, caught.value.rule) == (FailureKind.REJECTED, "pinterest.cover_image_url.reachable")
    assert caught.value.fixable_by is not FixableBy.OPERATOR


def test_pin_without_a_cover_is_rejected() -> None:
    no_cover = refused(400, 1, "one of cover_image_url or cover_image_content_type is required")
    failure = refusal(run(STORED, status("succeeded"), no_cover))
    assert failure.kind is FailureKind.REJECTED
    assert "cover_image_url" in failure.message


def test_tall_video_has_no_warning_about_images() -> None:
    post = replace(film(), content=replace(film().content, media=(video(9, width_px=100, height_px=900),)))
    said = run(STORED, status("succeeded"), created(), post=post).instructions
    assert not any(isinstance(one, Warn) for one in said)
