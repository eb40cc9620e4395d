"""What only TikTok does, on its simulator: uploads in parts, sessions that end, drafts, and late addresses."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from pydantic import AnyHttpUrl

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import HandOver, Live, Warn
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.simulation import SimulatedPost
from letmepost.platforms.tiktok.settings import TikTokSettings
from letmepost.platforms.tiktok.simulator import SIMULATOR
from tests.doubles.media import image, video
from tests.doubles.simulated import facts
from tests.doubles.worker import Worker
from tests.platforms.tiktok.suite import AUDITED, EVERYONE, PHOTO

LARGE_BYTES = 64_000_001
LARGE = video(size_bytes=LARGE_BYTES)


def settings(base: AnyHttpUrl, **changes: Any) -> PlatformSettings:
    """Return the simulator's settings, with changes."""
    given = SIMULATOR.settings(base)
    assert isinstance(given, TikTokSettings)
    return given.model_copy(update=changes)


def connected(scenario: str = "ok") -> Worker:
    worker = Worker(platform=AUDITED)
    worker.connect(scenario)
    return worker


def set_chunk(worker: Worker, chunk_bytes: int) -> None:
    """Change the operator's setting, as a restart of the worker does."""
    simulator = replace(SIMULATOR, settings=partial(settings, chunk_bytes=chunk_bytes))
    worker.platform = replace(worker.platform, simulator=simulator)


def publish(worker: Worker, *media: MediaItem, text: str = "hello", **options: Any) -> str:
    content = {"media": media or (video(),), "options": {**EVERYONE, **options}}
    return worker.work(worker.ready(worker.account, text, **content))


def only_post(worker: Worker) -> SimulatedPost:
    [seen] = worker.posts()
    return seen


def test_large_video_is_sent_once_in_parts_without_a_token_if_a_response_is_lost() -> None:
    worker = connected("chunk_lost")
    set_chunk(worker, 32_000_000)
    assert publish(worker, LARGE, privacy="SELF_ONLY") == "published"
    assert only_post(worker).record["video"]["sizeBytes"] == LARGE_BYTES
    sent = [request.headers for request in worker.requests if request.method == "PUT"]
    ranges = [headers["Content-Range"] for headers in sent]
    assert ranges == ["bytes 0-31999999/64000001", "bytes 32000000-64000000/64000001"]
    assert not any("authorization" in map(str.lower, headers) for headers in sent)


def test_parts_that_tiktok_rejects_are_the_operators_to_change() -> None:
    worker = connected("chunks_refused")
    assert publish(worker, LARGE) == "rejected"
    [failure] = worker.failures
    assert (failure.rule, failure.fixable_by) == ("tiktok.upload.chunk_plan", "operator")


def test_video_is_published_once_if_a_later_run_begins_another_session() -> None:
    """The journal has no reply for the session of other parts, which a changed setting asks for."""
    worker = connected("slow")
    post = worker.ready(worker.account, "hello", media=(video(),), options=EVERYONE)
    assert worker.attempt(post) is not None
    worker.journal.steps["session"] = replace(worker.journal.steps["session"], reply=None)
    assert worker.work(post) == "published"
    live = next(one for one in worker.announced if isinstance(one, Live))
    assert (only_post(worker).uri, worker.failures) == (live.uri, [])


@pytest.mark.parametrize("scenario", ["url_expired", "upload_unknown"])
def test_session_that_ends_is_replaced_by_another_one(scenario: str) -> None:
    worker = connected(scenario)
    assert publish(worker) == "published"
    assert only_post(worker).text == "hello"
    urls = {request.url for request in worker.requests if request.method == "PUT"}
    assert len(urls) == 2


@pytest.mark.parametrize("media", [video(), image(**PHOTO)], ids=["video", "photo"])
def test_draft_is_handed_over_and_appears_nowhere(media: MediaItem) -> None:
    worker = connected()
    post = worker.ready(worker.account, "", media=(media,), options={"mode": "inbox"})
    worker.finish(post)
    [handed_over] = worker.announced
    assert isinstance(handed_over, HandOver)
    assert worker.posts() == []
    assert worker.run(worker.platform.check(facts(worker.account), worker.settings)) is not None


def test_sixth_draft_waits_until_the_creator_has_finished_others() -> None:
    worker = connected()
    for _ in range(5):
        worker.finish(worker.ready(worker.account, "", media=(video(),), options={"mode": "inbox"}))
        worker.advance(minutes=1)
    post = worker.ready(worker.account, "", media=(video(),), options={"mode": "inbox"})
    with pytest.raises(Exception, match="unfinished posts"):
        worker.finish(post)


def test_sixteenth_post_of_a_day_waits() -> None:
    worker = connected()
    for _ in range(15):
        assert publish(worker, privacy="SELF_ONLY") == "published"
        worker.advance(minutes=1)
    assert publish(worker, privacy="SELF_ONLY") == "published"
    assert worker.failures[0].kind is FailureKind.QUOTA_EXHAUSTED
    assert len(worker.posts()) == 16


def test_address_arrives_after_a_long_moderation_or_never() -> None:
    for scenario in ("moderated", "id_missing"):
        worker = connected(scenario)
        assert publish(worker) == "published"
        live, warning = worker.announced
        assert isinstance(live, Live)
        assert isinstance(warning, Warn)
        assert (live.url, warning.code) == (None, "tiktok.publish.no_url")


def test_photos_whose_response_was_lost_are_found_on_the_list() -> None:
    worker = connected("timeout_after_publish")
    assert publish(worker, image(**PHOTO)) == "published"
    [live] = worker.announced
    assert isinstance(live, Live)
    assert live.url is not None
    assert live.url.endswith(only_post(worker).record["post_id"])


def test_photos_that_are_not_public_stay_unconfirmed_after_a_lost_response() -> None:
    worker = connected("timeout_after_publish")
    assert publish(worker, image(**PHOTO), privacy="SELF_ONLY") == "unconfirmed"
    assert len(worker.posts()) == 1
