"""The scenarios of test accounts: contract section 12, and those that only TikTok has."""

import pytest

from letmepost.platforms.tiktok.simulator import SIMULATOR
from tests.platforms.tiktok.network import PRIVATE, PUBLIC, Client, Network, data_of, photos, problem_of, video

COMMON = {
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
INBOX = "post/publish/inbox/video/init"


def settled(client: Client, publish_id: str, after_s: float = 60) -> tuple[str, str | None]:
    """Return the status of a task after a while, and why it failed."""
    client.network.advance(after_s)
    found = client.status(publish_id)
    return found["status"], found.get("fail_reason")


def test_every_scenario_of_the_contract_exists() -> None:
    assert set(SIMULATOR.scenarios) >= COMMON


def test_unknown_scenario_is_rejected() -> None:
    network = Network()
    with pytest.raises(ValueError, match="no scenario"):
        SIMULATOR.create_account(network.state, "perfect", network.now, network.entropy())


@pytest.mark.parametrize("scenario", SIMULATOR.scenarios)
def test_account_of_every_scenario_can_be_connected(scenario: str) -> None:
    client = Network().connect(scenario)
    assert data_of(client.user())["user"]["open_id"] == client.granted["open_id"]


def test_slow_delays_writes_and_processing() -> None:
    client = Network().connect("slow")
    started = client.init()
    assert (started.delay_s, client.user().delay_s) == (3, 0)
    assert client.upload(data_of(started)["upload_url"]).delay_s == 3
    assert settled(client, data_of(started)["publish_id"], 39) == ("PROCESSING_UPLOAD", None)
    assert settled(client, data_of(started)["publish_id"], 1) == ("PUBLISH_COMPLETE", None)


def test_rate_limited_refuses_two_posts() -> None:
    client = Network().connect("rate_limited")
    assert [client.init().status for _ in range(3)] == [429, 429, 200]


def test_auth_revoked_refuses_every_call_after_connecting() -> None:
    client = Network().connect("auth_revoked")
    assert client.user().status == 200
    assert client.creator()
    assert problem_of(client.init()) == (401, "access_token_invalid")
    assert problem_of(client.user()) == (401, "access_token_invalid")
    assert client.refresh().status == 400


def test_auth_revoked_refuses_a_second_read_of_the_account() -> None:
    client = Network().connect("auth_revoked")
    assert [client.user().status for _ in range(2)] == [200, 401]


def test_token_expiring_requires_a_refresh() -> None:
    client = Network().connect("token_expiring")
    client.network.advance(5)
    assert problem_of(client.init()) == (401, "access_token_invalid")
    client.refresh()
    assert client.init().status == 200


def test_unavailable_refuses_posts_and_uploads_for_8_s() -> None:
    client = Network().connect("unavailable")
    assert problem_of(client.init()) == (503, "internal_error")
    client.network.advance(8)
    assert client.publish()


def test_flaky_fails_every_other_post() -> None:
    client = Network().connect("flaky")
    assert [client.init().status for _ in range(4)] == [500, 200, 500, 200]


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        ("rejected", "spam_risk_text"),
        ("duplicate", "spam_risk"),
        ("media_broken", "picture_size_check_failed"),
        ("task_fails", "internal"),
    ],
)
def test_post_fails_after_it_was_processed(scenario: str, reason: str) -> None:
    client = Network().connect(scenario)
    assert settled(client, client.publish()) == ("FAILED", reason)
    assert client.network.posts() == []


def test_only_the_first_task_fails() -> None:
    client = Network().connect("task_fails")
    first = data_of(client.send_photos())["publish_id"]
    second = data_of(client.send_photos())["publish_id"]
    assert settled(client, first) == ("FAILED", "photo_pull_failed")
    assert settled(client, second) == ("PUBLISH_COMPLETE", None)
    assert [post.uri for post in client.network.posts()] == [second]


def test_processing_forever_never_publishes() -> None:
    client = Network().connect("processing_forever")
    assert settled(client, client.publish(), 7000) == ("PROCESSING_UPLOAD", None)
    assert client.network.posts() == []


def test_response_to_photos_is_lost_once() -> None:
    client = Network().connect("timeout_after_publish")
    assert [client.send_photos().dropped for _ in range(2)] == [True, False]
    assert len(client.network.posts()) == 2


@pytest.mark.parametrize(
    ("scenario", "code"), [("daily_cap", "spam_risk_too_many_posts"), ("app_cap", "reached_active_user_cap")]
)
def test_cap_is_used_up_for_two_hours(scenario: str, code: str) -> None:
    client = Network().connect(scenario)
    assert client.refused("post/publish/creator_info/query") == (200, code)
    assert problem_of(client.init()) == (403, code)
    client.network.advance(7200)
    client.refresh()
    assert client.creator()
    assert client.init().status == 200


def test_banned_account_cannot_post() -> None:
    client = Network().connect("banned")
    assert client.refused("post/publish/creator_info/query") == (200, "spam_risk_user_banned_from_posting")
    assert problem_of(client.init()) == (403, "spam_risk_user_banned_from_posting")


def test_refusals_can_have_the_status_of_a_success() -> None:
    client = Network().connect("errors_with_200")
    assert client.creator()
    assert problem_of(client.init()) == (200, "spam_risk_user_banned_from_posting")
    assert problem_of(client.init({})) == (200, "invalid_params")


def test_starts_are_limited_by_token_in_a_window_that_slides() -> None:
    client = Network().connect()
    for _ in range(6):
        assert client.init().status == 200
        client.network.advance(9)
    assert problem_of(client.init()) == (429, "rate_limit_exceeded")
    assert client.post(INBOX, video())
    client.network.advance(6)
    assert [client.init().status for _ in range(2)] == [200, 429]
    client.refresh()
    assert client.init().status == 200


def test_creator_info_and_status_have_their_own_limits() -> None:
    client = Network().connect()
    publish_id = client.publish()
    for _ in range(20):
        client.creator()
    for _ in range(30):
        client.status(publish_id)
    assert client.refused("post/publish/creator_info/query") == (429, "rate_limit_exceeded")
    assert client.refused("post/publish/status/fetch", {"publish_id": publish_id}) == (429, "rate_limit_exceeded")


def test_account_publishes_15_posts_in_24_hours() -> None:
    client = Network().connect()
    for _ in range(15):
        client.publish()
        client.network.advance(60)
    assert problem_of(client.init()) == (403, "spam_risk_too_many_posts")
    assert client.refused("post/publish/creator_info/query") == (200, "spam_risk_too_many_posts")
    assert client.post(INBOX, video())
    client.network.advance(86_400 - 15 * 60)
    client.refresh()
    assert client.publish()


def test_started_uploads_are_not_counted_as_posts() -> None:
    client = Network().connect()
    for _ in range(16):
        assert client.init().status == 200
        client.network.advance(60)
    assert client.publish()


def test_unmetered_account_has_no_limits() -> None:
    client = Network().connect("unmetered")
    for _ in range(20):
        assert client.publish()


def test_inbox_has_5_posts_in_24_hours() -> None:
    client = Network().connect()
    for _ in range(5):
        client.upload(client.post(INBOX, video())["upload_url"])
        client.network.advance(60)
    assert client.refused(INBOX, video()) == (403, "spam_risk_too_many_pending_share")
    assert client.publish()


@pytest.mark.parametrize("scenario", ["unaudited", "unaudited_private"])
def test_app_without_audit_cannot_post_publicly(scenario: str) -> None:
    refusal = (403, "unaudited_client_can_only_post_to_private_accounts")
    client = Network().connect(scenario)
    assert problem_of(client.init(PUBLIC)) == refusal
    assert client.post(INBOX, video())


def test_app_without_audit_posts_privately_to_private_accounts() -> None:
    network = Network()
    assert problem_of(network.connect("unaudited").init(PRIVATE))[0] == 403
    assert network.connect("unaudited_private").publish(PRIVATE)


def test_app_without_audit_has_5_users_in_24_hours() -> None:
    network = Network()
    clients = [network.connect("unaudited_private") for _ in range(6)]
    for client in clients[:5]:
        client.publish(PRIVATE)
    assert problem_of(clients[5].init(PRIVATE)) == (403, "reached_active_user_cap")
    assert clients[0].publish(PRIVATE)
    network.advance(86_400)
    clients[5].refresh()
    assert clients[5].publish(PRIVATE)


def test_private_account_posts_to_its_followers() -> None:
    client = Network().connect("private_account")
    assert client.publish({**PUBLIC, "privacy_level": "FOLLOWER_OF_CREATOR"})
    assert problem_of(client.init(PUBLIC)) == (403, "privacy_level_option_mismatch")


def test_account_turns_private_after_it_was_read() -> None:
    client = Network().connect("turned_private")
    assert "PUBLIC_TO_EVERYONE" in client.creator()["privacy_level_options"]
    assert "PUBLIC_TO_EVERYONE" not in client.creator()["privacy_level_options"]
    assert problem_of(client.init(PUBLIC)) == (403, "privacy_level_option_mismatch")


def test_media_are_not_fetched_from_an_unverified_domain() -> None:
    client = Network().connect("domain_unverified")
    assert problem_of(client.send_photos()) == (403, "url_ownership_unverified")
    assert client.publish()


def test_outdated_app_cannot_receive_photos() -> None:
    client = Network().connect("app_outdated")
    assert problem_of(client.send_photos({}, post_mode="MEDIA_UPLOAD")) == (400, "app_version_check_failed")
    assert client.send_photos().status == 200


@pytest.mark.parametrize(
    ("post", "status"),
    [({}, "PROCESSING_DOWNLOAD"), ({"privacy_level": "SELF_ONLY"}, "SEND_TO_USER_INBOX")],
)
def test_photos_reach_the_inbox_only_with_a_privacy_level(post: dict[str, str], status: str) -> None:
    client = Network().connect("inbox_needs_privacy")
    started = client.post("post/publish/content/init", photos(post, post_mode="MEDIA_UPLOAD"))
    assert settled(client, started["publish_id"]) == (status, None)


@pytest.mark.parametrize(("scenario", "after_s", "is_shown"), [("moderated", 7199, False), ("moderated", 7202, True)])
def test_moderation_delays_the_id(scenario: str, after_s: float, *, is_shown: bool) -> None:
    client = Network().connect(scenario)
    publish_id = client.publish()
    client.network.advance(after_s)
    client.refresh()
    assert bool(client.status(publish_id)["publicaly_available_post_id"]) is is_shown


def test_id_is_never_shown() -> None:
    client = Network().connect("id_missing")
    publish_id = client.publish()
    client.network.advance(10 * 86_400)
    client.refresh()
    assert client.status(publish_id)["publicaly_available_post_id"] == []
    assert client.post("video/list", {}, fields="id")["videos"] == []


def test_status_of_a_processed_post_is_unknown() -> None:
    client = Network().connect("task_unknown")
    publish_id = client.publish()
    assert client.status(publish_id)["status"] == "PROCESSING_UPLOAD"
    client.network.advance(60)
    assert client.refused("post/publish/status/fetch", {"publish_id": publish_id}) == (400, "invalid_publish_id")
    assert len(client.post("video/list", {}, fields="id")["videos"]) == 1


def test_id_can_be_a_single_value() -> None:
    client = Network().connect("single_id")
    publish_id = client.publish()
    assert client.status(publish_id)["publicaly_available_post_id"] == []
    client.network.advance(60)
    assert isinstance(client.status(publish_id)["publicaly_available_post_id"], int)
