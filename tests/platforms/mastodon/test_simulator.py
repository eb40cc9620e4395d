"""The simulated server, by itself: it refuses what a real one refuses. `Mastodon.py` reads its responses unmodified."""

from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.received import Checksum, Receiving
from letmepost.platforms.mastodon.simulator.text import as_html, count
from letmepost.platforms.simulation import SimulatedCall
from tests.platforms.mastodon.caller import BOUNDARY, GIF, JPEG, MP4, PNG, Caller, multipart, read

POLL: dict[str, Any] = {"options": ["a", "b"], "expires_in": 300}


@pytest.fixture
def server() -> Caller:
    """A server with a connected account."""
    found = Caller()
    found.connect()
    return found


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 422, "Validation failed: Text can't be blank"),
        ({"status": " \n"}, 422, "Validation failed: Text can't be blank"),
        ({"status": "a" * 501}, 422, "Validation failed: Text character limit of 500 exceeded"),
        ({"status": "a" * 500, "spoiler_text": "b"}, 422, "Validation failed: Text character limit of 500 exceeded"),
        ({"status": "a", "visibility": "everyone"}, 422, "Validation failed: Visibility is not included in the list"),
        ({"status": "a", "in_reply_to_id": "5"}, 404, "The post you are trying to reply to does not appear to exist."),
        ({"status": "a", "quoted_status_id": "5"}, 404, "The post you are trying to quote does not appear to exist."),
        ({"status": "a", "media_ids": ["5"]}, 422, "Media 5 not found or already attached to another post"),
        ({"status": "a", "media_ids": list("12345")}, 422, "Cannot attach more than 4 files"),
        ({"status": "a", "scheduled_at": "2030-01-01"}, 422, "The sandbox does not schedule statuses"),
        ({"status": "a", "poll": {**POLL, "options": ["a"]}}, 422, "more than one item"),
        ({"status": "a", "poll": {**POLL, "options": list("abcde")}}, 422, "more than 4 items"),
        ({"status": "a", "poll": {**POLL, "options": ["a", "b" * 51]}}, 422, "longer than 50"),
        ({"status": "a", "poll": {**POLL, "options": ["a", "a "]}}, 422, "duplicate"),
        ({"status": "a", "poll": {**POLL, "expires_in": 299}}, 422, "too soon"),
        ({"status": "a", "poll": {**POLL, "expires_in": 2_629_747}}, 422, "too far"),
        ({"poll": POLL}, 422, "Validation failed: Text can't be blank"),
    ],
)
def test_invalid_status_is_refused(server: Caller, body: dict[str, Any], status: int, error: str) -> None:
    found = server.create(**body)
    assert found[0] == status
    assert error in found[1]["error"]
    assert server.posts() == []


@pytest.mark.parametrize("body", [b"{", b"[]"])
def test_body_that_is_not_an_object_is_refused(server: Caller, body: bytes) -> None:
    reply = server.send("POST", "/api/v1/statuses", body, {"content-type": "application/json"})
    assert reply.status == 400


@pytest.mark.parametrize("value", [["a"], {"a": "b"}, None])
def test_value_of_another_type_counts_as_missing(server: Caller, value: Any) -> None:
    assert server.create(status=value) == (422, {"error": "Validation failed: Text can't be blank"})
    path = f"/api/v1/accounts/{server.create(status='a', language=value)[1]['account']['id']}/statuses"
    assert len(server.call("GET", path, limit="9" * 5000, max_id="²")[1]) == 1


def test_field_with_two_types_is_refused(server: Caller) -> None:
    assert server.post_form("/api/v1/statuses", {"poll": "a", "poll[options][]": "b"})[0] == 400


def test_warning_alone_becomes_the_text_of_a_sensitive_post(server: Caller) -> None:
    status, body = server.create(spoiler_text="Careful")
    assert (status, body["content"], body["spoiler_text"], body["sensitive"]) == (200, "<p>Careful</p>", "", True)


def test_quote_needs_no_text_and_begins_with_a_link(server: Caller) -> None:
    first = server.create(status="a")[1]
    _, quote = server.create(quoted_status_id=first["id"])
    url = first["url"]
    assert quote["content"] == f'<p class="quote-inline">RE: <a href="{url}">{url}</a></p>'
    assert quote["quote"] == {"state": "accepted", "quoted_status_id": first["id"]}
    assert "RE:" not in server.create(status=f"See {url}", quoted_status_id=first["id"])[1]["content"]


@pytest.mark.parametrize(("visibility", "status", "shown"), [("private", 200, "private"), ("direct", 404, None)])
def test_quote_is_seen_by_no_more_people_than_the_quoted_post(
    server: Caller, visibility: str, status: int, shown: str | None
) -> None:
    first = server.create(status="a", visibility=visibility)[1]
    found = server.create(status="b", quoted_status_id=first["id"])
    assert (found[0], found[1].get("visibility")) == (status, shown)


def test_status_has_every_field_in_a_form_too(server: Caller) -> None:
    fields = {"status": "a", "poll[options][]": ["x", "y"], "poll[expires_in]": "300", "poll[multiple]": "true"}
    status, body = server.post_form("/api/v1/statuses", fields)
    assert (status, [one["title"] for one in body["poll"]["options"]]) == (200, ["x", "y"])
    assert (body["poll"]["multiple"], body["language"], body["application"]["name"]) == (True, "en", "letmepost")
    assert server.call("GET", f"/api/v1/statuses/{body['id']}")[1] == body


def test_key_returns_the_first_status_for_an_hour(server: Caller) -> None:
    first, again = server.create("k", status="a")[1], server.create("k", status="b")[1]
    assert (again["id"], server.visible()) == (first["id"], ["a"])
    server.now += timedelta(hours=1)
    assert server.create("k", status="b")[1]["id"] != first["id"]


def test_key_of_a_deleted_status_is_answered_with_not_found(server: Caller) -> None:
    status_id = server.create("k", status="a")[1]["id"]
    assert server.call("DELETE", f"/api/v1/statuses/{status_id}")[1]["text"] == "a"
    assert server.create("k", status="a")[0] == 404


def test_key_belongs_to_one_account(server: Caller) -> None:
    server.create("k", status="a")
    server.connect()
    assert server.create("k", status="a")[0] == 200
    assert server.visible() == ["a", "a"]


@pytest.mark.parametrize(("content", "kind"), [(JPEG, "image"), (PNG, "image"), (MP4, "video"), (GIF, "gifv")])
def test_media_item_is_processed_and_then_attached_once(server: Caller, content: bytes, kind: str) -> None:
    status, media = server.upload(content, description="alt")
    is_image = kind == "image"
    assert (status, media["type"], media["url"] is None) == (200 if is_image else 202, kind, not is_image)
    path = f"/api/v1/media/{media['id']}"
    if not is_image:
        assert server.call("GET", path)[0] == 206
        refusal = server.create(status="a", media_ids=[media["id"]])[1]["error"]
        assert refusal == "Cannot attach files that have not finished processing. Try again in a moment!"
        server.advance(seconds=1)
    assert server.call("GET", path)[0] == 200
    assert server.create(media_ids=[media["id"]])[1]["media_attachments"][0]["description"] == "alt"
    assert server.call("GET", path)[0] == 404
    assert server.create(media_ids=[media["id"]])[0] == 422


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
def test_invalid_media_item_is_refused(server: Caller, content: bytes, fields: dict[str, str], error: str) -> None:
    status, body = server.upload(content, **fields)
    assert status == 422
    assert error in body["error"]


@pytest.mark.parametrize("kept_max_bytes", [0, 10_000])
def test_video_of_any_size_is_received_and_compared_by_its_checksum(server: Caller, kept_max_bytes: int) -> None:
    content = MP4 + b"x" * 1000
    receiving = Receiving(kept_max_bytes)
    receiving.add(multipart({"description": "alt", "file": content}))
    received = receiving.end()
    call = SimulatedCall(
        method="POST",
        root=server.root,
        path="/api/v2/media",
        query=(),
        headers={
            "authorization": f"Bearer {server.token}",
            "content-type": f"multipart/form-data; boundary={BOUNDARY}",
        },
        body=received.content or b"",
        streamed=received,
        now=server.now,
        entropy=server.entropy(),
    )
    status, media = read(server.platform.simulator.answer(server.state, call))
    assert (status, media["description"]) == (202, "alt")
    server.advance(seconds=1)
    assert server.create(media_ids=[media["id"]])[0] == 200
    [post] = server.posts()
    assert post.record["video"] == {"sizeBytes": len(content), "checksum": str(Checksum.of(content))}


def test_form_that_is_not_complete_is_refused(server: Caller) -> None:
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    assert read(server.send("POST", "/api/v2/media", b"no form", headers))[0] == 400
    assert read(server.send("POST", "/api/v2/media", multipart({"description": "a"}), headers))[0] == 422


def test_video_cannot_be_attached_with_others_and_media_not_with_a_poll(server: Caller) -> None:
    ids = [server.upload(content)[1]["id"] for content in (MP4, JPEG)]
    server.advance(seconds=1)
    assert "already contains images" in server.create(media_ids=ids)[1]["error"]
    with_poll = server.create(status="a", media_ids=ids[1:], poll=POLL)
    assert with_poll == (422, {"error": "Cannot attach more than 4 files"})


def test_media_item_without_a_status_expires_after_a_day(server: Caller) -> None:
    media_id = server.upload()[1]["id"]
    server.now += timedelta(days=1)
    assert server.call("GET", f"/api/v1/media/{media_id}")[0] == 404


def test_other_accounts_statuses_and_media_are_protected(server: Caller) -> None:
    media_id = server.upload()[1]["id"]
    private = server.create(status="a", visibility="private")[1]
    public = server.create(status="b")[1]
    server.connect()
    assert server.create(media_ids=[media_id])[0] == 422
    assert server.call("DELETE", f"/api/v1/statuses/{public['id']}")[0] == 404
    assert [server.call("GET", f"/api/v1/statuses/{one['id']}")[0] for one in (private, public)] == [404, 200]
    for name in ("in_reply_to_id", "quoted_status_id"):
        found = [server.create(status="a", **{name: one["id"]})[0] for one in (private, public)]
        assert found == [404, 200]
    listed = server.call("GET", f"/api/v1/accounts/{public['account']['id']}/statuses")[1]
    assert [one["id"] for one in listed] == [public["id"]]


def test_timeline_has_pages(server: Caller) -> None:
    ids = [server.create(status=str(number))[1]["id"] for number in range(45)]
    path = f"/api/v1/accounts/{server.posts()[0].account_id}/statuses"
    assert len(server.call("GET", path)[1]) == 20
    first = [one["id"] for one in server.call("GET", path, limit="100")[1]]
    rest = [one["id"] for one in server.call("GET", path, limit="40", max_id=first[-1])[1]]
    assert [*first, *rest] == ids[::-1]
    assert len(first) == 40


@pytest.mark.parametrize(
    ("method", "path", "allowed", "window_s"),
    [
        ("GET", "/api/v1/accounts/verify_credentials", 300, 300),
        ("POST", "/api/v2/media", 30, 1800),
        ("DELETE", "/api/v1/statuses/1", 30, 1800),
    ],
)
def test_rate_limit_is_reported_and_enforced(
    server: Caller, method: str, path: str, allowed: int, window_s: int
) -> None:
    server.now += timedelta(seconds=1801)  # a window in which nothing was sent
    for left in reversed(range(allowed)):
        reply = server.send(method, path)
        assert reply.status != 429
        assert reply.headers["x-ratelimit-remaining"] == str(left)
    reply = server.send(method, path)
    assert (reply.status, reply.headers["x-ratelimit-limit"]) == (429, str(allowed))
    assert (reply.headers["x-ratelimit-remaining"], reply.headers["x-ratelimit-reset"][-1]) == ("0", "Z")
    server.now += timedelta(seconds=window_s)
    assert server.send(method, path).status != 429


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/accounts/verify_credentials", 401), ("GET", "/nowhere", 404), ("GET", "/api/v2/instance", 200)],
)
def test_request_without_a_token(method: str, path: str, status: int) -> None:
    assert Caller().send(method, path).status == status


@pytest.mark.parametrize(("scenario", "characters"), [("ok", 500), ("large_limits", 5000)])
def test_both_descriptions_of_the_server_have_the_same_limits(scenario: str, characters: int) -> None:
    server = Caller()
    server.connect(scenario)
    first, second = (read(server.send("GET", f"/api/v{version}/instance/"))[1] for version in (1, 2))
    assert (first["version"], first["configuration"]) == (second["version"], second["configuration"])
    assert first["configuration"]["statuses"]["max_characters"] == characters
    assert server.create(status="a" * characters)[0] == 200
    assert server.create(status="a" * (characters + 1))[0] == 422


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("https://example.com/" + "a" * 100, 23),
        ("(https://example.com).", 26),
        ("gemini://example.com:80/a_(b)?c=(d)&", 23),
        ("https://example.com/a)b", 25),
        ("https://example.com/a?b?.", 25),
        ("https://example.com?", 24),
        ("@me@social.example", 3),
        ("@me@social.exampleÀhttps://example.com", 17),
        ("https://example.com/@me@social.example", 23),
        ("👨‍👩‍👧‍👦", 1),
        ("https://localhost/a", 19),
        ("xhttps://example.com", 20),
        ("https://example.com2", 20),
        ("https://example.com-", 20),
        ("https://example.com_", 24),
        ("https://example.com.2", 25),
    ],
)
def test_length_is_counted(text: str, length: int) -> None:
    assert count(text, "") == length


@pytest.mark.parametrize("text", ["a." * 50_000, "(" * 100_000, "a.com/" + "(a" * 50_000, "a.com?" + "." * 100_000])
def test_long_text_is_counted_in_one_pass(text: str) -> None:
    assert count(f"https://{text}", "") > 0


def test_text_is_shown_as_html() -> None:
    assert as_html("a <b>\n@me@o.example\n\nhttps://www.example.com") == (
        '<p>a &lt;b&gt;<br />@me</p><p><a href="https://www.example.com" target="_blank" rel="nofollow noopener '
        'noreferrer"><span class="invisible">https://www.</span><span class="">example.com</span>'
        '<span class="invisible"></span></a></p>'
    )
