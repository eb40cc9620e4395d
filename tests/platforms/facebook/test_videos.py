"""Videos: how their bytes are sent, and when they are published."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import (
    Absent,
    Call,
    Effect,
    Extra,
    Forget,
    Found,
    Instruction,
    Intent,
    Live,
    MediaRange,
    Pause,
    Reply,
    Unknown,
    Upload,
    Void,
)
from letmepost.domain.playback import play
from letmepost.domain.received import Checksum
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.facebook import PLATFORM
from letmepost.platforms.facebook.publish import publish
from letmepost.platforms.facebook.reconcile import reconcile
from tests.doubles.media import STARTS, video
from tests.doubles.simulated import failed
from tests.doubles.worker import Worker
from tests.platforms.facebook.transcripts import (
    API,
    AWAY,
    MISSING,
    NOW,
    PAGE,
    POST,
    SETTINGS,
    answered,
    ready,
    refused,
)

VIDEO_API = "https://graph-video.facebook.com/v26.0"
UPLOAD_URL = "https://rupload.facebook.com/video-upload/v26.0/7"
WIDE = video(1, width_px=1920, height_px=1080, size_bytes=100)
TALL = video(1, size_bytes=100)
FEED = ready(media=(WIDE,))
REEL = ready(media=(TALL,))
STORY = ready("", media=(TALL,), options={"kind": "story"})
SENT = answered(success=True)


def started(end: object = "40") -> Reply:
    return answered(video_id="7", upload_session_id="8", start_offset="0", end_offset=end)


def offsets(start: object, end: object) -> Reply:
    return answered(start_offset=start, end_offset=end)


def status(
    name: str = "upload_complete",
    uploading: str = "complete",
    processing: str = "not_started",
    publishing: str = "not_started",
    *,
    shown_as: str | None = None,
    errors: Sequence[dict[str, Any]] = (),
    at_s: float = 0.0,
    **more: Any,
) -> Reply:
    publish_status = {} if shown_as is None else {"publish_status": shown_as}
    phases = {
        "video_status": name,
        "uploading_phase": {"status": uploading},
        "processing_phase": {"status": processing, **({"errors": [*errors]} if errors else {})},
        "publishing_phase": {"status": publishing, **publish_status},
    }
    reply = answered(id="7", status=phases, **more)
    return Reply(status=200, body=reply.body, received_at=NOW + timedelta(seconds=at_s))


ARRIVED = status()
BEGUN = answered(video_id="7", upload_url=UPLOAD_URL)
PROCESSING = status("processing", "complete", "in_progress")
PUBLISHED = status(
    "ready", "complete", "complete", "complete", shown_as="published", post_id="77", permalink_url="/reel/7/"
)


def run(post: ReadyPost, *replies: Reply | Exception | None) -> tuple[list[Instruction], Exception | None]:
    """Run a flow. A None among the replies lets a `Pause` give up; without one, the run ends there."""
    flow, given = publish(post, SETTINGS), iter(replies)
    said: list[Instruction] = []
    try:
        instruction = next(flow)
        while True:
            said.append(instruction)
            if isinstance(instruction, Call | Upload):
                answer = next(given)
                assert answer is not None
                instruction = flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)
            elif isinstance(instruction, Pause):
                answer = next(given)
                assert answer is None
                instruction = flow.throw(GaveUp(instruction.step, instruction.give_up_after_s))
            else:
                instruction = next(flow)
    except StopIteration:
        return said, None
    except PlatformFailure as failure:
        return said, failure


def calls(said: Sequence[Instruction]) -> list[Call]:
    return [what for what in said if isinstance(what, Call)]


def rule_of(ended: Exception | None) -> tuple[FailureKind, str | None]:
    assert isinstance(ended, PlatformFailure), ended
    return ended.kind, ended.rule


def test_feed_video_is_started_sent_and_finished_at_the_video_host() -> None:
    said, ended = run(FEED, started(), offsets("100", "100"), ARRIVED, SENT, PUBLISHED)
    assert ended is None
    start, _, finish, _ = calls(said)
    edge = f"{VIDEO_API}/{PAGE}/videos"
    assert (start.url, start.form) == (edge, {"upload_phase": "start", "file_size": "100"})
    assert (start.effect, start.step, start.valid_for_s) == (Effect.PREPARE, "video-1", None)
    assert (finish.url, finish.effect, finish.step) == (edge, Effect.PUBLISH, "post")
    assert finish.form == {
        "upload_phase": "finish",
        "upload_session_id": "8",
        "description": "hello",
        "published": "true",
    }
    assert said[-1] == Live(uri=f"{PAGE}_77", url="https://www.facebook.com/reel/7/")


def test_part_has_its_offset_and_its_bytes_last() -> None:
    [upload] = [what for what in run(FEED, started(), AWAY)[0] if isinstance(what, Upload)]
    part = upload.part(40)
    assert (part.url, part.effect) == (f"{VIDEO_API}/{PAGE}/videos", Effect.WRITE)
    *fields, (name, file) = part.multipart or ()
    assert fields == [("upload_phase", "transfer"), ("upload_session_id", "8"), ("start_offset", "40")]
    assert name == "video_file_chunk"
    assert not isinstance(file, str)
    assert file.media == MediaRange(WIDE.media_id, 40, 40)
    assert (upload.chunk_bytes, upload.step, upload.is_new) == (40, "video-1-bytes", True)


@pytest.mark.parametrize("end", ["0", "101", "x", "-1", 10**30, None])
def test_first_range_is_the_whole_file_when_facebook_states_no_valid_one(end: object) -> None:
    [upload] = [what for what in run(FEED, started(end), AWAY)[0] if isinstance(what, Upload)]
    assert upload.chunk_bytes == 100


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (offsets("40", "80"), range(40, 80)),
        (offsets(40, 80), range(40, 80)),
        (offsets("100", "100"), range(100, 100)),
        (refused(6001, 1363037, error_data={"start_offset": "10", "end_offset": "30"}), range(10, 30)),
        (refused(6001, 1363037, error_data='{"start_offset": 10, "end_offset": 30}'), range(10, 30)),
        (refused(6001, 1363037, error_data="half"), None),
        (refused(6001, 1363037), None),
        (refused(6001, error_data={"start_offset": "10", "end_offset": "30"}), None),
        (answered(id="7", status={"uploading_phase": {"bytes_transferred": 40}}), 40),
        (answered(id="7", status={"uploading_phase": {"status": "complete"}}), 100),
        (SENT, None),
        (offsets("9" * 5000, "9" * 5000), None),
    ],
)
def test_next_bytes_are_those_that_facebook_asks_for(reply: Reply, wanted: int | range | None) -> None:
    [upload] = [what for what in run(FEED, started(), AWAY)[0] if isinstance(what, Upload)]
    assert upload.offset_of is not None
    assert upload.offset_of(reply) == wanted


def test_reel_is_sent_to_the_upload_host_and_published() -> None:
    item = video(1, size_bytes=100)
    post = ready(media=(item,), options={"kind": "reel", "reelTitle": "A title", "isAiGenerated": True})
    said, ended = run(post, BEGUN, SENT, ARRIVED, SENT, PROCESSING)
    assert isinstance(said[-1], Pause)
    assert ended is None
    start, _, finish, _ = calls(said)
    assert (start.url, start.form) == (f"{API}/{PAGE}/video_reels", {"upload_phase": "start"})
    assert finish.form == {
        "upload_phase": "finish",
        "title": "A title",
        "description": "hello",
        "is_ai_generated": "true",
        "video_id": "7",
        "video_state": "PUBLISHED",
    }
    [upload] = [what for what in said if isinstance(what, Upload)]
    assert upload.part(0).url == UPLOAD_URL


def test_story_has_no_texts_and_is_live_with_the_id_of_its_reply() -> None:
    said, ended = run(STORY, BEGUN, SENT, ARRIVED, answered(success=True, post_id="88"))
    assert ended is None
    finish = calls(said)[-1]
    assert (finish.url, finish.form) == (
        f"{API}/{PAGE}/video_stories",
        {"upload_phase": "finish", "video_id": "7"},
    )
    assert said[-1] == Live(uri="88")


@pytest.mark.parametrize("name", ["upload_complete", "processing", "ready"])
def test_story_is_published_when_its_bytes_have_arrived(name: str) -> None:
    """Clients that waited for `ready` waited forever."""
    waiting = status("uploading", "in_progress")
    said, _ = run(STORY, BEGUN, SENT, waiting)
    assert said[-1] == Pause("video-1-arrival", 5.0, 1800.0)
    _, ended = run(STORY, BEGUN, SENT, status(name, ""), answered(success=True, post_id="88"))
    assert ended is None


def test_upload_that_never_arrives_is_not_sent_again() -> None:
    said, ended = run(STORY, BEGUN, SENT, status("uploading", "in_progress"), None)
    assert rule_of(ended) == (FailureKind.UNAVAILABLE, None)
    assert not any(isinstance(what, Forget) for what in said)


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        (None, None),
        ("", None),
        ("https://rupload.facebook.com.example/7", "facebook.upload.host"),
        ("http://rupload.facebook.com/7", "facebook.upload.host"),
    ],
)
def test_token_is_never_sent_to_another_upload_host(url: object, rule: str | None) -> None:
    said, ended = run(REEL, answered(video_id="7", upload_url=url))
    assert rule_of(ended) == (FailureKind.UNAVAILABLE, rule)
    assert not any(isinstance(what, Upload) for what in said)


@pytest.mark.parametrize("begun", [answered(), answered(video_id="x"), answered(video_id=7), answered(video_id="7")])
def test_start_without_its_ids_is_repeated_later(begun: Reply) -> None:
    assert rule_of(run(FEED, begun)[1])[0] is FailureKind.UNAVAILABLE


def test_success_is_only_an_acknowledgment() -> None:
    for at_s, wait_s in ((1, 5), (61, 30), (601, 60), (3601, 300)):
        said, _ = run(REEL, BEGUN, SENT, ARRIVED, SENT, status("processing", processing="in_progress", at_s=at_s))
        assert said[-1] == Pause("post-processing", wait_s, 12 * 3600)
    assert not any(isinstance(what, Live) for what in said)
    unnamed = status("ready", "complete", "complete", "complete", shown_as="published")
    assert isinstance(run(REEL, BEGUN, SENT, ARRIVED, SENT, unnamed)[0][-1], Pause)


def test_hidden_video_is_never_taken_for_a_rejection() -> None:
    said, ended = run(REEL, BEGUN, SENT, ARRIVED, SENT, MISSING)
    assert (said[-1], ended) == (Pause("post-processing", 300.0, 12 * 3600), None)
    assert rule_of(run(REEL, BEGUN, SENT, ARRIVED, SENT, MISSING, None)[1])[0] is FailureKind.UNAVAILABLE


@pytest.mark.parametrize(
    ("failed_status", "rule"),
    [
        (status("error", processing="error", errors=[{"code": 1363040}]), "facebook.reel.aspect_ratio"),
        (status("error", processing="error", errors=[{"code": 1363127}]), "facebook.reel.dimensions_min"),
        (status("error", processing="error", errors=[{"code": 1363128}]), "facebook.reel.duration_max"),
        (status("error", processing="error", errors=[{"code": 1363129}]), "facebook.reel.frame_rate"),
        (status("error", processing="error", errors=[{"message": "Corrupt"}]), "facebook.video.processing_failed"),
        (status("processing", processing="error"), "facebook.video.processing_failed"),
        (status("upload_failed"), "facebook.video.processing_failed"),
        (status("expired"), "facebook.video.processing_failed"),
        (status("ready", "complete", "complete", "complete", shown_as="draft"), "facebook.video.draft"),
    ],
)
def test_video_that_fails_is_rejected_and_deleted(failed_status: Reply, rule: str) -> None:
    said, ended = run(REEL, BEGUN, SENT, ARRIVED, SENT, failed_status, SENT)
    assert rule_of(ended) == (FailureKind.REJECTED, rule)
    assert said[-3:] == [Void("post"), calls(said)[-1], Forget("video-1")]
    assert (calls(said)[-1].method, calls(said)[-1].url) == ("DELETE", f"{API}/7")


def test_video_without_a_stated_phase_is_never_deleted() -> None:
    said, _ = run(REEL, BEGUN, SENT, ARRIVED, SENT, status("upload_complete", processing=""))
    assert isinstance(said[-1], Pause)
    assert said[-1].step == "post-processing"


def test_status_is_read_once_in_each_run_after_the_video_is_finished() -> None:
    worker = Worker(platform=PLATFORM)
    worker.publish(worker.connect(), media=(TALL,))
    steps = [call.step for call in worker.calls]
    reads = [call for call in worker.calls[steps.index("post") :] if call.method == "GET"]
    assert len(reads) == 2  # processed, and published


def test_video_that_is_not_processed_is_deleted_before_it_is_rejected() -> None:
    said, _ = run(REEL, BEGUN, SENT, ARRIVED, SENT, ARRIVED)
    assert said[-1] == Pause("post-begin", 5.0, 60.0)
    said, ended = run(REEL, BEGUN, SENT, ARRIVED, SENT, ARRIVED, None, SENT, MISSING)
    assert rule_of(ended) == (FailureKind.REJECTED, "facebook.video.not_processed")
    assert Void("post") in said
    for undeleted in (refused(2, http=500), AWAY):
        said, ended = run(REEL, BEGUN, SENT, ARRIVED, SENT, ARRIVED, None, undeleted)
        assert rule_of(ended)[0] is FailureKind.UNAVAILABLE
        assert Void("post") not in said


def test_refused_reel_is_deleted_unless_it_is_published() -> None:
    refusal = refused(100)
    said, ended = run(REEL, BEGUN, SENT, ARRIVED, refusal, ARRIVED, SENT)
    assert rule_of(ended)[0] is FailureKind.REJECTED
    assert said[-1] == Forget("video-1")
    publishing = status("processing", publishing="in_progress")
    said, ended = run(REEL, BEGUN, SENT, ARRIVED, refusal, publishing, PUBLISHED)
    assert ended is None
    assert said[-1] == Live(uri=f"{PAGE}_77", url="https://www.facebook.com/reel/7/")


def test_refused_video_that_is_gone_is_sent_again() -> None:
    said, ended = run(REEL, BEGUN, SENT, MISSING, refused(100), MISSING)
    assert rule_of(ended) == (FailureKind.UNAVAILABLE, None)
    assert said[-1] == Forget("video-1")


def test_story_without_an_id_is_in_doubt() -> None:
    assert rule_of(run(STORY, BEGUN, SENT, ARRIVED, SENT)[1])[0] is FailureKind.IN_DOUBT


def test_first_comment_is_on_the_post_of_the_video() -> None:
    post = ready(media=(TALL,), first_comment="more")
    said, _ = run(post, BEGUN, SENT, ARRIVED, SENT, PUBLISHED, answered(id="77_9"))
    assert calls(said)[-1].url == f"{API}/{PAGE}_77/comments"
    assert said[-1] == Extra(name="firstComment", uri="77_9")


@pytest.mark.parametrize(
    ("fields", "uri", "url"),
    [
        ({"post_id": POST}, POST, "https://www.facebook.com/reel/7"),
        ({"post_id": "77", "permalink_url": "https://fb.test/1"}, POST, "https://fb.test/1"),
        ({"post_id": "77", "permalink_url": "javascript:"}, POST, "https://www.facebook.com/reel/7"),
    ],
)
def test_post_of_a_video_has_the_id_of_the_page(fields: dict[str, Any], uri: str, url: str) -> None:
    shown = status("ready", "complete", "complete", "complete", shown_as="published", **fields)
    assert run(REEL, BEGUN, SENT, ARRIVED, SENT, shown)[0][-1] == Live(uri=uri, url=url)


# Reconciliation


def look_up(*replies: Reply | Exception, post: ReadyPost = REEL, edge: str = "video_reels") -> Any:
    begun = started() if edge == "videos" else BEGUN
    done = offsets("100", "100") if edge == "videos" else SENT
    finish = calls(run(post, begun, done, ARRIVED, AWAY)[0])[-1]
    assert finish.effect is Effect.PUBLISH
    transcript = play(reconcile(post, Intent(finish, NOW), SETTINGS), *replies)
    return transcript.value()


@pytest.mark.parametrize(
    "found",
    [PUBLISHED, status("processing", publishing="in_progress"), status("ready", "complete", "complete", "complete")],
)
@pytest.mark.parametrize(("post", "edge"), [(REEL, "video_reels"), (FEED, "videos")])
def test_video_that_is_being_published_is_found(found: Reply, post: ReadyPost, edge: str) -> None:
    result = look_up(found, post=post, edge=edge)
    assert isinstance(result, Found)
    assert result.reply.data() == {"success": True}


@pytest.mark.parametrize(
    "absent",
    [
        ARRIVED,
        status("uploading", "in_progress"),
        status("error", processing="error"),
        status("ready", "complete", "complete"),
        status("ready", "complete", "complete", "complete", shown_as="draft"),
    ],
)
@pytest.mark.parametrize(("post", "edge"), [(REEL, "video_reels"), (FEED, "videos")])
def test_video_that_is_not_being_published_can_be_published_again(absent: Reply, post: ReadyPost, edge: str) -> None:
    assert look_up(absent, post=post, edge=edge) == Absent()


def test_video_that_is_processed_is_asked_for_again() -> None:
    with pytest.raises(PlatformFailure) as caught:
        look_up(PROCESSING)
    assert caught.value.kind is FailureKind.UNAVAILABLE


@pytest.mark.parametrize(("post", "edge"), [(REEL, "video_reels"), (FEED, "videos")])
def test_hidden_video_is_absent_only_if_the_page_does_not_list_it(post: ReadyPost, edge: str) -> None:
    assert look_up(MISSING, answered(data=[{"id": "6"}]), post=post, edge=edge) == Absent()
    assert isinstance(look_up(MISSING, answered(data=[{"id": "7"}]), post=post, edge=edge), Unknown)


def test_story_is_found_by_its_video() -> None:
    listed = answered(data=[{"post_id": "88", "media_id": "7"}])
    found = look_up(listed, post=STORY, edge="video_stories")
    assert isinstance(found, Found)
    assert found.reply.data() == {"success": True, "post_id": "88"}
    nothing = answered(data=[])
    assert look_up(nothing, ARRIVED, post=STORY, edge="video_stories") == Absent()
    for shown in (PUBLISHED, MISSING):
        assert isinstance(look_up(nothing, shown, post=STORY, edge="video_stories"), Unknown)


# The limit of a day


def test_reels_of_a_day_are_counted_when_a_limit_is_used_up() -> None:
    rows = [{"id": str(number), "created_time": "2026-11-22T09:00:00+0000"} for number in range(30)]
    said, ended = run(REEL, BEGUN, SENT, ARRIVED, refused(613), answered(data=rows))
    assert rule_of(ended) == (FailureKind.QUOTA_EXHAUSTED, "facebook.reels.quota_day")
    assert isinstance(ended, PlatformFailure)
    assert ended.retry_at == NOW + timedelta(hours=23)
    assert calls(said)[-1].url == f"{API}/{PAGE}/video_reels"
    for others in (answered(data=rows[1:]), answered(), AWAY, refused(613)):
        ended = run(REEL, BEGUN, SENT, ARRIVED, refused(613), others)[1]
        assert rule_of(ended)[0] is FailureKind.RATE_LIMITED


def test_reel_is_published_when_the_oldest_of_a_day_is_a_day_old() -> None:
    worker = Worker(platform=PLATFORM)
    account = worker.connect()
    for number in range(30):
        worker.publish(account, str(number), media=(TALL,))
    failure = failed(lambda: worker.publish(account, media=(TALL,)))
    assert failure.rule == "facebook.reels.quota_day"
    assert failure.retry_at is not None
    worker.now = failure.retry_at
    worker.publish(account, "later", media=(TALL,))
    assert worker.visible()[-1] == "later"


# The whole flow against the simulator


@pytest.mark.parametrize(
    "scenario", ["ok", "small_ranges", "upload_stops", "upload_offset", "upload_short", "upload_expired"]
)
@pytest.mark.parametrize("kind", ["post", "reel", "story"])
def test_followers_see_every_byte(scenario: str, kind: str) -> None:
    worker = Worker(platform=PLATFORM)
    item = video(1, width_px=1920, height_px=1080, size_bytes=5001)
    worker.publish(worker.connect(scenario), "", media=(item,), options={"kind": kind})
    start = STARTS["video/mp4"]
    expected = Checksum.of(start + b"\n" * (5001 - len(start)))
    [post] = worker.posts()
    assert post.record["video"] == {"sizeBytes": 5001, "checksum": str(expected)}
    assert post.record["kind"] == kind


def test_large_feed_video_is_sent_in_the_ranges_of_the_server() -> None:
    worker = Worker(platform=PLATFORM)
    item = video(1, width_px=1920, height_px=1080, size_bytes=5001)
    worker.publish(worker.connect("small_ranges"), media=(item,))
    sent = [call.media_bytes for call in worker.calls if call.media_bytes]
    assert sent == [2000, 2000, 1001]


@pytest.mark.parametrize("item", [TALL, WIDE], ids=["reel", "feed"])
def test_upload_that_has_expired_before_it_was_published_is_sent_again(item: MediaItem) -> None:
    worker = Worker(platform=PLATFORM)
    post = worker.ready(worker.connect("rate_limited"), media=(item,))
    limited = failed(lambda: worker.finish(post))
    assert limited.kind is FailureKind.RATE_LIMITED
    worker.advance(days=1)
    assert worker.work(post) == "published"
    assert [call.step for call in worker.calls].count("video-1") == 2
    assert worker.visible() == ["hello"]


def test_rejected_video_leaves_nothing_at_facebook() -> None:
    for scenario in ("video_broken", "not_started", "video_draft"):
        worker = Worker(platform=PLATFORM)
        post = worker.ready(worker.connect(scenario), media=(TALL,))
        assert worker.work(post) == "rejected"
        assert [key for key in worker.state if key.startswith("video/")] == []


def test_video_that_is_processed_forever_is_never_called_a_failure() -> None:
    worker = Worker(platform=PLATFORM)
    post = worker.ready(worker.connect("processing_forever"), media=(WIDE,))
    assert worker.work(post) == "unconfirmed"
