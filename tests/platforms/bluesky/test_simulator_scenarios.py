"""The scenarios of test accounts: contract section 12."""

from typing import Any

import pytest

from letmepost.platforms.bluesky.simulator import SIMULATOR
from tests.platforms.bluesky.test_simulator import OTHER_RKEY, POST, RKEY, World, post

SCENARIOS = {
    "ok",
    "slow",
    "rate_limited",
    "auth_revoked",
    "token_expiring",
    "rejected",
    "unavailable",
    "flaky",
    "timeout_after_publish",
    "duplicate",
    "processing_forever",
}
DIRECTORY_SCENARIOS = {
    "directory_gone",
    "directory_rate_limited",
    "directory_unavailable",
    "directory_unanswered",
}
VIDEO_SCENARIOS = {
    "video_failed",
    "video_interrupted",
    "video_unfinished",
    "video_quota",
    "video_email_unconfirmed",
    "video_token_expired",
    "video_reply_lost",
}
CREATE = {"$type": "com.atproto.repo.applyWrites#create", "collection": POST}


def test_every_scenario_of_the_contract_exists() -> None:
    assert set(SIMULATOR.scenarios) == SCENARIOS | DIRECTORY_SCENARIOS | VIDEO_SCENARIOS


@pytest.mark.parametrize(
    ("scenario", "status", "delay_s"),
    [
        ("ok", 200, 0),
        ("directory_gone", 410, 0),
        ("directory_rate_limited", 429, 0),
        ("directory_unavailable", 503, 0),
        ("directory_unanswered", 504, 3600),
    ],
)
def test_directory_scenarios_change_only_the_directory(scenario: str, status: int, delay_s: float) -> None:
    user = World().connect(scenario)
    response = user.world.ask("GET", f"/plc/{user.did}")
    assert (response.status, response.delay_s) == (status, delay_s)
    assert user.put(post()).status == 200


@pytest.mark.parametrize("scenario", sorted(SCENARIOS | DIRECTORY_SCENARIOS))
def test_account_of_every_scenario_can_be_connected_and_read(scenario: str) -> None:
    user = World().connect(scenario)
    assert user.read().refusal[1] == "RecordNotFound"


def test_ok_publishes_immediately() -> None:
    user = World().connect("ok")
    response = user.put(post())
    assert (response.status, response.delay_s, response.dropped) == (200, 0, False)


def test_slow_takes_three_seconds_for_writes_and_uploads() -> None:
    user = World().connect("slow")
    assert user.put(post()).delay_s == user.upload().delay_s == 3
    assert user.read().delay_s == 0


def test_rate_limited_refuses_two_writes_with_a_retry_time() -> None:
    user = World().connect("rate_limited")
    for _ in range(2):
        refused = user.put(post())
        assert refused.refusal == (429, "RateLimitExceeded", "Rate Limit Exceeded")
        assert refused.headers["retry-after"] == "2"
        assert int(refused.headers["ratelimit-reset"]) == user.world.now.timestamp() + 2
        assert user.upload().status == 200
    assert user.put(post()).status == 200


def test_auth_revoked_refuses_every_access_and_refresh_after_connecting() -> None:
    user = World().connect("auth_revoked")
    expired, revoked = "Token has expired", "Token has been revoked"
    assert user.put(post()).refusal == (400, "ExpiredToken", expired)
    assert user.upload().refusal == (400, "ExpiredToken", expired)
    assert user.bare("GET", "com.atproto.server.getSession", user.access).refusal == (
        400,
        "ExpiredToken",
        expired,
    )
    assert user.refresh().refusal == (400, "ExpiredToken", revoked)
    refusal = (401, "AuthenticationRequired", "Invalid identifier or password")
    assert user.world.login(user.handle, user.password).refusal == refusal


def test_token_expiring_requires_a_refresh_every_few_seconds() -> None:
    user = World().connect("token_expiring")
    assert user.put(post()).status == 200
    user.world.advance(seconds=5)
    assert user.put(post()).refusal == (400, "ExpiredToken", "Token has expired")
    user.refresh_session()
    assert user.put(post()).status == 200
    user.world.advance(seconds=5)
    assert user.put(post()).status == 400


def test_rejected_refuses_only_posts() -> None:
    user = World().connect("rejected")
    assert user.put(post()).refusal[:2] == (400, "InvalidRequest")
    writes = [{**CREATE, "value": post()}]
    assert user.write("applyWrites", writes=writes).refusal[:2] == (400, "InvalidRequest")
    assert user.upload().status == 200
    assert user.write("deleteRecord", collection=POST, rkey=RKEY).status == 200
    assert user.world.posts() == []


def test_unavailable_ends_after_a_while() -> None:
    user = World().connect("unavailable")
    user.world.advance(hours=1)
    assert user.put(post()).refusal[:2] == (503, "NotEnoughResources")
    user.world.advance(seconds=2)
    assert user.put(post()).refusal[:2] == (502, "UpstreamFailure")
    assert user.upload().refusal[:2] == (503, "NotEnoughResources")
    assert user.world.posts() == []
    user.world.advance(seconds=6)
    assert user.put(post()).status == 200


def test_flaky_fails_every_second_write_before_it_is_executed() -> None:
    user = World().connect("flaky")
    assert user.put(post()).refusal == (500, "InternalServerError", "Internal Server Error")
    assert user.world.posts() == []
    assert user.put(post()).status == 200
    assert user.put(post(), OTHER_RKEY).status == 500
    assert user.put(post(), OTHER_RKEY).status == 200


def test_timeout_after_publish_loses_the_first_response_for_each_record() -> None:
    user = World().connect("timeout_after_publish")
    for rkey in (RKEY, OTHER_RKEY):
        assert user.put(post(), rkey, swapRecord=None).dropped
        again = user.put(post(), rkey, swapRecord=None)
        assert (again.status, again.dropped) == (200, False)
        assert "commit" not in again.data
    assert len(user.world.posts()) == 2


def test_timeout_after_publish_loses_the_response_of_a_batch_once() -> None:
    user = World().connect("timeout_after_publish")
    writes = [{**CREATE, "rkey": RKEY, "value": post()}, {**CREATE, "rkey": OTHER_RKEY, "value": post()}]
    assert user.write("applyWrites", writes=writes).dropped
    assert not user.put(post("Edited")).dropped
    assert not user.write("deleteRecord", collection=POST, rkey=RKEY).dropped


@pytest.mark.parametrize("name", ["putRecord", "createRecord", "applyWrites"])
def test_duplicate_finds_another_post_under_its_key(name: str) -> None:
    user = World().connect("duplicate")
    bodies: dict[str, dict[str, Any]] = {
        "putRecord": {"collection": POST, "rkey": RKEY, "record": post(), "swapRecord": None},
        "createRecord": {"collection": POST, "rkey": RKEY, "record": post()},
        "applyWrites": {"writes": [{**CREATE, "rkey": RKEY, "value": post()}]},
    }
    refused = user.write(name, **bodies[name])
    there = user.read().data
    expected = (400, "InvalidSwap") if name == "putRecord" else (500, "InternalServerError")
    assert refused.refusal[:2] == expected
    assert there["value"]["text"] != "Hello"
    assert user.write(name, **bodies[name]).refusal == refused.refusal
    assert user.read().data == there
    assert len(user.world.posts()) == 1


def test_processing_forever_does_not_respond_or_execute() -> None:
    user = World().connect("processing_forever")
    for response in (user.put(post()), user.upload()):
        assert response.refusal == (504, "UpstreamTimeout", "Operation timed out, please try again.")
        assert response.delay_s == 3600
    assert user.world.posts() == []


def test_scenario_belongs_to_one_account() -> None:
    world = World()
    broken, healthy = world.connect("rejected"), world.connect("ok")
    assert broken.put(post()).status == 400
    assert healthy.put(post()).status == 200
