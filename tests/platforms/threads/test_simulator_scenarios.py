"""The scenarios of test accounts: contract section 12, and some of Threads' own."""

import pytest

from letmepost.platforms.threads.simulator import SIMULATOR
from tests.platforms.threads.world import PICTURE, World

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
    "lagging",
    "media_broken",
    "media_unreachable",
    "instagram_unlinked",
}


def test_every_scenario_of_the_contract_exists() -> None:
    assert set(SIMULATOR.scenarios) == SCENARIOS


def test_unknown_scenario_is_rejected() -> None:
    world = World()
    with pytest.raises(ValueError, match="no scenario"):
        SIMULATOR.create_account(world.state, "perfect", world.now, world.entropy())


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_account_of_every_scenario_can_be_connected(scenario: str) -> None:
    assert World().connect(scenario).id.isdigit()


def test_ok_publishes_immediately() -> None:
    user = World().connect()
    response = user.publish(user.make().data["id"])
    assert (response.status, response.delay_s, response.dropped) == (200, 0, False)


def test_slow_delays_writes_and_media() -> None:
    user = World().connect("slow")
    assert user.make().delay_s == user.publish(user.make().data["id"]).delay_s == 3
    picture = user.make("IMAGE", image_url=PICTURE).data["id"]
    user.world.advance(seconds=7)
    assert user.status(picture) == "IN_PROGRESS"
    user.world.advance(seconds=1)
    assert user.status(picture) == "FINISHED"
    assert user.get("me").delay_s == 0


def test_rate_limited_refuses_two_writes_while_the_quota_is_not_used_up() -> None:
    user = World().connect("rate_limited")
    for _ in range(2):
        assert user.make().refusal == (403, 4, None)
    assert user.get("me/threads_publishing_limit").data == {"data": [{"quota_usage": 0}]}
    assert user.make().status == 200


def test_auth_revoked_refuses_everything_after_connecting() -> None:
    user = World().connect("auth_revoked")
    for response in (user.make(), user.get("me"), user.publish("1"), user.world.refresh(user.token)):
        assert response.refusal == (400, 190, 458)


def test_token_expiring_requires_a_refresh_every_few_minutes() -> None:
    user = World().connect("token_expiring")
    user.world.advance(seconds=119)
    response = user.world.refresh(user.token)
    assert response.data["expires_in"] == 120
    user.world.advance(seconds=1)
    assert user.make().refusal == (400, 190, 463)
    user.token = response.data["access_token"]
    assert user.make().status == 200


def test_rejected_refuses_every_post() -> None:
    user = World().connect("rejected")
    assert user.make().refusal == (400, 100, None)


def test_unavailable_ends_after_a_while() -> None:
    user = World().connect("unavailable")
    assert user.make().refusal == (503, 2, None)
    user.world.advance(seconds=7)
    assert user.make().refusal == (503, 2, None)
    user.world.advance(seconds=1)
    assert user.publish(user.make().data["id"]).status == 200


def test_flaky_fails_every_second_write_before_it_is_executed() -> None:
    user = World().connect("flaky")
    assert user.make().refusal == (500, 1, None)
    container = user.make().data["id"]
    assert user.publish(container).refusal == (500, 1, None)
    assert user.status(container) == "FINISHED"
    assert user.publish(container).status == 200


def test_timeout_after_publish_loses_the_response_but_not_the_post() -> None:
    user = World().connect("timeout_after_publish")
    container = user.make()
    assert not container.dropped
    assert user.publish(container.data["id"]).dropped
    assert user.status(container.data["id"]) == "PUBLISHED"
    assert len(user.world.posts()) == 1


def test_duplicate_refuses_to_publish() -> None:
    user = World().connect("duplicate")
    container = user.make().data["id"]
    assert user.publish(container).refusal == (400, 506, None)
    assert user.status(container) == "FINISHED"


def test_processing_forever_never_becomes_ready() -> None:
    user = World().connect("processing_forever")
    containers = [user.make().data["id"], user.make("IMAGE", image_url=PICTURE).data["id"]]
    user.world.advance(hours=23)
    for container in containers:
        assert user.status(container) == "IN_PROGRESS"
        assert user.publish(container).refusal == (400, 24, 4279009)


def test_lagging_hides_new_objects_for_a_moment() -> None:
    user = World().connect("lagging")
    container = user.make().data["id"]
    assert user.status(container) == "FINISHED"
    assert user.publish(container).refusal == (400, 24, 4279009)
    user.world.advance(seconds=3)
    post = user.publish(container).data["id"]
    assert "permalink" not in user.get(post, fields="permalink").data
    assert user.make(reply_to_id=post).refusal == (400, 24, 4279009)
    user.world.advance(seconds=3)
    assert "permalink" in user.get(post, fields="permalink").data
    assert user.make(reply_to_id=post).status == 200


def test_media_broken_fails_every_media_item() -> None:
    user = World().connect("media_broken")
    container = user.make("VIDEO", video_url=PICTURE).data["id"]
    user.world.advance(seconds=1)
    fields = user.get(container, fields="id,status,error_message").data
    assert fields == {"id": container, "status": "ERROR", "error_message": "INVALID_DURATION"}
    assert user.publish(user.make().data["id"]).status == 200


@pytest.mark.parametrize(("scenario", "status"), [("ok", "SUCCESS"), ("instagram_unlinked", "FAILED")])
def test_share_to_instagram_is_reported_when_the_post_is_published(scenario: str, status: str) -> None:
    user = World().connect(scenario)
    response = user.publish(user.make(crossreshare_to_ig="true").data["id"])
    assert (response.status, response.data["crossreshare_to_ig_status"]) == (200, status)
    assert "crossreshare_to_ig_status" not in user.publish(user.make().data["id"]).data
    assert len(user.world.posts()) == 2


def test_scenario_belongs_to_one_account() -> None:
    world = World()
    broken, healthy = world.connect("rejected"), world.connect("ok")
    assert broken.make().status == 400
    assert healthy.make().status == 200
