"""The flows against the simulator. Both are written from the same specification, independently of each other."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Absent, Effect, Extra, Found, Live, Unknown, Warn
from letmepost.platforms.connecting import ConnectedAccount
from letmepost.platforms.youtube import PLATFORM
from letmepost.platforms.youtube.scopes import GRANTED
from letmepost.platforms.youtube.simulator import SIMULATOR
from tests.doubles.client import WAYS
from tests.doubles.faults import Killed, Way
from tests.doubles.media import image, video
from tests.doubles.simulated import facts, failed
from tests.doubles.worker import Worker
from tests.platforms.youtube.suite import film

CHUNK = 2 * 262_144
SIZES = (1, CHUNK - 1, CHUNK, 2 * CHUNK, 2 * CHUNK + 1)
IN_PARTS = replace(
    PLATFORM,
    simulator=replace(
        SIMULATOR,
        settings=lambda base: SIMULATOR.settings(base).model_copy(update={"chunk_bytes": CHUNK}),
    ),
)


VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def exchange(driver: Worker, choice: str) -> ConnectedAccount:
    """Connect the channel of a consent."""
    code = driver.consent(choice, code_challenge=CHALLENGE)["code"]
    [account] = driver.exchange(code, code_verifier=VERIFIER)
    return account


@pytest.fixture
def driver() -> Worker:
    return Worker(platform=IN_PARTS)


def long_film(size_bytes: int = 2 * CHUNK + 1, **more: Any) -> Mapping[str, Any]:
    return {**film(**more), "media": (video(size_bytes=size_bytes),)}


def sent(driver: Worker) -> list[tuple[str, str]]:
    """Return the calls of uploads: `open`, `probe` or the range of a part."""
    calls = [call for call in driver.calls if "/upload/" in call.url and call.url.endswith("/videos")]
    return [
        (call.method, "open" if call.method == "POST" else call.headers["Content-Range"].removeprefix("bytes "))
        for call in calls
    ]


def codes(driver: Worker) -> list[str]:
    return [what.code for what in driver.announced if isinstance(what, Warn)]


def playlist_of(driver: Worker) -> str:
    return next(key for key in driver.state if key.startswith("playlist/")).removeprefix("playlist/")


def items_in(driver: Worker) -> list[Any]:
    return [driver.state[key] for key in driver.state if key.startswith("item/")]


def publish(driver: Worker, scenario: str = "ok", **content: Any) -> str:
    driver.connect(scenario)
    return driver.work(driver.ready(driver.account, **(content or long_film())))


@pytest.mark.parametrize("size", SIZES)
def test_video_of_any_length_arrives_whole(driver: Worker, size: int) -> None:
    assert publish(driver, **long_film(size)) == "published"
    [seen] = driver.posts()
    assert seen.record["video"]["sizeBytes"] == size
    assert driver.failures == []


@pytest.mark.parametrize("scenario", ["interrupted", "short_parts", "moved_upload"])
@pytest.mark.parametrize("size", [CHUNK, 2 * CHUNK + 1])
def test_interrupted_upload_continues_in_the_same_session(driver: Worker, scenario: str, size: int) -> None:
    assert publish(driver, scenario, **long_film(size)) == "published"
    [seen] = driver.posts()
    assert seen.record["video"]["sizeBytes"] == size
    assert [what for _, what in sent(driver)].count("open") == 1


def test_upload_continues_from_the_range_of_the_server(driver: Worker) -> None:
    publish(driver, "interrupted")
    _, *parts = [what for _, what in sent(driver)]
    total = 2 * CHUNK + 1
    assert parts[:3] == [f"0-{CHUNK - 1}/{total}", f"*/{total}", f"{CHUNK // 2}-{CHUNK // 2 + CHUNK - 1}/{total}"]


@pytest.mark.parametrize("size", [1_000, 2 * CHUNK + 1])
def test_session_that_expires_before_the_last_byte_is_replaced(driver: Worker, size: int) -> None:
    assert publish(driver, "expired_upload", **long_film(size)) == "published"
    assert len(driver.posts()) == 1
    assert [what for _, what in sent(driver)].count("open") == 2


def test_video_of_a_session_that_expired_after_the_last_byte_is_found(driver: Worker) -> None:
    assert publish(driver, "expired_after_publish") == "published"
    [seen] = driver.posts()
    live = next(what for what in driver.announced if isinstance(what, Live))
    assert live.uri == seen.uri
    assert [what for _, what in sent(driver)].count("open") == 1


def test_two_videos_that_match_are_left_to_a_person(driver: Worker) -> None:
    account = driver.connect("expired_after_publish")
    post = driver.ready(account, **long_film())
    intent = driver.lose(post)
    [key] = [key for key in driver.state if key.startswith("video/")]
    driver.state["video/copy0000001"] = {**driver.state[key], "id": "copy0000001", "number": 99}
    driver.advance(minutes=1)
    assert isinstance(driver.look_for(post, intent), Unknown)


def test_video_that_is_missing_is_uploaded_again_only_after_ten_minutes(driver: Worker) -> None:
    account = driver.connect("expired_after_publish")
    post = driver.ready(account, **long_film())
    intent = driver.lose(post)
    for key in [key for key in driver.state if key.startswith("video/")]:
        del driver.state[key]
    driver.advance(minutes=2)
    assert failed(lambda: driver.look_for(post, intent)).kind is FailureKind.UNAVAILABLE
    driver.advance(minutes=10)
    assert driver.look_for(post, intent) == Absent()


def test_lost_last_response_is_answered_by_the_session_without_another_upload(driver: Worker) -> None:
    assert publish(driver, "timeout_after_publish") == "published"
    assert len(driver.posts()) == 1
    assert sent(driver)[-1] == ("PUT", f"*/{2 * CHUNK + 1}")
    assert not [call for call in driver.calls if call.url.endswith("/playlistItems")]


@pytest.mark.parametrize("way", [*WAYS, Way.KILLED])
@pytest.mark.parametrize("number", range(6))
def test_upload_in_parts_publishes_once_whatever_happens_to_a_request(driver: Worker, number: int, way: Way) -> None:
    driver.connect()
    worker = driver.copy(ways={number: way})
    assert worker.work(worker.ready(worker.account, **long_film())) == "published"
    [seen] = worker.posts()
    assert seen.record["video"]["sizeBytes"] == 2 * CHUNK + 1


def test_expired_token_is_refreshed_within_the_session(driver: Worker) -> None:
    account = driver.connect("token_expiring")
    post = driver.ready(account, **long_film())
    driver.ways = {len(driver.requests) + 2: Way.KILLED}
    assert account.credential.expires_at is not None
    started_at = driver.now
    with pytest.raises(Killed):
        driver.attempt(post)
    driver.now = started_at + timedelta(hours=2)
    assert driver.work(post) == "published"
    assert driver.refresh_count == 1
    assert [what for _, what in sent(driver)].count("open") == 1


def test_final_refusal_of_the_metadata_is_not_retried(driver: Worker) -> None:
    assert publish(driver, "rejected") == "rejected"
    assert sent(driver) == [("POST", "open")]


def test_daily_uploads_hold_back_the_post_until_midnight_in_california(driver: Worker) -> None:
    assert publish(driver, "daily_uploads") == "published"
    assert driver.now >= datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert [failure.rule for failure in driver.failures] == ["youtube.quota.uploads"]


def test_used_up_units_leave_the_video_published_with_warnings(driver: Worker) -> None:
    content = {**long_film(first_comment="more", thumbnail="med_1"), "option_media": {"thumbnail": image()}}
    assert publish(driver, "daily_units", **content) == "published"
    assert codes(driver) == [
        "youtube.processing.unconfirmed",
        "youtube.thumbnail.refused",
        "youtube.first_comment.refused",
    ]
    assert len([call for call in driver.calls if call.method == "GET" and call.url.endswith("/videos")]) == 1


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("private_only", "youtube.privacy.changed"),
        ("duplicate", "youtube.video.duplicate"),
        ("rejected_later", "youtube.video.rejected"),
        ("processing_failed", "youtube.processing.failed"),
        ("processing_forever", "youtube.processing.unconfirmed"),
    ],
)
def test_problem_of_a_published_video_is_a_warning(driver: Worker, scenario: str, code: str) -> None:
    assert publish(driver, scenario) == "published"
    assert codes(driver) == [code]
    assert len([call for call in driver.calls if call.method == "GET" and call.url.endswith("/videos")]) <= 12


def with_everything(driver: Worker, **options: Any) -> Mapping[str, Any]:
    media: Mapping[str, MediaItem] = {"thumbnail": image()}
    given = {
        "thumbnail": "med_1",
        "playlistId": playlist_of(driver),
        "captions": [{"language": "en", "name": "English", "text": "WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n"}],
        **options,
    }
    return {**film(first_comment="First!", **given), "option_media": media}


def test_everything_is_added_once(driver: Worker) -> None:
    account = driver.connect()
    said = driver.publish(account, **with_everything(driver))
    assert isinstance(said[-1], Extra)
    assert codes(driver) == []
    seen, comment = driver.posts()
    assert (seen.record["thumbnail"], comment.reply_to) == (True, seen.uri)
    assert [item["video"] for item in items_in(driver)] == [seen.uri]
    [track] = [driver.state[key] for key in driver.state if key.startswith("caption/")]
    assert json.dumps(track).count('"en"') >= 1


@pytest.mark.parametrize("name", ["playlistItems", "captions", "commentThreads"])
@pytest.mark.parametrize("way", [Way.LOST_AFTER, Way.LOST_BEFORE])
def test_addition_with_a_lost_response_is_not_made_twice(driver: Worker, name: str, way: Way) -> None:
    account = driver.connect()
    undisturbed = driver.copy()
    undisturbed.work(undisturbed.ready(account, **with_everything(undisturbed)))
    number = next(
        index
        for index, call in enumerate(undisturbed.calls)
        if call.method == "POST" and call.url.endswith(f"/{name}") and call.effect is Effect.PUBLISH
    )
    worker = driver.copy(ways={number: way})
    assert worker.work(worker.ready(account, **with_everything(worker))) == "published"
    assert codes(worker) == []
    assert len(items_in(worker)) == 1
    assert len([key for key in worker.state if key.startswith("caption/")]) == 1
    assert worker.visible()[1:] == ["First!"]


@pytest.mark.parametrize(
    ("scenario", "code"),
    [("no_thumbnails", "youtube.thumbnail.refused"), ("comments_disabled", "youtube.first_comment.refused")],
)
def test_refused_addition_leaves_the_others(driver: Worker, scenario: str, code: str) -> None:
    driver.connect(scenario)
    assert driver.work(driver.ready(driver.account, **with_everything(driver))) == "published"
    assert codes(driver) == [code]
    assert len(items_in(driver)) == 1


def test_unknown_playlist_is_a_warning(driver: Worker) -> None:
    assert publish(driver, **film(playlistId="PLunknown")) == "published"
    assert codes(driver) == ["youtube.playlist.refused"]


def test_thumbnail_of_a_short_is_set_after_processing(driver: Worker) -> None:
    content = {**film(kind="short", thumbnail="med_1"), "option_media": {"thumbnail": image()}}
    assert publish(driver, **content) == "published"
    assert codes(driver) == []


def test_scheduled_video_is_private_until_its_time(driver: Worker) -> None:
    account = driver.connect()
    publish_at = driver.now + timedelta(hours=3)
    driver.publish(account, **film(publishAt=publish_at.isoformat()))
    assert codes(driver) == []
    [seen] = driver.posts()
    assert seen.record["status"]["privacyStatus"] == "private"
    assert seen.record["status"]["publishAt"] == publish_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_channel_can_be_connected_with_fewer_permissions(driver: Worker) -> None:
    account = exchange(driver, "upload-only")
    assert not any(scope.endswith("force-ssl") for scope in account.data[GRANTED])
    assert driver.work(driver.ready(account, **film())) == "published"
    failure = failed(
        lambda: driver.run(PLATFORM.unpublish(facts(account), [driver.posts()[0].uri], driver.settings))  # type: ignore[misc]  # it has one
    )
    assert (failure.kind, failure.rule) == (FailureKind.AUTH_FAILED, "youtube.permission.missing")


def test_denied_or_channelless_consent_connects_nothing(driver: Worker) -> None:
    failure = failed(lambda: exchange(driver, "no-channel"))
    assert failure.rule == "youtube.channel.missing"
    assert "error" in driver.consent("deny")


def test_second_channel_of_a_person_is_another_account_and_survives_a_disconnect(driver: Worker) -> None:
    first = driver.connect()
    second = exchange(driver, "second")
    assert second.platform_account_id != first.platform_account_id
    driver.run(PLATFORM.disconnect(facts(first), driver.settings))
    driver.use(second)
    driver.run(PLATFORM.check(facts(second), driver.settings))


def test_reconnect_returns_the_same_channel(driver: Worker) -> None:
    first = driver.connect()
    again = exchange(driver, "again")
    assert again.platform_account_id == first.platform_account_id


def test_token_of_an_app_in_testing_ends_after_a_week(driver: Worker) -> None:
    account: ConnectedAccount = driver.connect("testing_app")
    driver.advance(days=8)
    failure = failed(lambda: driver.run(PLATFORM.refresh(facts(account), driver.settings)))
    assert failure.kind is FailureKind.AUTH_FAILED


def test_wrong_secret_of_the_app_does_not_end_the_account(driver: Worker) -> None:
    account = driver.connect()
    settings = driver.settings.model_copy(update={"client_id": "other"})
    failure = failed(lambda: driver.run(PLATFORM.refresh(facts(account), settings)))
    assert failure.kind is FailureKind.UNAVAILABLE


def test_channel_without_long_uploads_is_known(driver: Worker) -> None:
    assert driver.connect("no_long_uploads").data["longUploads"] == "eligible"


def test_session_url_is_in_no_record_or_error(driver: Worker) -> None:
    publish(driver, "expired_upload")
    secrets = {dict(call.query)["upload_id"] for call in driver.calls if "upload_id" in dict(call.query)}
    assert len(secrets) == 2
    shown = [
        *(json.dumps(record.as_json()) for record in driver.records),
        *map(repr, driver.seen),
        *map(repr, driver.announced),
        *(f"{failure.message} {failure.response}" for failure in driver.failures),
    ]
    assert not [text for text in shown if any(secret in text for secret in secrets)]


def test_lost_video_is_found_by_reconciliation(driver: Worker) -> None:
    account = driver.connect("timeout_after_publish")
    post = driver.ready(account, **long_film())
    assert isinstance(driver.look_for(post, driver.lose(post)), Found)
