"""The simulated server, by itself: it refuses what a real one refuses. `Mastodon.py` reads its responses unmodified."""

from datetime import timedelta
from typing import Any

import pytest

from letmepost.platforms.mastodon.simulator.people import OUT_OF_BAND
from letmepost.platforms.mastodon.simulator.text import as_html, count
from tests.platforms.mastodon.world import CALLBACK, GIF, JPEG, MP4, PNG, World

POLL: dict[str, Any] = {"options": ["a", "b"], "expires_in": 300}


def connected(scenario: str = "ok") -> World:
    world = World()
    world.connect(scenario)
    return world


def create(world: World, key: str = "", **body: Any) -> tuple[int, Any]:
    return world.call("POST", "/api/v1/statuses", body, key=key)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 422, "Text can't be blank"),
        ({"status": " \n"}, 422, "Text can't be blank"),
        ({"status": "a" * 501}, 422, "Text character limit of 500 exceeded"),
        ({"status": "a" * 500, "spoiler_text": "b"}, 422, "Text character limit of 500 exceeded"),
        ({"status": "a", "visibility": "everyone"}, 422, "Visibility is not included"),
        ({"status": "a", "in_reply_to_id": "5"}, 404, "does not appear to exist"),
        ({"status": "a", "quoted_status_id": "5"}, 404, "Record not found"),
        ({"status": "a", "media_ids": ["5"]}, 422, "Media 5 not found"),
        ({"status": "a", "media_ids": list("12345")}, 422, "more than 4 files"),
        ({"status": "a", "scheduled_at": "2030-01-01"}, 422, "does not schedule"),
        ({"status": "a", "poll": {**POLL, "options": ["a"]}}, 422, "more than one item"),
        ({"status": "a", "poll": {**POLL, "options": list("abcde")}}, 422, "more than 4 items"),
        ({"status": "a", "poll": {**POLL, "options": ["a", "b" * 51]}}, 422, "longer than 50"),
        ({"status": "a", "poll": {**POLL, "options": ["a", "a "]}}, 422, "duplicate"),
        ({"status": "a", "poll": {**POLL, "expires_in": 299}}, 422, "too soon"),
        ({"status": "a", "poll": {**POLL, "expires_in": 2_629_747}}, 422, "too far"),
        ({"poll": POLL}, 422, "Text can't be blank"),
    ],
)
def test_invalid_status_is_refused(body: dict[str, Any], status: int, error: str) -> None:
    world = connected()
    found = create(world, **body)
    assert (found[0], error in found[1]["error"]) == (status, True)
    assert world.posts() == []


def test_warning_alone_becomes_the_text() -> None:
    status, body = create(connected(), spoiler_text="Careful")
    assert (status, body["content"], body["spoiler_text"]) == (200, "<p>Careful</p>", "")


def test_status_has_every_field_in_a_form_too() -> None:
    world = connected()
    fields = {"status": "a", "poll[options][]": ["x", "y"], "poll[expires_in]": "300", "poll[multiple]": "true"}
    status, body = world.post_form("/api/v1/statuses", fields)
    assert (status, [one["title"] for one in body["poll"]["options"]]) == (200, ["x", "y"])
    assert (body["poll"]["multiple"], body["language"], body["application"]["name"]) == (True, "en", "letmepost")
    assert world.call("GET", f"/api/v1/polls/{body['poll']['id']}")[1] == body["poll"]


def test_key_returns_the_first_status_for_an_hour() -> None:
    world = connected()
    first, again = create(world, "k", status="a")[1], create(world, "k", status="b")[1]
    assert (again["id"], world.visible()) == (first["id"], ["a"])
    world.now += timedelta(hours=1)
    assert create(world, "k", status="b")[1]["id"] != first["id"]


def test_key_of_a_deleted_status_is_answered_with_not_found() -> None:
    world = connected()
    status_id = create(world, "k", status="a")[1]["id"]
    assert world.call("DELETE", f"/api/v1/statuses/{status_id}")[1]["text"] == "a"
    assert create(world, "k", status="a")[0] == 404


def test_key_belongs_to_one_account() -> None:
    world = connected()
    create(world, "k", status="a")
    world.connect()
    assert create(world, "k", status="a")[0] == 200
    assert world.visible() == ["a", "a"]


@pytest.mark.parametrize(("content", "kind"), [(JPEG, "image"), (PNG, "image"), (MP4, "video"), (GIF, "gifv")])
def test_media_item_is_processed_and_then_attached_once(content: bytes, kind: str) -> None:
    world = connected()
    status, media = world.upload(content, description="alt", focus="0.5,-1")
    is_image = kind == "image"
    assert (status, media["type"], media["url"] is None) == (200 if is_image else 202, kind, not is_image)
    path = f"/api/v1/media/{media['id']}"
    if not is_image:
        assert world.call("GET", path)[0] == 206
        assert "not finished processing" in create(world, status="a", media_ids=[media["id"]])[1]["error"]
        world.advance(seconds=1)
    assert (world.call("GET", path)[0], world.call("GET", path)[1]["meta"]["focus"]) == (200, {"x": 0.5, "y": -1.0})
    assert create(world, media_ids=[media["id"]])[1]["media_attachments"][0]["description"] == "alt"
    assert world.call("GET", path)[0] == 404
    assert create(world, media_ids=[media["id"]])[0] == 422


@pytest.mark.parametrize(
    ("content", "fields", "error"),
    [
        (b"", {}, "File can't be blank"),
        (b"%PDF-1.7", {}, "content type is invalid"),
        (JPEG + bytes(16 * 1024 * 1024 - 4), {}, "less than 16 MB"),
        (PNG[:16] + b"\x00\x00\x1e\x01\x00\x00\x10\xe0", {}, "7681x4320"),
        (PNG[:16] + bytes(8), {}, "could not be verified"),
        (b"GIF89a\x01\x05\xd0\x02", {}, "1281x720"),
        (JPEG, {"description": "a" * 1501}, "too long"),
    ],
)
def test_invalid_media_item_is_refused(content: bytes, fields: dict[str, str], error: str) -> None:
    status, body = connected().upload(content, **fields)
    assert (status, error in body["error"]) == (422, True)


def test_video_cannot_be_attached_with_others_and_media_not_with_a_poll() -> None:
    world = connected()
    ids = [world.upload(content)[1]["id"] for content in (MP4, JPEG)]
    world.advance(seconds=1)
    assert "already contains images" in create(world, media_ids=ids)[1]["error"]
    assert "poll" in create(world, status="a", media_ids=ids[1:], poll=POLL)[1]["error"]


def test_media_item_without_a_status_expires_after_a_day() -> None:
    world = connected()
    media_id = world.upload()[1]["id"]
    world.now += timedelta(days=1)
    assert world.call("GET", f"/api/v1/media/{media_id}")[0] == 404


def test_other_accounts_statuses_and_media_are_protected() -> None:
    world = connected()
    media_id = world.upload()[1]["id"]
    private = create(world, status="a", visibility="private")[1]
    public = create(world, status="b")[1]
    world.connect()
    assert create(world, media_ids=[media_id])[0] == 422
    assert world.call("DELETE", f"/api/v1/statuses/{public['id']}")[0] == 404
    assert [world.call("GET", f"/api/v1/statuses/{one['id']}")[0] for one in (private, public)] == [404, 200]
    listed = world.call("GET", f"/api/v1/accounts/{public['account']['id']}/statuses")[1]
    assert [one["id"] for one in listed] == [public["id"]]


def test_timeline_has_pages() -> None:
    world = connected()
    ids = [create(world, status=str(number))[1]["id"] for number in range(45)]
    path = f"/api/v1/accounts/{world.posts()[0].account_id}/statuses"
    assert len(world.call("GET", path)[1]) == 20
    first = [one["id"] for one in world.call("GET", path, limit="100")[1]]
    rest = [one["id"] for one in world.call("GET", path, limit="40", max_id=first[-1])[1]]
    assert [*first, *rest] == ids[::-1]
    assert len(first) == 40


def headers_of(world: World, method: str, path: str) -> tuple[int, dict[str, str]]:
    assert world.credential is not None
    reply = world.ask(method, path, b"", {"authorization": f"Bearer {world.credential.secrets['access_token']}"})
    return reply.status, dict(reply.headers)


@pytest.mark.parametrize(
    ("method", "path", "allowed", "window_s"),
    [
        ("GET", "/api/v1/accounts/verify_credentials", 300, 300),
        ("POST", "/api/v2/media", 30, 1800),
        ("DELETE", "/api/v1/statuses/1", 30, 1800),
    ],
)
def test_rate_limit_is_reported_and_enforced(method: str, path: str, allowed: int, window_s: int) -> None:
    world = connected()
    world.now += timedelta(seconds=1801)  # a window in which nothing was sent
    for left in reversed(range(allowed)):
        status, headers = headers_of(world, method, path)
        assert (status != 429, headers["x-ratelimit-remaining"]) == (True, str(left))
    status, headers = headers_of(world, method, path)
    assert (status, headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == (429, str(allowed), "0")
    assert headers["x-ratelimit-reset"].endswith("Z")
    world.now += timedelta(seconds=window_s)
    assert headers_of(world, method, path)[0] != 429


APP = {"client_name": "t", "redirect_uris": CALLBACK, "scopes": "read write:statuses"}


def registered(world: World, **changes: str) -> dict[str, Any]:
    status, body = world.post_form("/api/v1/apps", {**APP, **changes})
    assert status == 200, body
    found: dict[str, Any] = body
    return found


@pytest.mark.parametrize("change", [{"client_name": ""}, {"redirect_uris": "nowhere"}, {"scopes": "admin"}])
def test_invalid_app_is_refused(change: dict[str, str]) -> None:
    assert World().post_form("/api/v1/apps", {**APP, **change})[0] == 422


def test_app_has_several_redirect_uris_and_its_scopes() -> None:
    app = registered(World(), redirect_uris=f"{CALLBACK}\n{OUT_OF_BAND}")
    assert app["redirect_uris"] == [CALLBACK, OUT_OF_BAND]
    assert app["scopes"] == ["read", "write:statuses"]


def open_page(world: World, client_id: str, **changes: str) -> Any:
    query = {"client_id": client_id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "read", **changes}
    return world.ask("GET", "/oauth/authorize", query=tuple(query.items()))


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "x"},
        {"redirect_uri": "https://o.example"},
        {"response_type": "token"},
        {"scope": "write"},
        {"code_challenge": "c", "code_challenge_method": "plain"},
    ],
)
def test_consent_page_refuses_an_invalid_request(change: dict[str, str]) -> None:
    world = World()
    client_id = registered(world)["client_id"]
    assert open_page(world, client_id).status == 200
    assert open_page(world, **{"client_id": client_id, **change}).status == 400


def test_person_can_copy_the_code() -> None:
    world = World()
    client_id = registered(world, redirect_uris=OUT_OF_BAND)["client_id"]
    page = open_page(world, client_id, redirect_uri=OUT_OF_BAND, choice="allow")
    assert (page.status, b"<code>" in page.body) == (200, True)


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "invalid_grant"),
        ({"scope": "follow"}, 400, "invalid_scope"),
    ],
)
def test_token_endpoint_refuses(change: dict[str, str], status: int, error: str) -> None:
    world = World()
    app = registered(world)
    form = {"client_id": app["client_id"], "client_secret": app["client_secret"], "grant_type": "client_credentials"}
    found = world.post_form("/oauth/token", {**form, **change})
    assert (found[0], found[1]["error"]) == (status, error)


def test_token_with_fewer_scopes_cannot_write() -> None:
    world = World()
    app = registered(world)
    page = open_page(world, app["client_id"], choice="allow")
    code = page.headers["location"].partition("code=")[2]
    form = {"client_id": app["client_id"], "client_secret": app["client_secret"], "redirect_uri": CALLBACK}
    token = world.post_form("/oauth/token", {**form, "grant_type": "authorization_code", "code": code})[1]
    headers = {"authorization": f"Bearer {token['access_token']}", "content-type": "application/json"}
    assert world.ask("POST", "/api/v1/statuses", b'{"status": "a"}', headers).status == 403
    assert world.ask("GET", "/api/v1/accounts/verify_credentials", b"", headers).status == 200
    other = registered(world)
    wrong = {"client_id": other["client_id"], "client_secret": other["client_secret"], "token": token["access_token"]}
    assert world.post_form("/oauth/revoke", wrong)[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/accounts/verify_credentials", 401), ("GET", "/nowhere", 404), ("GET", "/api/v2/instance", 200)],
)
def test_request_without_a_token(method: str, path: str, status: int) -> None:
    assert World().ask(method, path).status == status


def test_both_descriptions_of_the_server_agree() -> None:
    world = World()
    second, first = (world.call("GET", f"/api/v{version}/instance/")[1] for version in (2, 1))
    assert second["version"] == first["version"] == "4.5.0"
    assert first["configuration"].items() <= second["configuration"].items()


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("https://example.com/" + "a" * 100, 23),
        ("(https://example.com).", 26),
        ("@me@social.example", 3),
        ("👨‍👩‍👧‍👦", 1),
        ("https://localhost/a", 19),
        ("xhttps://example.com", 20),
    ],
)
def test_length_is_counted(text: str, length: int) -> None:
    assert count(text, "") == length


def test_text_is_shown_as_html() -> None:
    assert as_html("a <b>\n@me@o.example\n\nhttps://www.example.com") == (
        '<p>a &lt;b&gt;<br />@me</p><p><a href="https://www.example.com" target="_blank" rel="nofollow noopener '
        'noreferrer"><span class="invisible">https://www.</span><span class="">example.com</span>'
        '<span class="invisible"></span></a></p>'
    )
