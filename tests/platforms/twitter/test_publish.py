"""Publishing: the calls, their order, and the announced results."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import (
    Call,
    Effect,
    Extra,
    Forget,
    FormFile,
    Instruction,
    Live,
    MediaRange,
    Part,
    Pause,
    Upload,
    Warn,
)
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter.publish import publish
from letmepost.platforms.twitter.unpublish import unpublish
from tests.platforms.twitter.transcripts import (
    ACCOUNT,
    API,
    SETTINGS,
    created,
    gif,
    image,
    ready,
    recorded,
    replied,
    uri,
    video,
)

IMAGE_ID, GIF_ID = "1880028106020515840", "1880028106020515841"
SEGMENT = 1024 * 1024


def bodies(*calls: Call) -> list[Any]:
    return [call.json for call in calls if call.effect is Effect.PUBLISH]


def segments_of(instructions: Sequence[Instruction]) -> list[Call]:
    """Return the calls of the only upload."""
    [upload] = [said for said in instructions if isinstance(said, Upload)]
    return [upload.part(first) for first in range(0, upload.media.length_bytes, SEGMENT)]


def failure_of(post: ReadyPost, *replies: Any) -> PlatformFailure:
    error = play(publish(post, SETTINGS), *replies).error
    assert isinstance(error, PlatformFailure)
    return error


def test_text_is_one_call_and_then_live() -> None:
    call, live = play(publish(ready("hello"), SETTINGS), created("11")).instructions
    assert isinstance(call, Call)
    assert (call.method, call.url, call.json) == ("POST", f"{API}/2/tweets", {"text": "hello"})
    assert (call.effect, call.step, call.idempotent) == (Effect.PUBLISH, "post", False)
    assert live == Live(uri=uri("11"), url=uri("11"))


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        ({"replyToTweetId": "7"}, {"reply": {"in_reply_to_tweet_id": "7"}}),
        ({"quoteTweetId": "8"}, {"quote_tweet_id": "8"}),
        ({"replySettings": "mentionedUsers"}, {"reply_settings": "mentionedUsers"}),
        ({"replySettings": "everyone"}, {}),
        ({"madeWithAi": True}, {"made_with_ai": True}),
        (
            {"poll": {"options": ["a", "b"], "durationMinutes": 60}},
            {"poll": {"options": ["a", "b"], "duration_minutes": 60}},
        ),
    ],
)
def test_options_become_fields_of_the_post(options: dict[str, Any], extra: dict[str, Any]) -> None:
    [call] = play(publish(ready("hello", options=options), SETTINGS)).calls
    assert call.json == {"text": "hello", **extra}


def test_thread_is_a_chain_of_replies_and_each_is_reported() -> None:
    post = ready(
        "one",
        thread=(ThreadPart(text="two"), ThreadPart(text="three")),
        first_comment="comment",
        options={"replyToTweetId": "7", "madeWithAi": True, "replySettings": "following"},
    )
    transcript = play(publish(post, SETTINGS), *(created(str(number)) for number in (11, 12, 13, 14)))
    transcript.value()
    label = {"made_with_ai": True}
    assert bodies(*transcript.calls) == [
        {"text": "one", **label, "reply_settings": "following", "reply": {"in_reply_to_tweet_id": "7"}},
        {"text": "two", **label, "reply": {"in_reply_to_tweet_id": "11"}},
        {"text": "three", **label, "reply": {"in_reply_to_tweet_id": "12"}},
        {"text": "comment", "reply": {"in_reply_to_tweet_id": "11"}},
    ]
    assert [call.step for call in transcript.calls] == ["post", "thread-1", "thread-2", "comment"]
    assert [said for said in transcript.instructions if not isinstance(said, Call)] == [
        Part(index=0, uri=uri("11"), url=uri("11")),
        Part(index=1, uri=uri("12"), url=uri("12")),
        Part(index=2, uri=uri("13"), url=uri("13")),
        Live(uri=uri("11"), url=uri("11")),
        Extra(name="firstComment", uri=uri("14")),
    ]


def test_permanently_refused_comment_is_a_warning() -> None:
    post = ready("hello", first_comment="comment")
    refused = replied(403, {"detail": "You are not permitted to perform this action.", "type": "about:blank"})
    *_, warning = play(publish(post, SETTINGS), created("11"), refused).instructions
    assert isinstance(warning, Warn)
    assert warning.code == "twitter.first_comment.refused"


def test_image_is_uploaded_in_one_piece_with_its_alt_text() -> None:
    described = replace(image(7), alt_text="A cat")
    post = ready("", media=(described, image(8)))
    other = replied(200, {"data": {"id": "22"}})
    transcript = play(publish(post, SETTINGS), recorded("upload_image"), recorded("metadata"), other, created("11"))
    upload, alt, second, create = transcript.calls
    file = FormFile(media=MediaRange(UUID(int=7), 0, 123_456), filename="media.jpeg", content_type="image/jpeg")
    assert (upload.url, upload.multipart) == (
        f"{API}/2/media/upload",
        (("media_category", "tweet_image"), ("media", file)),
    )
    assert (alt.url, alt.json) == (
        f"{API}/2/media/metadata",
        {"id": IMAGE_ID, "metadata": {"alt_text": {"text": "A cat"}}},
    )
    assert create.json == {"text": "", "media": {"media_ids": [IMAGE_ID, "22"]}}
    prepared = (upload, alt, second)
    assert [call.step for call in prepared] == ["media-1", "media-1-alt", "media-2"]
    assert all(call.effect is Effect.PREPARE and (call.valid_for_s or 0) < 86_400 for call in prepared)


def test_gif_is_uploaded_in_segments_and_waited_for() -> None:
    post = ready(media=(gif(7, size_bytes=2_500_000),))
    replies = [recorded("initialize"), recorded("append"), recorded("finalize")]
    transcript = play(publish(post, SETTINGS), *replies)
    initialize, finalize = transcript.calls
    segments = segments_of(transcript.instructions)
    assert [(call.effect, call.url) for call in segments] == [
        (Effect.WRITE, f"{API}/2/media/upload/{GIF_ID}/append")
    ] * 3
    assert initialize.json == {"media_type": "image/gif", "total_bytes": 2_500_000, "media_category": "tweet_gif"}
    sent = [dict(call.multipart or ()) for call in segments]
    assert [fields["segment_index"] for fields in sent] == ["0", "1", "2"]
    ranges = [fields["media"].media for fields in sent if isinstance(fields["media"], FormFile)]
    assert [(part.first_byte, part.length_bytes) for part in ranges] == [
        (0, SEGMENT),
        (SEGMENT, SEGMENT),
        (2 * SEGMENT, 2_500_000 - 2 * SEGMENT),
    ]
    assert finalize.url == f"{API}/2/media/upload/{GIF_ID}/finalize"
    assert transcript.instructions[-1] == Pause("media-1-processing", seconds=1.0, give_up_after_s=3600.0)


def started(post: ReadyPost, *replies: Any) -> Transcript[None]:
    """Return the transcript of a post with a GIF or a video, from the start of its upload on."""
    return play(publish(post, SETTINGS), recorded("initialize"), *replies)


VIDEO = ready(media=(video(7),))


def test_video_is_uploaded_in_segments_and_waited_for() -> None:
    transcript = started(VIDEO, recorded("append"), recorded("finalize"))
    assert transcript.calls[0].json == {
        "media_type": "video/mp4",
        "total_bytes": 2_500_000,
        "media_category": "tweet_video",
    }
    assert [dict(call.multipart or ())["segment_index"] for call in segments_of(transcript.instructions)] == [*"012"]
    assert transcript.instructions[-1] == Pause("media-1-processing", seconds=1.0, give_up_after_s=3600.0)
    done = started(VIDEO, recorded("append"), replace(recorded("finalize"), replayed=True), SUCCEEDED, created("11"))
    done.value()
    assert bodies(*done.calls) == [{"text": "hello", "media": {"media_ids": [GIF_ID]}}]


def sizes_tried(size_bytes: int, *replies: Any) -> list[int]:
    """Return the sizes of segments in which a video is sent after these replies."""
    transcript = started(ready(media=(video(size_bytes=size_bytes),)), *replies)
    return [said.chunk_bytes for said in transcript.instructions if isinstance(said, Upload)]  # type: ignore[misc]  # ints


@pytest.mark.parametrize("size_bytes", [1, 1000 * SEGMENT, 1000 * SEGMENT + 1, 5_000_000_000])
def test_file_has_at_most_1000_segments(size_bytes: int) -> None:
    [segment_bytes] = sizes_tried(size_bytes)
    assert segment_bytes == max(SEGMENT, -(-size_bytes // 1000))


def test_size_of_segments_is_a_setting() -> None:
    settings = SETTINGS.model_copy(update={"segment_bytes": 2 * SEGMENT})
    transcript = play(publish(VIDEO, settings), recorded("initialize"))
    assert [said.part_count for said in transcript.instructions if isinstance(said, Upload)] == [2]


@pytest.mark.parametrize("status", [413, 431])
@pytest.mark.parametrize(
    ("size_bytes", "tried"),
    [
        (600_000_000, [SEGMENT]),
        (500_000_000, [SEGMENT, SEGMENT // 2]),
        (2_500_000, [SEGMENT, SEGMENT // 2, SEGMENT // 4]),
        (400_000, [SEGMENT, SEGMENT // 4]),
        (1_000, [SEGMENT]),
    ],
)
def test_segments_that_are_too_large_are_sent_again_in_smaller_ones(
    status: int, size_bytes: int, tried: list[int]
) -> None:
    refused = replace(replied(status, {}), body=b"")
    assert sizes_tried(size_bytes, *[refused] * 3) == tried
    if len(tried) > 1:
        assert sizes_tried(size_bytes, refused, recorded("append")) == tried[:2]


SEGMENT_MISSING = replied(400, {"errors": [{"message": "Segments do not add up to provided total file size."}]})
UNKNOWN = recorded("not_found")


@pytest.mark.parametrize(
    "replies",
    [
        (UNKNOWN,),
        (recorded("append"), UNKNOWN),
        (recorded("append"), SEGMENT_MISSING),
        (recorded("append"), replace(recorded("finalize"), replayed=True), UNKNOWN),
    ],
)
def test_upload_that_x_has_lost_is_begun_again_in_the_next_run(replies: Sequence[Any]) -> None:
    transcript = started(VIDEO, *replies)
    assert isinstance(transcript.error, PlatformFailure)
    assert transcript.error.kind is FailureKind.UNAVAILABLE
    assert transcript.instructions[-1] == Forget("media-1")


def test_page_of_a_proxy_does_not_end_an_upload() -> None:
    transcript = started(VIDEO, recorded("append"), replace(UNKNOWN, body=b"<html>"))
    assert isinstance(transcript.error, PlatformFailure)
    assert transcript.error.kind is FailureKind.UNAVAILABLE
    assert Forget("media-1") not in transcript.instructions


@pytest.mark.parametrize(("status", "kind"), [(413, FailureKind.REJECTED), (429, FailureKind.RATE_LIMITED)])
def test_refused_segment_publishes_nothing(status: int, kind: FailureKind) -> None:
    replies = [recorded("initialize"), replied(status, {})]
    transcript = play(publish(ready(media=(gif(7, size_bytes=100),)), SETTINGS), *replies)
    assert isinstance(transcript.error, PlatformFailure)
    assert transcript.error.kind is kind
    assert bodies(*transcript.calls) == []


def test_gif_with_one_frame_is_uploaded_as_an_image() -> None:
    post = ready(media=(gif(7, frame_count=1), gif(8, frame_count=1)))
    second = replied(200, {"data": {"id": "22"}})
    transcript = play(publish(post, SETTINGS), recorded("upload_image"), second, created("11"))
    transcript.value()
    sent = [dict(call.multipart or ()).get("media_category") for call in transcript.calls]
    assert sent == ["tweet_image", "tweet_image", None]


def test_gif_status_is_read_again_when_the_run_continues() -> None:
    known = [recorded("initialize"), recorded("append"), recorded("finalize")]
    replies = [*(replace(reply, replayed=True) for reply in known), recorded("status_succeeded"), created("11")]
    transcript = play(publish(ready(media=(gif(7, size_bytes=2_500_000),)), SETTINGS), *replies)
    transcript.value()
    *_, status, create = transcript.calls
    assert (status.url, status.query) == (f"{API}/2/media/upload", (("command", "STATUS"), ("media_id", GIF_ID)))
    assert create.json == {"text": "hello", "media": {"media_ids": [GIF_ID]}}


@pytest.mark.parametrize(
    ("info", "kind"),
    [
        ({"name": "InvalidMedia"}, FailureKind.REJECTED),
        ({"name": "InternalError"}, FailureKind.UNAVAILABLE),
        (None, FailureKind.REJECTED),
    ],
)
def test_gif_that_cannot_be_processed_is_uploaded_again(info: object, kind: FailureKind) -> None:
    finalized = replied(200, {"data": {"id": GIF_ID, "processing_info": {"state": "failed", "error": info}}})
    replies = [recorded("initialize"), recorded("append"), finalized]
    transcript = play(publish(ready(media=(gif(7, size_bytes=100),)), SETTINGS), *replies)
    assert transcript.instructions[-1] == Forget("media-1")
    assert isinstance(transcript.error, PlatformFailure)
    assert transcript.error.kind is kind
    assert (transcript.error.rule == "twitter.media.processing_failed") == (kind is FailureKind.REJECTED)


def test_rejection_of_a_video_contains_its_facts_and_x_s_reason() -> None:
    error = started(VIDEO, recorded("append"), recorded("status_failed")).error
    assert isinstance(error, PlatformFailure)
    assert error.message == (
        "X could not process the video (video/mp4, 2500000 bytes, 12.5 s, 1920x1080 pixels, 29.97 frames/s, h264, "
        "yuv420p). InvalidMedia: Unsupported video format"
    )


PUBLISHED_TOO_EARLY = (recorded("append"), replied(200, {"data": {"id": GIF_ID}}), recorded("media_ids_invalid"))
SUCCEEDED, PENDING = recorded("status_succeeded"), recorded("finalize")


@pytest.mark.parametrize(("status", "step"), [(PENDING, "media-1-processing"), (SUCCEEDED, "post-media")])
def test_post_is_repeated_without_another_upload_while_x_knows_its_video(status: Any, step: str) -> None:
    transcript = started(VIDEO, *PUBLISHED_TOO_EARLY, status)
    pause = transcript.instructions[-1]
    assert isinstance(pause, Pause)
    assert pause.step == step
    assert Forget("media-1") not in transcript.instructions


def test_video_that_x_has_lost_is_uploaded_again() -> None:
    again = (recorded("initialize"), recorded("append"), replied(200, {"data": {"id": "22"}}), created("11"))
    transcript = started(VIDEO, *PUBLISHED_TOO_EARLY, UNKNOWN, *again)
    transcript.value()
    assert Forget("media-1") in transcript.instructions
    assert len(bodies(*transcript.calls)) == 2


def test_video_that_stays_unusable_is_uploaded_again() -> None:
    flow = publish(VIDEO, SETTINGS)
    next(flow)
    for reply in (recorded("initialize"), *PUBLISHED_TOO_EARLY, SUCCEEDED):
        said = flow.send(reply)
    assert said == Pause("post-media", seconds=5.0, give_up_after_s=60.0)
    assert flow.throw(GaveUp("post-media", 60.0)) == Forget("media-1")


@pytest.mark.parametrize(
    ("status", "kind"), [(recorded("status_failed"), FailureKind.REJECTED), (replied(503, {}), FailureKind.UNAVAILABLE)]
)
def test_state_of_a_video_decides_when_its_post_is_refused(status: Any, kind: FailureKind) -> None:
    transcript = started(VIDEO, *PUBLISHED_TOO_EARLY, status)
    assert isinstance(transcript.error, PlatformFailure)
    assert transcript.error.kind is kind
    assert len(bodies(*transcript.calls)) == 1


def test_wait_for_a_gif_has_a_valid_length_when_x_states_none() -> None:
    for stated in (float("nan"), float("inf"), -1, None, "soon"):
        info = {"state": "pending", "check_after_secs": stated}
        finalized = replied(200, {"data": {"id": GIF_ID, "processing_info": info}})
        replies = [recorded("initialize"), recorded("append"), finalized]
        transcript = play(publish(ready(media=(gif(7, size_bytes=100),)), SETTINGS), *replies)
        pause = transcript.instructions[-1]
        assert isinstance(pause, Pause)
        assert 1 <= pause.seconds <= 60


@pytest.mark.parametrize("state", [[], {}, 5])
def test_gif_with_an_unknown_state_is_treated_as_ready(state: object) -> None:
    finalized = replied(200, {"data": {"id": GIF_ID, "processing_info": {"state": state}}})
    replies = [recorded("initialize"), recorded("append"), finalized, created("11")]
    play(publish(ready(media=(gif(7, size_bytes=100),)), SETTINGS), *replies).value()


def test_gif_without_processing_is_ready_immediately() -> None:
    ready_at_once = replied(200, {"data": {"id": GIF_ID}})
    post = ready(media=(gif(7, size_bytes=100),))
    play(publish(post, SETTINGS), recorded("initialize"), recorded("append"), ready_at_once, created("11")).value()


def test_wait_for_a_gif_ends() -> None:
    flow = publish(ready(media=(gif(7, size_bytes=100),)), SETTINGS)
    next(flow)
    for reply in (recorded("initialize"), recorded("append"), recorded("finalize")):
        paused = flow.send(reply)
    assert isinstance(paused, Pause)
    with pytest.raises(GaveUp):
        flow.throw(GaveUp(paused.step, paused.give_up_after_s))


def test_media_of_the_whole_thread_are_uploaded_before_its_first_post() -> None:
    post = ready("one", media=(image(1),), thread=(ThreadPart(text="two", media=(image(2),)),))
    uploads = [replied(200, {"data": {"id": number}}) for number in ("21", "22")]
    transcript = play(publish(post, SETTINGS), *uploads, created("11"), created("12"))
    assert [call.step for call in transcript.calls] == ["media-1", "media-2", "post", "thread-1"]
    assert bodies(*transcript.calls)[1]["media"] == {"media_ids": ["22"]}


def test_lost_media_are_uploaded_again() -> None:
    lost = recorded("media_ids_invalid")
    again = replied(200, {"data": {"id": "22"}})
    post = ready(media=(image(),))
    transcript = play(publish(post, SETTINGS), recorded("upload_image"), lost, again, created("11"))
    transcript.value()
    assert Forget("media-1") in transcript.instructions
    assert [body["media"]["media_ids"] for body in bodies(*transcript.calls)] == [[IMAGE_ID], ["22"]]
    assert failure_of(post, recorded("upload_image"), lost, again, lost).kind is FailureKind.UNAVAILABLE


def test_rejected_media_item_publishes_nothing() -> None:
    post = ready(media=(replace(image(), alt_text="A cat"),))
    for replies in ([replied(413, {})], [recorded("upload_image"), replied(400, {})]):
        transcript = play(publish(post, SETTINGS), *replies)
        assert isinstance(transcript.error, PlatformFailure)
        assert transcript.error.kind is FailureKind.REJECTED
        assert bodies(*transcript.calls) == []


def test_posts_are_deleted_last_first_and_missing_posts_are_skipped() -> None:
    transcript = play(unpublish(ACCOUNT, [uri("11"), uri("12")], SETTINGS), recorded("not_found"), recorded("deleted"))
    transcript.value()
    assert [(call.method, call.url) for call in transcript.calls] == [
        ("DELETE", f"{API}/2/tweets/12"),
        ("DELETE", f"{API}/2/tweets/11"),
    ]
    assert isinstance(play(unpublish(ACCOUNT, [uri("11")], SETTINGS), replied(500, {})).error, PlatformFailure)
