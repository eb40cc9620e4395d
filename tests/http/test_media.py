"""Media items: uploads, imports, signed URLs, deletion and expiry."""

import os
from datetime import timedelta
from typing import Any
from urllib.robotparser import RobotFileParser

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, parse_id
from letmepost.gateways.clock import SystemClock
from letmepost.storage.database import Tenant as DatabaseTenant
from letmepost.worker.services import WorkerServices
from tests.deployment import Client, serving
from tests.gateways.movies import movie
from tests.http.support import ABSENT_ID, Tenant, check_refusal, moment, path_of, png, soon, upload


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


async def read(tenant: Tenant, media_id: str) -> dict[str, Any]:
    reply = await tenant.client.get(f"/v1/media/{media_id}")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def test_media_item_shows_the_facts_of_its_bytes(tenant: Tenant) -> None:
    film = movie()  # two calls may encode it differently
    item = await read(tenant, await upload(tenant.client, film, "clip.txt"))
    assert {name: item[name] for name in ("status", "kind", "filename", "contentType", "width", "height")} == {
        "status": "ready",
        "kind": "video",
        "filename": "clip.txt",
        "contentType": "video/mp4",
        "width": 108,
        "height": 192,
    }
    assert "frameCount" not in item
    assert (item["durationS"], item["frameRate"], item["codec"]) == (1.0, 30.0, "h264")
    assert (item["bitRate"], item["audioChannels"]) == (pytest.approx(13_512, rel=0.1), 0)
    assert (item["codecProfile"], item["pixelFormat"], item["bitDepth"]) == ("High", "yuv420p", 8)
    assert (item["hasVariableFrameRate"], item["isFastStart"]) == (False, False)
    assert not item.keys() & {"dynamicRange", "audioCodec", "audioSampleRateHz"}
    assert item["sizeBytes"] == len(film)
    assert abs(moment(item["expiresAt"]) - moment(item["createdAt"]) - timedelta(days=30)) < timedelta(minutes=1)
    assert item in (await tenant.client.get("/v1/media")).json()["data"]


async def test_picture_has_no_duration_and_document_has_no_dimensions(tenant: Tenant) -> None:
    picture = await read(tenant, await upload(tenant.client))
    assert (picture["kind"], picture["width"], picture["frameCount"]) == ("image", 3, 1)
    assert (picture["colorSpace"], picture["hasAlpha"]) == ("rgb", False)
    assert not picture.keys() & {"durationS", "frameRate", "codec", "error"}
    document = await read(tenant, await upload(tenant.client, b"%PDF-1.7\n", "paper.pdf"))
    assert (document["kind"], document["contentType"]) == ("document", "application/pdf")
    assert "width" not in document


async def test_bytes_are_readable_only_with_the_signed_url(tenant: Tenant) -> None:
    """Platforms fetch media without a key, in ranges, long after they received the URL."""
    content, http = png(9, 9), tenant.deployment.http
    url = (await read(tenant, await upload(tenant.client, content)))["url"]
    assert url.startswith("http://127.0.0.1:8080/media/")
    whole = await http.get(path_of(url))
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, content, "image/png")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in whole.headers["content-security-policy"]
    head = await http.head(path_of(url))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
    assert (head.headers["content-type"], head.headers["etag"]) == ("image/png", whole.headers["etag"])
    same = await http.get(path_of(url), headers={"if-none-match": whole.headers["etag"]})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", whole.headers["etag"])
    for changed in (url[:-1] + ("A" if url[-1] != "A" else "B"), url[:-8], url + "A", url + "%00", f"{url}é"):
        check_refusal(await http.get(path_of(changed)), 404, "not_found")


@pytest.mark.parametrize(
    ("wanted", "status", "start", "end"),
    [("bytes=4-7", 206, 4, 8), ("bytes=0-", 206, 0, None), ("bytes=5-2", 200, 0, None), ("bytes=999999-", 416, 0, 0)],
)
async def test_range_or_whole_file_is_returned(
    tenant: Tenant, wanted: str, status: int, start: int, end: int | None
) -> None:
    content = png(9, 9)
    url = (await read(tenant, await upload(tenant.client, content)))["url"]
    reply = await tenant.deployment.http.get(path_of(url), headers={"range": wanted})
    assert (reply.status_code, reply.content) == (status, content[start:end])
    assert reply.headers["content-length"] == str(len(reply.content))
    ranges = {206: f"bytes {start}-{start + len(reply.content) - 1}/{len(content)}", 416: f"bytes */{len(content)}"}
    assert reply.headers.get("content-range") == ranges.get(status)


async def test_robots_may_fetch_media(tenant: Tenant) -> None:
    reply = await tenant.deployment.http.get("/robots.txt")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    rules = RobotFileParser()
    rules.parse(reply.text.splitlines())
    assert rules.can_fetch("crawler", "https://api.example.com/media/x")
    head = await tenant.deployment.http.head("/robots.txt")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(reply.content)))


async def test_deleted_media_item_is_removed_with_its_bytes(tenant: Tenant) -> None:
    media_id = await upload(tenant.client)
    url = (await read(tenant, media_id))["url"]
    first = await tenant.client.call("DELETE", f"/v1/media/{media_id}", idempotency_key="once")
    assert (first.status_code, first.json()) == (200, {"id": media_id, "deleted": True})
    assert (await tenant.stored())["files"] == 0
    assert (await tenant.stored())["media"] == 0
    again = await tenant.client.call("DELETE", f"/v1/media/{media_id}", idempotency_key="once")
    assert again.content == first.content
    check_refusal(await tenant.client.get(f"/v1/media/{media_id}"), 404, "not_found")
    check_refusal(await tenant.client.call("DELETE", f"/v1/media/{media_id}"), 404, "not_found")
    check_refusal(await tenant.deployment.http.get(path_of(url)), 404, "not_found")


def body(account_id: str, media_id: str, **more: Any) -> dict[str, Any]:
    media = [{"kind": "image", "mediaId": media_id}]
    return {"targets": [{"accountId": account_id}], "text": "Look", "media": media, **more}


@pytest.mark.parametrize("when", [{"scheduledAt": soon(86_400)}, {"draft": True}])
async def test_media_item_cannot_be_deleted_while_a_post_needs_it(
    tenant: Tenant, account_id: str, when: dict[str, Any]
) -> None:
    media_id = await upload(tenant.client)
    post = (await tenant.client.post("/v1/posts", body(account_id, media_id, **when))).json()["results"][0]["postId"]
    check_refusal(await tenant.client.call("DELETE", f"/v1/media/{media_id}"), 409, "validation_failed", "media.in_use")
    assert (await tenant.client.call("DELETE", f"/v1/posts/{post}")).status_code == 200
    assert (await tenant.client.call("DELETE", f"/v1/media/{media_id}")).status_code == 200
    [ref] = (await tenant.client.get(f"/v1/posts/{post}")).json()["mediaRefs"]
    assert ref["mediaId"] == media_id


async def test_platform_can_fetch_a_media_item_until_its_post_has_ended(tenant: Tenant, account_id: str) -> None:
    content, http = png(9, 9), tenant.deployment.http
    media_id = await upload(tenant.client, content)
    wanted = body(account_id, media_id, scheduledAt=soon(86_400))
    post = (await tenant.client.post("/v1/posts", wanted)).json()["results"][0]["postId"]
    owner = DatabaseTenant(tenant.uuid, Mode.TEST)
    ids, frozen_at = (parse_id(Prefix.MEDIA, media_id), parse_id(Prefix.POST, post)), SystemClock().now()
    await tenant.admin.do("UPDATE post_revisions SET frozen_at = $2 WHERE post_id = $1", ids[1], frozen_at)
    path = path_of(tenant.deployment.app.state.services.media_links.to_pull(owner, *ids, frozen_at))
    head = await http.head(path, headers={"user-agent": "crawler/1.0"})
    whole = await http.get(path)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, content, "image/png")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
    for reply in (whole, head):
        assert (reply.headers["cache-control"], reply.headers["x-content-type-options"]) == ("no-store", "nosniff")
    part = await http.get(path, headers={"range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"PNG")
    assert (await http.get(path, headers={"range": "bytes=999-"})).status_code == 416
    assert (await tenant.client.call("DELETE", f"/v1/posts/{post}")).status_code == 200
    ended = check_refusal(await http.get(path), 404, "not_found")
    never = check_refusal(await http.get("/media/nothing"), 404, "not_found")
    assert {**ended, "requestId": ""} == {**never, "requestId": ""}
    assert (await http.head(path)).status_code == 404
    timeline = (await tenant.client.get(f"/v1/posts/{post}/timeline")).json()["data"]
    reads = [entry["data"] for entry in timeline if entry["kind"] == "media.read"]
    assert reads[0] == {
        "mediaId": media_id,
        "method": "HEAD",
        "status": 200,
        "sentBytes": 0,
        "userAgent": "crawler/1.0",
    }
    assert [(read["method"], read["status"], read["sentBytes"]) for read in reads] == [
        ("HEAD", 200, 0),
        ("GET", 200, len(content)),
        ("GET", 206, 3),
        ("GET", 416, 0),
        ("GET", 404, 0),
        ("HEAD", 404, 0),
    ]


async def test_media_item_of_a_published_post_can_be_deleted_and_not_used_again(
    tenant: Tenant, account_id: str
) -> None:
    media_id = await upload(tenant.client)
    reply = await tenant.client.post("/v1/posts", body(account_id, media_id))
    await tenant.settled(reply.json()["results"][0]["postId"])
    assert (await tenant.client.call("DELETE", f"/v1/media/{media_id}")).status_code == 200
    refused = await tenant.client.post("/v1/posts", body(account_id, media_id))
    check_refusal(refused, 404, "not_found", "media.unknown")


async def test_import_stores_the_file_of_the_url(tenant: Tenant) -> None:
    asked = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal asked
        asked += 1
        await Response(png(7, 5), media_type="text/html")(scope, receive, send)

    async with serving(app) as url:
        first = await tenant.client.post("/v1/media/import", {"url": f"{url}/a"}, idempotency_key="once")
        again = await tenant.client.post("/v1/media/import", {"url": f"{url}/a"}, idempotency_key="once")
    assert (first.status_code, first.json()["width"], first.json()["status"]) == (201, 7, "ready")
    assert again.content == first.content
    assert asked == 1
    assert (await tenant.stored())["files"] == 1


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (Response(status_code=404), "media.url.unreachable"),
        (Response(status_code=503), "media.url.unreachable"),
        (Response(b"<html>"), "media.unreadable"),
        (Response(b""), "media.empty_body"),
    ],
)
async def test_failed_import_stores_nothing(tenant: Tenant, answer: Response, rule: str) -> None:
    async with serving(answer) as url, tenant.storing_nothing():
        reply = await tenant.client.post("/v1/media/import", {"url": url})
    check_refusal(reply, 400, "validation_failed", rule)


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "", "http://127.0.0.1:9/"]
)
async def test_import_from_an_unreachable_url_is_rejected(tenant: Tenant, url: str) -> None:
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/media/import", {"url": url})
    check_refusal(reply, 400, "validation_failed", "media.url.unreachable")


async def test_media_item_belongs_to_a_profile_and_is_listed_there(tenant: Tenant) -> None:
    profile_id = await tenant.profile()
    sent = {"authorization": f"Bearer {tenant.client.key}"}
    http = tenant.deployment.http
    made = await http.post(f"/v1/media?profileId={profile_id}", files={"file": ("a.png", png())}, headers=sent)
    assert made.json()["profileId"] == profile_id
    elsewhere = await upload(tenant.client)
    listed = (await tenant.client.get(f"/v1/media?profileId={profile_id}")).json()["data"]
    assert [item["id"] for item in listed] == [made.json()["id"]]
    scoped = await tenant.key(profileId=profile_id)
    check_refusal(await scoped.get(f"/v1/media/{elsewhere}"), 404, "not_found")
    async with tenant.storing_nothing():
        unknown = await http.post(
            f"/v1/media?profileId=prof_{ABSENT_ID}", files={"file": ("a.png", png())}, headers=sent
        )
    check_refusal(unknown, 400, "validation_failed", "profileId")


async def expire(tenant: Tenant, media_id: str) -> None:
    query = "UPDATE media SET expires_at = now() - interval '1 s' WHERE id = $1"
    await tenant.admin.do(query, parse_id(Prefix.MEDIA, media_id))


async def test_unused_media_item_expires(tenant: Tenant, services: WorkerServices) -> None:
    old, young = await upload(tenant.client), await upload(tenant.client)
    await expire(tenant, old)
    await services.expiry.sweep(100)
    assert [item["id"] for item in (await tenant.client.get("/v1/media")).json()["data"]] == [young]
    assert (await tenant.stored())["files"] == 1


async def test_media_item_of_a_waiting_post_does_not_expire(
    tenant: Tenant, account_id: str, services: WorkerServices
) -> None:
    """Only the posts, not a date or a bucket rule, determine when a media item expires."""
    media_id = await upload(tenant.client)
    accepted = await tenant.client.post("/v1/posts", body(account_id, media_id, scheduledAt=soon(86_400)))
    post_id = accepted.json()["results"][0]["postId"]
    for _ in range(2):
        await expire(tenant, media_id)
        await services.expiry.sweep(100)
        assert (await read(tenant, media_id))["status"] == "ready"
    await tenant.client.call("PATCH", f"/v1/posts/{post_id}", {"scheduledAt": soon(1.2)})
    assert (await tenant.settled(post_id))["status"] == "published"
    await expire(tenant, media_id)
    await services.expiry.sweep(100)
    assert (await read(tenant, media_id))["status"] == "ready", "a post that has just ended may be retried"
    await tenant.admin.do(
        "UPDATE posts SET updated_at = now() - interval '8 days' WHERE id = $1", parse_id(Prefix.POST, post_id)
    )
    await expire(tenant, media_id)
    await services.expiry.sweep(100)
    check_refusal(await tenant.client.get(f"/v1/media/{media_id}"), 404, "not_found")
    assert (await tenant.stored())["files"] == 0


async def test_interrupted_deletion_is_finished(tenant: Tenant, services: WorkerServices) -> None:
    media_id = await upload(tenant.client)
    await tenant.admin.do(
        "UPDATE media SET status = 'deleted', expires_at = now() WHERE organization_id = $1", tenant.uuid
    )
    check_refusal(await tenant.client.get(f"/v1/media/{media_id}"), 404, "not_found")
    await services.expiry.sweep(100)
    stored = await tenant.stored()
    assert (stored["media"], stored["files"]) == (0, 0)


async def test_leftovers_of_a_crashed_upload_are_removed(tenant: Tenant, services: WorkerServices) -> None:
    media_id = await upload(tenant.client)
    [path] = [path for path in (tenant.deployment.settings.media_dir / tenant.id).rglob("*") if path.is_file()]
    leftover = path.parent / ".crashed.part"
    leftover.write_bytes(b"half")
    await services.expiry.remove_leftovers()
    assert leftover.exists(), "its writer may still be running"
    os.utime(leftover, (0, 0))
    await services.expiry.remove_leftovers()
    assert not leftover.exists()
    assert (await read(tenant, media_id))["status"] == "ready"
