"""The simulator refuses what X refuses: one row per row of the fact sheet."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.received import Checksum
from letmepost.platforms.simulation import SimulatedReply
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.simulator.limits import WINDOW_S
from letmepost.platforms.twitter.simulator.posts import LAG_S
from letmepost.platforms.twitter.simulator.scenarios import SCENARIOS
from tests.doubles.media import STARTS
from tests.platforms.twitter.world import BOUNDARY, World, form

BASIC = "Basic " + base64.b64encode(b"sandbox-client:sandbox-secret").decode()
JPEG = STARTS["image/jpeg"]


@pytest.fixture
def world() -> World:
    world = World()
    world.connect()
    return world


def said(reply: SimulatedReply) -> tuple[int, dict[str, Any]]:
    return reply.status, json.loads(reply.body)


def bearer(world: World) -> str:
    assert world.credential is not None
    return f"Bearer {world.credential.secrets['access_token']}"


def upload(world: World, *fields: tuple[str, str | bytes], path: str = "/2/media/upload") -> tuple[int, dict[str, Any]]:
    headers = {"authorization": bearer(world), "content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    return said(world.ask("POST", path, form(*fields), headers=headers))


def create(world: World, text: str = "hello", **body: Any) -> str:
    status, data = world.call("POST", "/2/tweets", {"text": text, **body})
    assert status == 201, data
    post_id: str = data["data"]["id"]
    return post_id


def uploaded(world: World) -> str:
    media_id: str = upload(world, ("media_category", "tweet_image"), ("media", JPEG))[1]["data"]["id"]
    return media_id


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 400, "$.text"),
        ({"text": " "}, 400, "$.text"),
        ({"text": 1}, 400, "$.text"),
        ({"text": "a", "scheduled_at": "now"}, 400, "does not allow additional properties"),
        ({"text": "a", "poll": {"options": ["a"], "duration_minutes": 5}}, 400, "$.poll"),
        ({"text": "a", "poll": {"options": ["a", "b" * 26], "duration_minutes": 5}}, 400, "$.poll"),
        ({"text": "a", "poll": {"options": ["a", "b"], "duration_minutes": 4}}, 400, "$.poll"),
        ({"text": "a", "poll": {"options": ["a", "b"], "duration_minutes": 10_081}}, 400, "$.poll"),
        ({"text": "a", "poll": {"options": ["a", "b"]}}, 400, "$.poll"),
        ({"text": "a", "reply_settings": "everyone"}, 400, "$.reply_settings"),
        ({"text": "a", "reply": {"in_reply_to_tweet_id": "x"}}, 400, "$.reply"),
        ({"text": "a", "media": {"media_ids": []}}, 400, "$.media"),
        ({"text": "a", "media": {"media_ids": ["1", "2", "3", "4", "5"]}}, 400, "$.media"),
        ({"text": "a", "media": {"media_ids": ["1"]}}, 400, "Your media IDs are invalid."),
        ({"text": "a\ufeff"}, 400, "$.text"),
        ({"text": "a" * 281}, 403, "You are not permitted to perform this action."),
        ({"text": "故" * 141}, 403, "You are not permitted to perform this action."),
        ({"text": "$AAPL $MSFT"}, 403, "maximum of one cashtag"),
        ({"text": "a", "quote_tweet_id": "1"}, 403, "Quoting this post is not allowed"),
        ({"text": "a", "reply": {"in_reply_to_tweet_id": "1"}}, 403, "deleted or not visible"),
    ],
)
def test_create_is_rejected(world: World, body: dict[str, Any], status: int, detail: str) -> None:
    found, data = world.call("POST", "/2/tweets", body)
    assert found == status
    assert detail in json.dumps(data, ensure_ascii=False)
    assert world.visible() == []


def test_body_that_is_not_a_json_object_is_rejected(world: World) -> None:
    for content_type, body in (("application/json", b"[]"), ("application/json", b"{"), ("text/plain", b"{}")):
        headers = {"authorization": bearer(world), "content-type": content_type}
        assert world.ask("POST", "/2/tweets", body, headers=headers).status == 400


def test_poll_cannot_be_combined(world: World) -> None:
    poll = {"options": ["a", "b"], "duration_minutes": 5}
    body = {"text": "a", "poll": poll, "media": {"media_ids": [uploaded(world)]}}
    assert world.call("POST", "/2/tweets", body)[0] == 400
    assert world.call("POST", "/2/tweets", {"text": "a", "poll": poll, "quote_tweet_id": "1"})[0] == 400
    create(world, poll=poll)


def test_same_text_media_and_parent_are_a_duplicate_for_a_day(world: World) -> None:
    first = create(world)
    status, data = world.call("POST", "/2/tweets", {"text": "hello"})
    assert (status, data["detail"]) == (403, "You are not allowed to create a Tweet with duplicate content.")
    create(world, reply={"in_reply_to_tweet_id": first})
    create(world, media={"media_ids": [uploaded(world)]})
    world.now += timedelta(hours=24)
    world.credential = world.run(PLATFORM.refresh(None, world.settings))  # type: ignore[arg-type]  # not asked for
    assert create(world) != first


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([("media", JPEG)], 400),
        ([("media", JPEG), ("media_category", "tweet_image")], 400),
        ([("media_category", "tweet_image")], 400),
        ([("media_category", "banner"), ("media", JPEG)], 400),
        ([("media_category", "tweet_image"), ("media", b"not an image")], 400),
        ([("media_category", "tweet_image"), ("media", JPEG.ljust(5_000_001, b"."))], 400),
        ([("media_category", "tweet_image"), ("media", JPEG.ljust(5_000_000, b"."))], 200),
        ([("media_category", "tweet_gif"), ("media", STARTS["image/gif"])], 200),
    ],
)
def test_upload_accepts_an_image_with_its_category(
    world: World, fields: list[tuple[str, str | bytes]], status: int
) -> None:
    assert upload(world, *fields)[0] == status


def test_upload_accepts_base64_in_json(world: World) -> None:
    media = base64.b64encode(JPEG).decode()
    assert world.call("POST", "/2/media/upload", {"media": media, "media_category": "tweet_image"})[0] == 200
    assert world.call("POST", "/2/media/upload", {"media": "~", "media_category": "tweet_image"})[0] == 400
    assert world.call("POST", "/2/media/upload", {"media": media})[0] == 400


@pytest.mark.parametrize(
    "body", [b"", b"--b0undary\r\n\r\nx\r\n", b"--b0undary\r\n\r\nx\r\n--b0undary--\r\n", b"no form at all"]
)
def test_malformed_form_is_rejected(world: World, body: bytes) -> None:
    for content_type in (f"multipart/form-data; boundary={BOUNDARY}", "multipart/form-data", ""):
        headers = {"authorization": bearer(world), "content-type": content_type}
        assert world.ask("POST", "/2/media/upload", body, headers=headers).status == 400


def initialized(world: World, total_bytes: int = 10, **changes: Any) -> tuple[int, dict[str, Any]]:
    body = {"media_type": "image/gif", "total_bytes": total_bytes, "media_category": "tweet_gif", **changes}
    return world.call("POST", "/2/media/upload/initialize", body)


@pytest.mark.parametrize(
    "changes",
    [
        {"media_type": "application/pdf"},
        {"media_category": "tweet_poster"},
        {"total_bytes": 0},
        {"total_bytes": 15_000_001},
        {"total_bytes": None},
        {"name": "a.gif"},
        {"media_category": "tweet_video"},
        {"media_type": "video/mp4"},
        {"media_category": "tweet_video", "media_type": "video/ogg"},
        {"media_category": "tweet_video", "media_type": "video/mp4", "total_bytes": 512_000_001},
    ],
)
def test_initialize_is_rejected(world: World, changes: dict[str, Any]) -> None:
    assert initialized(world, **changes)[0] == 400


def test_segments_must_add_up(world: World) -> None:
    media_id = initialized(world)[1]["data"]["id"]
    path = f"/2/media/upload/{media_id}"
    assert world.call("POST", f"{path}/finalize")[0] == 400
    assert upload(world, ("segment_index", "1"), ("media", b"67890"), path=f"{path}/append")[0] == 200
    assert world.call("POST", f"{path}/finalize")[0] == 400
    for content in (b"1", b"12345"):  # the second replaces the first
        assert upload(world, ("segment_index", "0"), ("media", content), path=f"{path}/append")[0] == 200
    status, data = world.call("POST", f"{path}/finalize")
    assert (status, data["data"]["processing_info"]["state"]) == (200, "pending")
    assert world.call("POST", "/2/tweets", {"text": "a", "media": {"media_ids": [media_id]}})[0] == 400, "not ready"
    world.now += timedelta(seconds=1)
    _, data = world.call("GET", "/2/media/upload", command="STATUS", media_id=media_id)
    assert data["data"]["processing_info"]["state"] == "succeeded"
    create(world, media={"media_ids": [media_id]})


MP4 = STARTS["video/mp4"]


def video(world: World, *segments: bytes, size_bytes: int | None = None) -> tuple[str, int, dict[str, Any]]:
    """Upload a video in segments, and return its id and the response to the end of its upload."""
    total = sum(map(len, segments)) if size_bytes is None else size_bytes
    started = initialized(world, total, media_category="tweet_video", media_type="video/mp4")
    media_id = started[1]["data"]["id"]
    assert started[1]["data"]["media_key"] == f"13_{media_id}"
    for index, content in enumerate(segments):
        sent = upload(
            world,
            ("segment_index", str(index)),
            ("media", content),
            path=f"/2/media/upload/{media_id}/append",
        )
        assert sent[0] == 200, sent
    return media_id, *world.call("POST", f"/2/media/upload/{media_id}/finalize")


def state_of(world: World, media_id: str) -> dict[str, Any]:
    status, data = world.call("GET", "/2/media/upload", command="STATUS", media_id=media_id)
    assert status == 200
    info: dict[str, Any] = data["data"]["processing_info"]
    return info


def test_post_shows_the_size_and_the_checksum_of_its_video(world: World) -> None:
    media_id, status, _ = video(world, MP4, b"more", b"!")
    assert (status, state_of(world, media_id)["state"]) == (200, "pending")
    world.now += timedelta(seconds=1)
    assert state_of(world, media_id)["state"] == "succeeded"
    create(world, media={"media_ids": [media_id]})
    [post] = world.posts()
    content = MP4 + b"more!"
    assert post.record["video"] == {"sizeBytes": len(content), "checksum": str(Checksum.of(content))}
    assert post.record["media_keys"] == [f"13_{media_id}"]


def test_video_with_missing_segments_is_not_finalized(world: World) -> None:
    _, status, data = video(world, MP4, size_bytes=len(MP4) + 1)
    assert (status, data["errors"][0]["message"]) == (400, "Segments do not add up to provided total file size.")


def test_file_that_is_not_a_video_cannot_be_processed(world: World) -> None:
    media_id, _, _ = video(world, b"not a video")
    world.now += timedelta(seconds=1)
    info = state_of(world, media_id)
    assert (info["state"], info["error"]["name"]) == ("failed", "InvalidMedia")
    assert world.call("POST", "/2/tweets", {"text": "a", "media": {"media_ids": [media_id]}})[0] == 400


def test_video_cannot_be_combined_or_described(world: World) -> None:
    media_id, _, _ = video(world, MP4)
    world.now += timedelta(seconds=1)
    body = {"text": "a", "media": {"media_ids": [media_id, uploaded(world)]}}
    assert world.call("POST", "/2/tweets", body)[0] == 403
    described = {"id": media_id, "metadata": {"alt_text": {"text": "x"}}}
    assert world.call("POST", "/2/media/metadata", described)[0] == 400


def test_upload_ends_a_day_after_its_start(world: World) -> None:
    media_id = initialized(world)[1]["data"]["id"]
    world.now += timedelta(days=1)
    world.credential = world.run(PLATFORM.refresh(None, world.settings))  # type: ignore[arg-type]  # not asked for
    for reply in (
        world.call("POST", f"/2/media/upload/{media_id}/finalize"),
        world.call("GET", "/2/media/upload", media_id=media_id),
    ):
        assert (reply[0], reply[1]["errors"][0]["type"].rpartition("/")[2]) == (404, "resource-not-found")


def test_account_with_a_subscription_may_upload_larger_videos() -> None:
    world = World()
    world.connect("subscriber")
    changes = {"media_category": "tweet_video", "media_type": "video/mp4"}
    assert initialized(world, 16_000_000_000, **changes)[0] == 200
    assert initialized(world, 16_000_000_001, **changes)[0] == 400
    assert world.call("GET", "/2/users/me")[1]["data"]["subscription_type"] == "Premium"


def test_segment_may_be_base64_in_json(world: World) -> None:
    """https://docs.x.com/x-api/media/append-media-upload, checked 2026-11-29. X's own client for Python sends it."""
    media_id = initialized(world)[1]["data"]["id"]
    path = f"/2/media/upload/{media_id}"
    for index, content in enumerate((b"12345", b"67890")):
        segment = {"segment_index": index, "media": base64.b64encode(content).decode()}
        assert world.call("POST", f"{path}/append", segment)[0] == 200
    assert world.call("POST", f"{path}/finalize")[0] == 200


def test_command_of_a_status_is_optional(world: World) -> None:
    """X's own client for Python, which is generated from X's OpenAPI description, omits it."""
    media_id = initialized(world)[1]["data"]["id"]
    assert world.call("GET", "/2/media/upload", media_id=media_id)[0] == 200
    assert world.call("GET", "/2/media/upload", media_id=media_id, command="APPEND")[0] == 400


@pytest.mark.parametrize(
    "segment",
    [
        {"segment_index": 0},
        {"segment_index": 0, "media": "not base64"},
        {"segment_index": 0, "media": "ü"},
        {"segment_index": "first", "media": "MTIzNDU="},
        {"media": "MTIzNDU="},
    ],
)
def test_segment_in_json_is_rejected(world: World, segment: dict[str, Any]) -> None:
    media_id = initialized(world)[1]["data"]["id"]
    assert world.call("POST", f"/2/media/upload/{media_id}/append", segment)[0] == 400


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([("segment_index", "0")], 400),
        ([("media", b"1")], 400),
        ([("segment_index", "1000"), ("media", b"1")], 400),
        ([("segment_index", "-1"), ("media", b"1")], 400),
        ([("segment_index", "0"), ("media", b"1" * (5 * 1024 * 1024 + 1))], 413),
    ],
)
def test_segment_is_rejected(world: World, fields: list[tuple[str, str | bytes]], status: int) -> None:
    media_id = initialized(world)[1]["data"]["id"]
    assert upload(world, *fields, path=f"/2/media/upload/{media_id}/append")[0] == status


def test_media_belong_to_their_uploader_and_expire_after_a_day(world: World) -> None:
    media_id = uploaded(world)
    world.connect()
    body = {"text": "a", "media": {"media_ids": [media_id]}}
    assert world.call("POST", "/2/tweets", body)[0] == 400
    assert world.call("POST", "/2/media/metadata", {"id": media_id, "metadata": {"alt_text": {"text": "x"}}})[0] == 403
    own = uploaded(world)
    world.now += timedelta(days=1)
    world.credential = world.run(PLATFORM.refresh(None, world.settings))  # type: ignore[arg-type]  # not asked for
    assert world.call("POST", "/2/tweets", {"text": "a", "media": {"media_ids": [own]}})[0] == 400


def test_gif_cannot_be_combined(world: World) -> None:
    gif = upload(world, ("media_category", "tweet_gif"), ("media", STARTS["image/gif"]))[1]["data"]["id"]
    body = {"text": "a", "media": {"media_ids": [gif, uploaded(world)]}}
    assert world.call("POST", "/2/tweets", body)[0] == 403


@pytest.mark.parametrize(
    "body",
    [
        {"metadata": {"alt_text": {"text": "x"}}},
        {"id": "1"},
        {"id": "1", "metadata": {}},
        {"id": "1", "metadata": {"alt_text": {"text": "x" * 1001}}},
    ],
)
def test_alt_text_is_rejected(world: World, body: dict[str, Any]) -> None:
    assert world.call("POST", "/2/media/metadata", body)[0] == 400


def test_timeline_returns_posts_in_x_s_form_with_a_delay(world: World) -> None:
    me = world.call("GET", "/2/users/me")[1]["data"]["id"]
    path = f"/2/users/{me}/tweets"
    fields = {"tweet.fields": "created_at,text,entities,attachments,referenced_tweets"}
    first = create(world, "a <b> & example.com", media={"media_ids": [uploaded(world)]})
    second = create(world, "response", reply={"in_reply_to_tweet_id": first})
    assert world.call("GET", path, **fields) == (200, {"meta": {"result_count": 0}})
    world.now += timedelta(seconds=LAG_S)
    _, page = world.call("GET", path, **fields)
    response, post = page["data"]
    assert response["referenced_tweets"] == [{"type": "replied_to", "id": first}]
    assert (response["id"], post["created_at"]) == (second, "2026-11-22T10:00:00.000Z")
    link, picture = post["entities"]["urls"]
    assert link["expanded_url"] == "http://example.com"
    assert post["text"] == f"a &lt;b&gt; &amp; {link['url']} {picture['url']}"
    assert link["url"].startswith("https://t.co/")
    assert (link["start"], link["end"]) == (8, 31)
    assert [picture["media_key"]] == post["attachments"]["media_keys"]
    assert set(world.call("GET", path)[1]["data"][0]) == {"id", "text", "edit_history_tweet_ids"}
    assert [one["id"] for one in world.call("GET", path, exclude="replies,retweets")[1]["data"]] == [first]
    assert world.call("GET", path, start_time="2026-11-22T10:00:01Z")[1]["meta"]["result_count"] == 0
    assert world.call("GET", path, end_time="2026-11-22T10:00:00Z")[1]["meta"]["result_count"] == 2
    assert world.call("GET", path, end_time="2026-11-22T09:59:59Z")[1]["meta"]["result_count"] == 0


@pytest.mark.parametrize(
    "query",
    [
        {"max_results": "4"},
        {"max_results": "101"},
        {"start_time": "now"},
        {"end_time": "now"},
        {"tweet.fields": "everything"},
    ],
)
def test_timeline_is_rejected(world: World, query: dict[str, str]) -> None:
    assert world.call("GET", "/2/users/1/tweets", **query)[0] == 400


def test_post_is_deleted_only_by_its_author(world: World) -> None:
    post_id = create(world)
    owner = world.credential
    world.connect()
    assert world.call("DELETE", f"/2/tweets/{post_id}")[0] == 403
    world.credential = owner
    assert world.call("DELETE", f"/2/tweets/{post_id}") == (200, {"data": {"deleted": True}})
    assert world.call("DELETE", f"/2/tweets/{post_id}") == (200, {"data": {"deleted": False}})


def test_calls_are_counted_by_account_and_endpoint_in_windows(world: World) -> None:
    headers = {"authorization": bearer(world)}
    for left in reversed(range(74)):  # connecting was the first of 75
        reply = world.ask("GET", "/2/users/me", headers=headers)
        assert (reply.status, reply.headers["x-rate-limit-remaining"]) == (200, str(left))
    refused = world.ask("GET", "/2/users/me", headers=headers)
    assert (refused.status, refused.headers["x-rate-limit-remaining"]) == (429, "0")
    assert refused.headers["x-rate-limit-reset"] == str(int(world.now.timestamp()) + WINDOW_S)
    assert world.call("GET", "/2/users/1/tweets")[0] == 200
    world.now += timedelta(seconds=WINDOW_S)
    assert world.call("GET", "/2/users/me")[0] == 200


@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer unknown", BASIC])
def test_call_without_a_valid_token_is_rejected(world: World, authorization: str) -> None:
    reply = world.ask("GET", "/2/users/me", headers={"authorization": authorization})
    assert said(reply)[1] == {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    world.now += timedelta(hours=2)
    assert world.call("GET", "/2/users/me")[0] == 401


def token(world: World, authorization: str = BASIC, **fields: str) -> tuple[int, dict[str, Any]]:
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    headers = {"authorization": authorization, "content-type": "application/x-www-form-urlencoded"}
    return said(world.ask("POST", "/2/oauth2/token", body, headers=headers))


def test_token_endpoint_authenticates_its_app(world: World) -> None:
    assert token(world, "", grant_type="refresh_token")[1]["error"] == "unauthorized_client"
    wrong = "Basic " + base64.b64encode(b"sandbox-client:other").decode()
    assert token(world, wrong, grant_type="refresh_token") == (
        401,
        {"error": "invalid_client", "error_description": "Client authentication failed"},
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"grant_type": "password"},
        {"grant_type": "refresh_token"},
        {"grant_type": "refresh_token", "refresh_token": "unknown"},
        {"grant_type": "authorization_code", "code": "unknown", "redirect_uri": "x", "code_verifier": "y"},
        {"grant_type": "authorization_code", "code": "unknown"},
    ],
)
def test_token_endpoint_rejects(world: World, fields: dict[str, str]) -> None:
    status, data = token(world, **fields)
    assert (status, data["error"]) == (400, "invalid_request")


def test_refresh_token_is_valid_once_and_an_access_token_is_not_one(world: World) -> None:
    assert world.credential is not None
    old = world.credential.secrets
    status, data = token(world, grant_type="refresh_token", refresh_token=old["refresh_token"])
    assert (status, data["expires_in"], data["token_type"]) == (200, 7200, "bearer")
    again = token(world, grant_type="refresh_token", refresh_token=old["refresh_token"])
    assert again[1]["error_description"] == "Value passed for the token was invalid."
    assert token(world, grant_type="refresh_token", refresh_token=data["access_token"])[0] == 400


def query(**changes: str) -> tuple[tuple[str, str], ...]:
    known = {
        "response_type": "code",
        "client_id": "sandbox-client",
        "redirect_uri": "https://me.test/cb",
        "scope": "tweet.read users.read",
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
    }
    return tuple({**known, **changes}.items())


@pytest.mark.parametrize("changes", [{"state": ""}, {"state": "s" * 501}, {"code_challenge": ""}])
def test_consent_page_rejects_without_a_redirect(changes: dict[str, str]) -> None:
    page = World().ask("GET", "/i/oauth2/authorize", query=query(choice="allow", **changes))
    assert (page.status, "location" in page.headers) == (400, False)


def test_consent_without_offline_access_returns_no_refresh_token() -> None:
    world = World()
    location = world.ask("GET", "/i/oauth2/authorize", query=query(choice="allow", code_challenge="x")).headers
    code = location["location"].rpartition("code=")[2]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://me.test/cb"}
    assert token(world, **fields, code_verifier="wrong")[0] == 400


def test_other_paths_are_not_found(world: World) -> None:
    for method, path in (("GET", "/2/tweets"), ("POST", "/1.1/media/upload.json"), ("GET", "/"), ("PUT", "/2/tweets")):
        assert world.call(method, path)[0] == 404


def test_slow_server_delays_publishing() -> None:
    world = World()
    world.connect("slow")
    headers = {"authorization": bearer(world), "content-type": "application/json"}
    assert world.ask("POST", "/2/tweets", b'{"text": "a"}', headers=headers).delay_s == 3.0
    assert world.ask("GET", "/2/users/me", headers=headers).delay_s == 0.0


def test_unknown_scenario_is_rejected() -> None:
    world = World()
    with pytest.raises(ValueError, match="no scenario"):
        PLATFORM.simulator.create_account(world.state, "perfect", world.now, world.entropy())
    assert set(PLATFORM.simulator.scenarios) == set(SCENARIOS)
    assert all(scenario.summary.endswith(".") for scenario in SCENARIOS.values())
