"""Publishing: the session, the bytes, and what follows the upload."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Effect, Extra, Forget, Instruction, Live, MediaRange, Pause, Reply, Upload, Warn
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.youtube.processing import await_processing
from letmepost.platforms.youtube.publish import publish
from letmepost.platforms.youtube.upload import stored_bytes
from tests.doubles.media import image, video
from tests.platforms.youtube.transcripts import (
    AWAY,
    NOW,
    SESSION,
    SETTINGS,
    UPLOADS,
    VIDEO,
    incomplete,
    listed,
    opened,
    ready,
    refusal,
    refused,
    replied,
    state,
    uploaded,
)

DONE = state()
SIZE = 5_000
LATER = (NOW + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
GONE = replied(404, b"Not Found")
THUMBNAIL: dict[str, Any] = {
    "options": {"thumbnail": "med_1"},
    "option_media": {"thumbnail": image(content_type="image/png")},
}


def run(post: ReadyPost, *replies: Reply | Exception, **settings: int) -> Transcript[None]:
    return play(publish(post, SETTINGS.model_copy(update=settings)), *replies)


def opening(post: ReadyPost) -> Call:
    return run(post).calls[0]


def upload_of(post: ReadyPost, session: Reply | None = None, **settings: int) -> Upload:
    [upload] = (one for one in run(post, session or opened(), **settings).instructions if isinstance(one, Upload))
    return upload


def warnings(transcript: Transcript[None]) -> list[str]:
    return [one.code for one in transcript.instructions if isinstance(one, Warn)]


def test_session_is_opened_with_the_metadata_and_the_length() -> None:
    options = {"tags": ["a", "two words"], "categoryId": "27", "containsSyntheticMedia": True, "privacy": "unlisted"}
    assert opening(ready("A text", options=options)) == Call(
        method="POST",
        url=f"{UPLOADS}/videos",
        query=(("uploadType", "resumable"), ("part", "snippet,status"), ("notifySubscribers", "false")),
        headers={
            "content-type": "application/json; charset=UTF-8",
            "X-Upload-Content-Length": "5000",
            "X-Upload-Content-Type": "video/mp4",
        },
        json={
            "snippet": {"title": "A title", "description": "A text", "tags": ["a", "two words"], "categoryId": "27"},
            "status": {"privacyStatus": "unlisted", "selfDeclaredMadeForKids": False, "containsSyntheticMedia": True},
        },
        effect=Effect.PREPARE,
        step="session",
        timeout_s=30.0,
    )


def test_privacy_and_notification_are_always_sent() -> None:
    call = opening(ready())
    assert call.json is not None
    assert call.json["status"]["privacyStatus"] == "public"
    assert ("notifySubscribers", "true") in call.query


@pytest.mark.parametrize(
    ("options", "notifies"),
    [
        ({"privacy": "private"}, "false"),
        ({"publishAt": LATER}, "true"),
        ({"notifySubscribers": False}, "false"),
        ({"privacy": "unlisted", "notifySubscribers": True}, "true"),
    ],
)
def test_subscribers_are_notified_of_public_videos_unless_the_caller_decides(
    options: dict[str, Any], notifies: str
) -> None:
    assert ("notifySubscribers", notifies) in opening(ready(options=options)).query


@pytest.mark.parametrize("title", ["Grüße 🎉", " #a ", "a" * 100])
def test_texts_are_sent_unchanged_even_for_a_short(title: str) -> None:
    call = opening(ready(" text\n#x ", options={"title": title, "kind": "short"}))
    assert call.json is not None
    assert call.json["snippet"] == {"title": title, "description": " text\n#x "}


def test_scheduled_video_is_private_in_the_same_call() -> None:
    call = opening(ready(options={"publishAt": "2026-11-29T14:00:00+02:00"}))
    assert call.json is not None
    assert (call.json["status"]["privacyStatus"], call.json["status"]["publishAt"]) == (
        "private",
        "2026-11-29T12:00:00Z",
    )


def test_scheduled_time_that_has_passed_is_refused_before_a_session_is_opened() -> None:
    transcript = run(ready(options={"publishAt": "2026-11-29T09:00:00Z"}))
    assert (refusal(transcript).rule, transcript.calls) == ("youtube.publish_at.future", [])


def test_scheduled_time_that_passed_in_a_queue_is_refused_before_a_byte_is_sent() -> None:
    transcript = run(ready(options={"publishAt": LATER}), opened(received_at=NOW + timedelta(hours=3)))
    assert (refusal(transcript).kind, refusal(transcript).rule) == (FailureKind.REJECTED, "youtube.publish_at.future")
    assert not any(isinstance(one, Upload) for one in transcript.instructions)


def test_scheduled_time_that_passes_between_two_parts_is_refused_before_the_last_byte() -> None:
    upload = upload_of(ready(options={"publishAt": LATER}), opened(replayed=True))
    assert upload.moved_to is not None
    assert upload.moved_to(incomplete(99)) is None
    late = NOW + timedelta(hours=3)
    with pytest.raises(PlatformFailure, match="has passed"):
        upload.moved_to(replace(incomplete(99), received_at=late))
    for undecided in (uploaded(), incomplete(SIZE - 1), replied(308, range="?")):
        assert upload.moved_to(replace(undecided, received_at=late)) is None


def test_parts_have_inclusive_ranges_of_one_total_and_the_last_one_publishes() -> None:
    size = 2 * 262_144 + 1
    upload = upload_of(ready(media=(video(size_bytes=size),)), chunk_bytes=262_144)
    parts = [upload.part(first) for first in (0, 262_144, 524_288)]
    assert [part.headers["Content-Range"] for part in parts] == [
        f"bytes 0-262143/{size}",
        f"bytes 262144-524287/{size}",
        f"bytes 524288-524288/{size}",
    ]
    assert [part.effect for part in parts] == [Effect.WRITE, Effect.WRITE, Effect.PUBLISH]
    assert parts[1].body == MediaRange(video().media_id, 262_144, 262_144)


@pytest.mark.parametrize("size", [1, 262_143, 262_144, 524_288, 524_289])
def test_every_part_but_the_last_is_a_multiple_of_256_kib(size: int) -> None:
    upload = upload_of(ready(media=(video(size_bytes=size),)), chunk_bytes=262_144)
    lengths = [upload.part(262_144 * number).media_bytes for number in range(upload.part_count)]
    assert sum(lengths) == size
    assert all(length % 262_144 == 0 for length in lengths[:-1])


def test_probe_sends_no_bytes_and_asks_for_the_range() -> None:
    probe = upload_of(ready()).probe
    assert probe is not None
    assert (probe.method, probe.headers["Content-Range"], probe.body, probe.effect) == (
        "PUT",
        "bytes */5000",
        b"",
        Effect.READ,
    )


def test_new_session_is_not_probed_and_an_earlier_one_is() -> None:
    assert upload_of(ready()).is_new
    assert not upload_of(ready(), opened(replayed=True)).is_new


@pytest.mark.parametrize(
    ("reply", "stored"),
    [
        (incomplete(262_143), 262_144),
        (replied(308, range="0-262143"), 262_144),
        (replied(308, range="bytes=0-0"), 1),
        (incomplete(), 0),
        (replied(308, range="bytes 0-262143/5000"), None),
        (replied(308, range="bytes=5-9"), None),
        (replied(308, range=""), None),
        (uploaded(), SIZE),
        (replied(200), SIZE),
        (GONE, None),
        (replied(503), None),
    ],
)
def test_stored_bytes_are_read_from_any_form_of_the_range(reply: Reply, stored: int | None) -> None:
    assert stored_bytes(reply, SIZE) == stored


def test_session_url_is_in_no_repr_of_an_instruction() -> None:
    transcript = run(ready(), opened(), uploaded())
    upload = upload_of(ready())
    shown = repr([*transcript.instructions, upload.part(0), upload.probe])
    assert "AEnB2Us3cret" not in shown
    assert dict(upload.part(0).query)["upload_id"] == "AEnB2Us3cret"
    assert upload.part(0).url == f"{UPLOADS}/videos"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/upload?upload_id=AEnB2Us3cret",
        "http://www.googleapis.com/upload?upload_id=AEnB2Us3cret",
        "https://www.googleapis.com.evil.example/?upload_id=AEnB2Us3cret",
        "https://www.googleapis.com@evil.example/?upload_id=AEnB2Us3cret",
        "/upload?upload_id=AEnB2Us3cret",
        "https://[",
    ],
)
def test_session_on_another_host_is_refused(url: str) -> None:
    failure = refusal(run(ready(), opened(url)))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "youtube.session.host")
    assert "AEnB2Us3cret" not in failure.message
    moved_to = upload_of(ready()).moved_to
    assert moved_to is not None
    with pytest.raises(PlatformFailure, match="another host"):
        moved_to(incomplete(9, location=url))


def test_new_session_url_is_adopted_only_from_an_incomplete_reply() -> None:
    moved_to = upload_of(ready()).moved_to
    assert moved_to is not None
    assert moved_to(incomplete(9, location=f"{SESSION}2")) == f"{SESSION}2"
    assert moved_to(replied(201, {}, location=f"{SESSION}2")) is None


@pytest.mark.parametrize("reply", [replied(200), replied(200, location="")])
def test_reply_without_a_session_is_unavailable(reply: Reply) -> None:
    assert refusal(run(ready(), reply)).kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("reply", [GONE, replied(410)])
def test_session_that_ended_before_the_last_byte_is_replaced_once(reply: Reply) -> None:
    transcript = run(ready(), opened(replayed=True), reply, opened(), uploaded())
    assert [type(one) for one in transcript.instructions[:5]] == [Call, Upload, Forget, Call, Upload]
    assert Forget("session") in transcript.instructions
    assert isinstance(transcript.instructions[5], Live)
    twice = run(ready(), opened(), reply, opened(), reply)
    assert refusal(twice).kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize("reply", [incomplete(SIZE - 1), replied(308, range="?"), replied(503, retry_after="9")])
def test_session_that_may_still_live_is_asked_again_later_and_not_replaced(reply: Reply) -> None:
    transcript = run(ready(), opened(), reply)
    assert refusal(transcript).kind is FailureKind.UNAVAILABLE
    assert not any(isinstance(one, Forget) for one in transcript.instructions)


@pytest.mark.parametrize("body", [{}, {"id": ""}, {"id": 5}, b"<html>"])
def test_success_without_an_id_is_in_doubt(body: object) -> None:
    assert refusal(run(ready(), opened(), replied(200, body))).kind is FailureKind.IN_DOUBT


def test_metadata_error_is_final() -> None:
    failure = refusal(run(ready(), refused(400, "invalidTitle", "resumable upload error")))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "youtube.title.invalid")


def test_video_is_live_before_anything_else_is_asked() -> None:
    transcript = run(ready(), opened(), uploaded())
    assert transcript.instructions[2] == Live(uri=VIDEO, url=f"https://www.youtube.com/watch?v={VIDEO}")
    assert transcript.calls[1].effect is Effect.READ


def test_other_privacy_than_requested_is_a_warning_that_names_both() -> None:
    transcript = run(ready(), opened(), uploaded("private"), DONE)
    [warning] = (one for one in transcript.instructions if isinstance(one, Warn))
    assert warning.code == "youtube.privacy.changed"
    assert "public" in warning.message
    assert "private" in warning.message
    assert transcript.error is None


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (state("rejected", rejectionReason="duplicate"), "youtube.video.duplicate"),
        (state("rejected", rejectionReason="copyright"), "youtube.video.rejected"),
        (state("deleted"), "youtube.video.rejected"),
        (state("failed", "failed", failureReason="codec"), "youtube.processing.failed"),
        (state("uploaded", "terminated"), "youtube.processing.failed"),
        (refused(403, "quotaExceeded"), "youtube.processing.unconfirmed"),
    ],
)
def test_problem_after_the_upload_is_a_warning(reply: Reply, code: str) -> None:
    transcript = run(ready(), opened(), uploaded(), reply)
    assert (warnings(transcript), transcript.error) == ([code], None)


def test_rejected_video_gets_no_additions() -> None:
    transcript = run(ready(first_comment="more"), opened(), uploaded(), state("rejected"))
    assert len(transcript.calls) == 2


def reads(*, is_processing_forever: bool) -> tuple[int, list[Instruction]]:
    """Await processing as a worker does, which starts the flow again after each pause. Return the number of reads."""
    now_s, first_pause_s, count = 0.0, None, 0
    said: list[Instruction] = []
    while True:
        flow = await_processing(SETTINGS, VIDEO, NOW)
        instruction, paused_s = next(flow), None
        try:
            while paused_s is None:
                said.append(instruction)
                if isinstance(instruction, Call):
                    count += 1
                    pending = state("uploaded", "processing", after_s=now_s)
                    instruction = flow.send(pending if is_processing_forever or count < 3 else DONE)
                elif isinstance(instruction, Pause):
                    first_pause_s = now_s if first_pause_s is None else first_pause_s
                    if now_s - first_pause_s >= instruction.give_up_after_s:
                        instruction = flow.throw(GaveUp(instruction.step, instruction.give_up_after_s))
                    else:
                        paused_s = instruction.seconds
                else:
                    instruction = next(flow)
        except StopIteration:
            return count, said
        now_s += paused_s


def test_processing_costs_at_most_twelve_units() -> None:
    count, said = reads(is_processing_forever=True)
    assert 8 <= count <= 12
    [warning] = (one for one in said if isinstance(one, Warn))
    assert warning.code == "youtube.processing.unconfirmed"
    assert [one.seconds for one in said if isinstance(one, Pause)][:4] == [15.0, 15.0, 30.0, 60.0]


def test_processing_that_ends_is_no_warning() -> None:
    count, said = reads(is_processing_forever=False)
    assert (count, [one for one in said if isinstance(one, Warn)]) == (3, [])


@pytest.mark.parametrize("reply", [AWAY, replied(503), refused(429, "rateLimitExceeded"), listed()])
def test_status_that_cannot_be_read_is_read_again_later(reply: Reply | Exception) -> None:
    transcript = run(ready(first_comment="more"), opened(), uploaded(), reply)
    assert isinstance(transcript.instructions[-1], Pause)


def test_additions_follow_in_order_with_their_calls() -> None:
    post = ready(
        first_comment="First!",
        option_media={"thumbnail": image(content_type="image/png")},
        options={
            "thumbnail": "med_1",
            "playlistId": "PL1",
            "captions": [{"language": "en", "name": "English", "text": "WEBVTT\n"}],
        },
    )
    transcript = run(
        post,
        opened(),
        uploaded(),
        DONE,
        replied(200, {}),
        replied(200, {}),
        replied(200, {}),
        replied(200, {"id": "Ug1"}),
    )
    thumbnail, playlist, captions, comment = transcript.calls[2:]
    assert (thumbnail.url, dict(thumbnail.query)["videoId"]) == (f"{UPLOADS}/thumbnails/set", VIDEO)
    assert (thumbnail.headers["Content-Type"], thumbnail.media_bytes) == ("image/png", 1_000)
    assert playlist.json == {
        "snippet": {"playlistId": "PL1", "resourceId": {"kind": "youtube#video", "videoId": VIDEO}}
    }
    boundary = bytes(range(32)).hex()
    assert captions.headers["Content-Type"] == f"multipart/related; boundary={boundary}"
    assert (
        captions.body
        == (
            f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
            f'{{"snippet": {{"videoId": "{VIDEO}", "language": "en", "name": "English", "isDraft": false}}}}\r\n'
            f"--{boundary}\r\nContent-Type: application/octet-stream\r\n\r\nWEBVTT\n\r\n--{boundary}--\r\n"
        ).encode()
    )
    assert comment.json == {"snippet": {"videoId": VIDEO, "topLevelComment": {"snippet": {"textOriginal": "First!"}}}}
    assert transcript.instructions[-1] == Extra(name="firstComment", uri="Ug1")
    assert [call.effect for call in (playlist, captions, comment)] == [Effect.PUBLISH] * 3


@pytest.mark.parametrize(
    ("content", "reply", "code"),
    [
        (THUMBNAIL, refused(403, "forbidden", domain="youtube.thumbnail"), "youtube.thumbnail.refused"),
        (THUMBNAIL, refused(403, "quotaExceeded"), "youtube.thumbnail.refused"),
        ({"options": {"playlistId": "PL1"}}, refused(404, "playlistNotFound"), "youtube.playlist.refused"),
        (
            {"options": {"captions": [{"language": "de", "text": "a"}]}},
            refused(403, "insufficientPermissions"),
            "youtube.captions.refused",
        ),
        ({"first_comment": "more"}, refused(403, "commentsDisabled"), "youtube.first_comment.refused"),
    ],
)
def test_refused_addition_is_a_warning_with_status_and_reason(content: Any, reply: Reply, code: str) -> None:
    transcript = run(ready(**content), opened(), uploaded(), DONE, reply)
    assert (warnings(transcript), transcript.error) == ([code], None)
    [warning] = (one for one in transcript.instructions if isinstance(one, Warn))
    reason = reply.data()["error"]["errors"][0]["reason"]
    assert f"HTTP {reply.status}, {reason}" in warning.message


@pytest.mark.parametrize("reply", [refused(503, "backendError"), refused(429, "uploadRateLimitExceeded"), AWAY])
def test_addition_is_tried_again_when_youtube_is_unavailable(reply: Reply | Exception) -> None:
    transcript = run(ready(**THUMBNAIL), opened(), uploaded(), DONE, reply)
    assert refusal(transcript).kind in {FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED}
    assert any(isinstance(one, Live) for one in transcript.instructions)


def test_refused_addition_does_not_prevent_the_next_one() -> None:
    refused_thumbnail = refused(400, "invalidImage")
    post = ready(first_comment="more", **THUMBNAIL)
    transcript = run(post, opened(), uploaded(), DONE, refused_thumbnail, replied(200, {"id": "Ug1"}))
    assert isinstance(transcript.instructions[-1], Extra)
