"""The simulator refuses what the real server refuses: one row per row of the protocol."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from letmepost.domain.sandbox_pages import post_path
from letmepost.platforms.threads.simulator import SIMULATOR
from letmepost.platforms.threads.simulator.tokens import APP
from tests.platforms.threads.world import CALLBACK, PICTURE, User, World

ASKED = {
    "client_id": APP.client_id,
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "threads_basic,threads_content_publish,threads_manage_replies,threads_read_replies,threads_delete,"
    "threads_location_tagging,threads_share_to_instagram",
    "state": "s&t",
}
NOT_FOUND = (400, 24, 4279009)
WRONG = (400, 100, None)
INVALID_TOKEN = (400, 190, None)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def user(world: World) -> User:
    return world.connect()


# Consent


def choose(world: World, choice: str, **changes: str) -> tuple[str, dict[str, str]]:
    """Open the page, follow one of its links, and return the redirect's URL and parameters."""
    page = world.send("GET", "/oauth/authorize", query=tuple({**ASKED, **changes}.items()))
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    links = [unescape(link) for link in re.findall(r'href="([^"]*)"', page.text)]
    [link] = [link for link in links if link.endswith(f"choice={choice}")]
    response = world.send("GET", "/oauth/authorize", query=parse_qsl(urlsplit(link).query))
    assert response.status == 302
    url = urlsplit(response.headers["location"])
    assert url.fragment == ("_" if choice != "deny" else "")
    return url._replace(query="", fragment="").geturl(), dict(parse_qsl(url.query))


def test_allowing_returns_a_code_that_is_valid_once(world: World) -> None:
    base, returned = choose(world, "allow")
    assert (base, returned["state"]) == (CALLBACK, "s&t")
    code = returned["code"]
    response = world.exchange(code)
    assert isinstance(response.data["user_id"], int)
    again = world.exchange(code)
    assert (again.status, again.data["error_type"], again.data["code"]) == (400, "OAuthException", 400)


def test_denying_returns_an_error_and_the_state(world: World) -> None:
    _, returned = choose(world, "deny")
    assert (returned["error"], returned["error_reason"], returned["state"]) == ("access_denied", "user_denied", "s&t")
    assert not any(key.startswith(("person/", "oauth/")) for key in world.state)


def test_allowing_less_grants_less(world: World) -> None:
    code = choose(world, "allow-less")[1]["code"]
    user = world.user(code)
    granted = user.get("debug_token", input_token=user.token).data["data"]
    assert granted["scopes"] == ["threads_basic", "threads_content_publish"]
    assert granted["is_valid"]
    assert user.delete("1").refusal == (403, 10, None)
    for parameters in (
        {"reply_to_id": "1"},
        {"reply_control": "everyone"},
        {"location_id": "5"},
        {"crossreshare_to_ig": "true"},
    ):
        assert user.make(**parameters).refusal == (403, 10, None)
    assert user.make(crossreshare_to_ig="false").status == 200


def test_consent_request_without_the_basic_scope_is_a_page(world: World) -> None:
    query = {**ASKED, "scope": "threads_content_publish"}
    page = world.send("GET", "/oauth/authorize", query=tuple(query.items()))
    assert (page.status, page.data) == (400, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "1"},
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"grant_type": "password"},
        {"redirect_uri": "https://other.example"},
    ],
)
def test_code_is_exchanged_by_its_own_app_with_its_own_uri(world: World, changes: dict[str, str]) -> None:
    code = choose(world, "allow")[1]["code"]
    response = world.exchange(code, **changes)
    assert (response.status, response.data["error_type"]) == (400, "OAuthException")
    assert world.exchange(code).status == 200


def test_parameters_may_be_json(world: World) -> None:
    """Clients of other authors send JSON, for example `threadspipepy` and the original letmepost."""
    code = SIMULATOR.create_account(world.state, "ok", world.now, world.entropy())["code"]
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://a.test"}
    body |= {"client_id": APP.client_id, "client_secret": APP.client_secret}
    headers = {"content-type": "application/json"}
    assert world.ask("POST", "/oauth/access_token", json.dumps(body).encode(), headers).status == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"code": {"a": 1}}'])
def test_json_without_parameters_is_rejected(world: World, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    assert world.ask("POST", "/oauth/access_token", body, headers).status == 400


def test_unknown_code_is_rejected(world: World) -> None:
    assert world.exchange("AQBnothing").status == 400


def test_code_expires_after_an_hour(world: World) -> None:
    code = choose(world, "allow")[1]["code"]
    world.advance(hours=1)
    assert world.exchange(code).status == 400


# Tokens


def test_short_lived_token_is_exchanged_within_its_hour(world: World) -> None:
    short = world.exchange(choose(world, "allow")[1]["code"]).data["access_token"]
    assert world.prolong(short, client_secret="wrong").refusal == WRONG
    assert world.prolong(short, grant_type="th_refresh_token").refusal == WRONG
    response = world.prolong(short)
    assert (response.data["token_type"], response.data["expires_in"]) == ("bearer", 5_184_000)
    assert world.prolong(response.data["access_token"]).refusal == WRONG
    world.advance(hours=1)
    assert world.prolong(short).refusal == (400, 190, 463)


def test_long_lived_token_is_refreshed_from_its_second_day_to_its_last(world: World, user: User) -> None:
    world.advance(hours=23, minutes=59)
    assert world.refresh(user.token).refusal == WRONG
    world.advance(minutes=1)
    response = world.refresh(user.token)
    assert response.data["expires_in"] == 5_184_000
    assert world.refresh(response.data["access_token"]).refusal == WRONG
    assert world.refresh(user.token, grant_type="other").refusal == WRONG
    world.advance(days=59)
    assert world.refresh(user.token).refusal == (400, 190, 463)
    user.token = response.data["access_token"]
    assert user.get("me").status == 200


def test_token_may_be_a_parameter_and_must_be_known(world: World, user: User) -> None:
    assert world.send("GET", "/v1.0/me", query=(("access_token", user.token),)).status == 200
    for token in (None, "", "THQVJnothing"):
        assert world.send("GET", "/v1.0/me", token=token).refusal == INVALID_TOKEN
    assert user.get("debug_token", input_token="nothing").refusal == INVALID_TOKEN


def test_account_describes_itself(user: User) -> None:
    fields = "id,username,name,threads_profile_picture_url"
    assert set(user.get("me", fields=fields).data) == {"id", "username", "name"}
    assert set(user.get("me").data) == {"id"}


# Containers

FIVE_LINKS = " ".join(f"https://example.com/{number}" for number in range(5))
MANY_LINKS = f"{FIVE_LINKS} https://example.com/5"
POLL = json.dumps({"option_a": "Yes", "option_b": "No"})


def spoilers(*ranges: tuple[object, object], entity_type: str = "SPOILER") -> dict[str, str]:
    entities = [{"entity_type": entity_type, "offset": offset, "length": length} for offset, length in ranges]
    return {"text_entities": json.dumps(entities)}


def attached(text: object = "More 🎉", **more: object) -> dict[str, str]:
    return {"text_attachment": json.dumps({"plaintext": text, **more})}


def styled(*ranges: tuple[object, object], styles: object = ("bold",)) -> dict[str, str]:
    parts = [{"offset": offset, "length": length, "styling_info": styles} for offset, length in ranges]
    return attached(text_with_styling_info=parts)


@pytest.mark.parametrize(
    ("media_type", "parameters", "refusal"),
    [
        ("STORY", {}, WRONG),
        ("", {}, WRONG),
        ("TEXT", {"text": ""}, WRONG),
        ("TEXT", {"text": "a" * 501}, WRONG),
        ("TEXT", {"text": "🎉" * 126}, WRONG),
        ("TEXT", {"text": "\u2019" * 167}, WRONG),
        ("TEXT", {"text": "\u044f" * 251}, WRONG),
        ("IMAGE", {"image_url": PICTURE, "text": "\u4e2d" * 167}, WRONG),
        ("IMAGE", {"image_url": PICTURE, "alt_text": "\u044f" * 501}, WRONG),
        ("TEXT", {"text": MANY_LINKS}, WRONG),
        ("IMAGE", {"text": MANY_LINKS, "image_url": PICTURE}, WRONG),
        ("IMAGE", {}, WRONG),
        ("IMAGE", {"video_url": PICTURE}, WRONG),
        ("VIDEO", {"image_url": PICTURE}, WRONG),
        ("IMAGE", {"image_url": "picture.png"}, (400, 9004, 2207052)),
        ("IMAGE", {"image_url": "ftp://example.com/a"}, (400, 9004, 2207052)),
        ("IMAGE", {"image_url": PICTURE, "alt_text": "a" * 1001}, WRONG),
        ("TEXT", {"topic_tag": "a" * 51}, WRONG),
        ("TEXT", {"topic_tag": "a.b"}, WRONG),
        ("TEXT", {"topic_tag": "a&b"}, WRONG),
        ("TEXT", {"reply_control": "none"}, WRONG),
        ("TEXT", {"reply_to_id": "5"}, NOT_FOUND),
        ("TEXT", {"quote_post_id": "5"}, NOT_FOUND),
        ("IMAGE", {"image_url": PICTURE, "link_attachment": "https://a.test"}, WRONG),
        ("IMAGE", {"image_url": PICTURE, "poll_attachment": POLL}, WRONG),
        ("TEXT", {"poll_attachment": POLL, "link_attachment": "https://a.test"}, WRONG),
        ("TEXT", {"poll_attachment": "Yes or no?"}, WRONG),
        ("TEXT", {"poll_attachment": "[]"}, WRONG),
        ("TEXT", {"poll_attachment": json.dumps({"option_a": "Yes"})}, WRONG),
        ("TEXT", {"poll_attachment": json.dumps({"option_a": "Yes", "option_b": "a" * 26})}, WRONG),
        ("TEXT", {"poll_attachment": json.dumps({"option_a": "Yes", "option_b": ""})}, WRONG),
        ("TEXT", {"poll_attachment": json.dumps({**json.loads(POLL), "option_e": "Maybe"})}, WRONG),
        ("TEXT", {"is_spoiler_media": "true"}, WRONG),
        ("TEXT", spoilers(*[(0, 1)] * 11), WRONG),
        ("TEXT", spoilers((0, 6)), WRONG),
        ("TEXT", {**spoilers((0, 3)), "text": "🎉"}, WRONG),
        ("TEXT", spoilers((-1, 1)), WRONG),
        ("TEXT", spoilers((0, 0)), WRONG),
        ("TEXT", spoilers((True, 1)), WRONG),
        ("TEXT", spoilers((0, 1), entity_type="BOLD"), WRONG),
        ("TEXT", {"text_entities": "5"}, WRONG),
        ("TEXT", {"text_entities": "[5]"}, WRONG),
        ("TEXT", {"text_entities": "["}, WRONG),
        ("IMAGE", {"image_url": PICTURE, **attached()}, WRONG),
        ("TEXT", {"poll_attachment": POLL, **attached()}, WRONG),
        ("TEXT", {"link_attachment": "https://a.test", **attached(link_attachment_url="https://a.test")}, WRONG),
        ("TEXT", {"text": FIVE_LINKS, **attached(link_attachment_url="https://a.test")}, WRONG),
        ("TEXT", attached("a" * 10_001), WRONG),
        ("TEXT", attached(""), WRONG),
        ("TEXT", attached(5), WRONG),
        ("TEXT", {"text_attachment": "more"}, WRONG),
        ("TEXT", {"text_attachment": "[]"}, WRONG),
        ("TEXT", styled((0, 8)), WRONG),
        ("TEXT", styled((0, 2), (1, 1)), WRONG),
        ("TEXT", styled((0, 1), styles=["blink"]), WRONG),
        ("TEXT", styled((0, 1), styles=[]), WRONG),
        ("TEXT", attached(text_with_styling_info={}), WRONG),
        ("TEXT", attached(text_with_styling_info=[5]), WRONG),
        ("CAROUSEL", {}, WRONG),
        ("CAROUSEL", {"children": "1"}, WRONG),
        ("CAROUSEL", {"children": "1,2"}, (400, 100, 4279004)),
        ("CAROUSEL", {"children": ",".join(map(str, range(21)))}, WRONG),
    ],
)
def test_container_is_rejected(
    user: User, media_type: str, parameters: dict[str, str], refusal: tuple[int, int | None, int | None]
) -> None:
    response = user.make(media_type, **parameters)
    assert response.refusal == refusal
    assert not any(key.startswith("container/") for key in user.world.state)


def test_too_many_links_are_rejected_with_their_word(user: User) -> None:
    assert user.make(text=MANY_LINKS).data["error"]["message"] == "THREADS_API__LINK_LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    ("media_type", "parameters"),
    [
        ("TEXT", {"text": "a" * 500}),
        ("TEXT", {"text": "\u044f" * 250}),
        ("TEXT", {"text": "\u4e2d" * 166 + "aa"}),
        ("TEXT", {"text": "🎉" * 125, "topic_tag": "\u044f" * 50}),
        ("TEXT", {"poll_attachment": POLL, "topic_tag": "Good food", "reply_control": "mentioned_only"}),
        ("TEXT", {"link_attachment": "https://a.test", **attached("\u4e2d" * 10_000)}),
        ("TEXT", {"text": FIVE_LINKS, **attached(link_attachment_url="https://example.com/0")}),
        ("TEXT", {"location_id": "5", "crossreshare_to_ig": "true", **styled((5, 2), (0, 5))}),
        ("TEXT", {"text": "🎉", **spoilers((0, 2))}),
        ("VIDEO", {"video_url": PICTURE, "is_spoiler_media": "true"}),
        ("IMAGE", {"image_url": PICTURE, "alt_text": "a" * 1000}),
        ("VIDEO", {"video_url": PICTURE, "text": "hello"}),
    ],
)
def test_container_is_accepted(user: User, media_type: str, parameters: dict[str, str]) -> None:
    assert user.make(media_type, **parameters).status == 200


def test_media_take_a_moment_and_texts_do_not(world: World, user: User) -> None:
    text, picture = user.make().data["id"], user.make("IMAGE", image_url=PICTURE).data["id"]
    assert [user.status(one) for one in (text, picture)] == ["FINISHED", "IN_PROGRESS"]
    assert user.publish(picture).refusal == NOT_FOUND
    world.advance(seconds=1)
    assert user.status(picture) == "FINISHED"


def test_container_is_published_once(user: User) -> None:
    container = user.make().data["id"]
    assert user.publish(container).status == 200
    assert user.status(container) == "PUBLISHED"
    assert user.publish(container).refusal == WRONG
    assert len(user.world.posts()) == 1


def test_container_expires_after_a_day(world: World, user: User) -> None:
    container = user.make().data["id"]
    world.advance(hours=24)
    assert user.status(container) == "EXPIRED"
    assert user.publish(container).refusal == NOT_FOUND


def test_carousel_accepts_ready_containers_of_the_account(world: World, user: User) -> None:
    child = {"image_url": PICTURE, "is_carousel_item": "true"}
    one, two = (user.make("IMAGE", **child).data["id"] for _ in range(2))
    assert user.make("CAROUSEL", children=f"{one},{two}").refusal == (400, 100, 4279004)
    world.advance(seconds=1)
    single = user.make("IMAGE", image_url=PICTURE).data["id"]
    world.advance(seconds=1)
    assert user.make("CAROUSEL", children=f"{one},{single}").refusal == (400, 100, 4279004)
    assert user.publish(one).refusal == WRONG
    stranger = world.connect()
    assert stranger.make("CAROUSEL", children=f"{one},{two}").refusal == (400, 100, 4279004)
    user.post("CAROUSEL", children=f"{one},{two}", text="two")
    [post] = world.posts()
    assert [item["image_url"] for item in post.record["media"]] == [PICTURE, PICTURE]


# Objects of other accounts


def test_other_accounts_cannot_be_written_to_or_read(world: World, user: User) -> None:
    stranger = world.connect()
    container = user.make().data["id"]
    assert stranger.publish(container).refusal == WRONG
    assert stranger.get(container, fields="status").refusal == NOT_FOUND
    assert stranger.get(f"{user.id}/threads").refusal == (400, 100, 33)
    post = user.post()
    assert stranger.delete(post).refusal == NOT_FOUND
    assert stranger.get(post, fields="permalink").status == 200


def test_me_is_the_account_itself(user: User) -> None:
    response = user.world.send("POST", "/v1.0/me/threads", form={"media_type": "TEXT", "text": "a"}, token=user.token)
    assert response.status == 200


# Posts


def test_post_is_read_listed_and_deleted(world: World, user: User) -> None:
    first = user.post(text="one")
    world.advance(seconds=60)
    second = user.post(text="two", reply_to_id=first)
    fields = "id,permalink,text,timestamp,media_type,is_reply"
    shown = user.get(first, fields=fields).data
    assert shown.pop("permalink") == f"{world.root}{post_path(first)}"
    assert shown == {
        "id": first,
        "text": "one",
        "timestamp": "2026-11-22T10:00:01+0000",
        "media_type": "TEXT_POST",
        "is_reply": False,
    }
    assert [row["id"] for row in user.get("me/threads", fields="id").data["data"]] == [first]
    assert [row["id"] for row in user.get("me/replies", fields="id,text").data["data"]] == [second]
    assert world.posts()[1].reply_to == first
    assert user.delete(first).data == {"success": True, "deleted_id": first}
    assert user.delete(first).refusal == NOT_FOUND
    assert user.get(first).refusal == NOT_FOUND


def test_list_is_newest_first_and_starts_at_since(world: World, user: User) -> None:
    for number in range(30):
        user.post(text=str(number))
    rows = user.get("me/threads", fields="text").data["data"]
    assert [row["text"] for row in rows] == [str(number) for number in range(29, 4, -1)]
    since = str(int(world.now.timestamp()) - 3)
    assert [row["text"] for row in user.get("me/threads", fields="text", since=since).data["data"]] == [
        "29",
        "28",
        "27",
        "26",
    ]
    assert len(user.get("me/threads", limit="2").data["data"]) == 2
    assert user.get("me/threads", since="yesterday").refusal == WRONG


def test_daily_quota_frees_up_as_the_oldest_post_ages(world: World, user: User) -> None:
    first = user.post()
    world.advance(hours=1)
    for _ in range(249):
        user.post()
    fields = "quota_usage,config,reply_quota_usage,reply_config"
    [row] = user.get(f"{user.id}/threads_publishing_limit", fields=fields).data["data"]
    assert row == {
        "quota_usage": 250,
        "config": {"quota_total": 250, "quota_duration": 86_400},
        "reply_quota_usage": 0,
        "reply_config": {"quota_total": 1000, "quota_duration": 86_400},
    }
    assert user.publish(user.make().data["id"]).refusal == (403, 4, None)
    assert user.post(reply_to_id=first)
    world.advance(hours=23)
    assert user.post()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1.0/nonsense"),
        ("POST", "/v1.0/me"),
        ("PUT", "/v1.0/123"),
        ("GET", "/v2.0/me"),
        ("POST", "/access_token"),
        ("GET", "/v1.0/me/nonsense"),
        ("GET", "/v1.0/../me"),
    ],
)
def test_other_paths_are_not_found(world: World, user: User, method: str, path: str) -> None:
    assert world.send(method, path, token=user.token).refusal == (400, 100, 33)


def test_refusal_has_the_envelope_of_the_graph_api(user: User) -> None:
    error: Any = user.make(text="").data["error"]
    assert {"message", "type", "code", "is_transient", "fbtrace_id"} <= set(error)


def test_read_changes_nothing(world: World, user: User) -> None:
    before = dict(world.state.texts)
    user.get("me")
    user.get("me/threads")
    user.get("me/threads_publishing_limit")
    assert world.state.texts == before
