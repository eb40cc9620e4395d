"""Large uploads: announced first, then sent to a signed URL that is valid for one file."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from letmepost.domain.ids import Prefix, parse_id
from tests.database import DatabaseURLs, copy_of
from tests.deployment import OPERATOR_TOKEN, deployed, serving
from tests.doubles.waiting import PATIENCE_S, eventually
from tests.gateways.bucket_faults import FaultyBucket, faulty_bucket
from tests.gateways.movies import movie
from tests.http.support import Tenant, check_refusal, jpeg, make_tenant, path_of, png, soon, upload
from tests.http.test_media import read
from tests.s3 import BUCKET, bucket
from tests.storage.support import Admin

CLIP = movie()


async def start(tenant: Tenant, size_bytes: int = len(CLIP), **more: Any) -> dict[str, Any]:
    wanted = {"filename": "clip.mp4", "contentType": "video/mp4", "sizeBytes": size_bytes, **more}
    reply = await tenant.client.post("/v1/media/uploads", wanted)
    assert reply.status_code == 201, reply.text
    started: dict[str, Any] = reply.json()
    return started


async def put(tenant: Tenant, started: dict[str, Any], content: Any) -> httpx2.Response:
    """Upload without a key: the URL is enough."""
    return await tenant.deployment.http.put(path_of(started["upload"]["url"]), content=content)


async def test_large_file_is_uploaded_to_its_url_without_a_key(tenant: Tenant) -> None:
    started = await start(tenant)
    assert (started["status"], started["upload"]["method"]) == ("uploading", "PUT")
    assert started["upload"]["headers"] == {"content-length": str(len(CLIP))}
    brought = await put(tenant, started, CLIP)
    assert brought.status_code == 200, brought.text
    item = await read(tenant, started["id"])
    assert (item["status"], item["contentType"], item["codec"]) == ("ready", "video/mp4", "h264")
    got = await tenant.deployment.http.get(path_of(item["url"]))
    assert got.content == CLIP
    completed = await tenant.client.post(f"/v1/media/{started['id']}/complete")
    assert (completed.status_code, completed.json()["status"]) == (200, "ready")


async def test_upload_url_is_valid_for_one_file(tenant: Tenant) -> None:
    started = await start(tenant, len(png()))
    assert (await put(tenant, started, png())).status_code == 200
    other = png(colour="blue")[: len(png())].ljust(len(png()), b"\0")
    check_refusal(await put(tenant, started, other), 409, "validation_failed", "media.upload_used")
    item = await read(tenant, started["id"])
    assert (await tenant.deployment.http.get(path_of(item["url"]))).content == png()
    assert (await tenant.stored())["files"] == 1


@pytest.mark.parametrize(
    ("content", "status", "rule"),
    [
        (png() + bytes(2_000_001), 200, "bluesky.media.image_size_max"),
        (CLIP, 200, "media.kind_mismatch"),
        (b"<html>No picture here</html>", 400, "media.unreadable"),
    ],
    ids=["too large", "a video", "unreadable"],
)
async def test_post_is_rejected_when_the_upload_that_it_waits_for_breaks_a_rule(
    tenant: Tenant, content: bytes, status: int, rule: str
) -> None:
    account_id = await tenant.client.sandbox_account()
    started = await start(tenant, len(content))
    media = [{"kind": "image", "mediaId": started["id"]}]
    wanted = {"targets": [{"accountId": account_id}], "text": "Look", "media": media, "scheduledAt": soon(86_400)}
    post_id = (await tenant.client.post("/v1/posts", wanted)).json()["results"][0]["postId"]
    assert (await put(tenant, started, content)).status_code == status
    post = (await tenant.client.get(f"/v1/posts/{post_id}")).json()
    assert (post["status"], post["error"]["rule"], post["attempts"]) == ("rejected", rule, [])


async def _chunked(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_wrong_length_is_rejected_and_can_be_corrected(tenant: Tenant) -> None:
    started = await start(tenant)
    for wrong, status, rule in (
        (CLIP + b"x", 400, "media.size_mismatch"),
        (CLIP[:-1], 400, "media.size_mismatch"),
        (_chunked(CLIP + b"x"), 413, "media.size_max"),
        (_chunked(CLIP[:-1]), 400, "media.size_mismatch"),
        (_chunked(b""), 400, "media.size_mismatch"),
    ):
        check_refusal(await put(tenant, started, wrong), status, "validation_failed", rule)
    assert (await tenant.stored())["files"] == 0
    assert (await put(tenant, started, _chunked(CLIP))).status_code == 200


async def test_type_is_detected_from_the_bytes(tenant: Tenant) -> None:
    started = await start(tenant, 6)
    check_refusal(await put(tenant, started, b"<html>"), 400, "validation_failed", "media.unreadable")
    item = await read(tenant, started["id"])
    assert (item["status"], item["error"]["rule"]) == ("failed", "media.unreadable")
    check_refusal(await put(tenant, started, png()[:6]), 409, "validation_failed", "media.upload_used")
    assert (await tenant.stored())["files"] == 0


async def test_half_an_image_is_unreadable_in_every_upload(tenant: Tenant) -> None:
    half = jpeg()[: len(jpeg()) // 2]
    started = await start(tenant, len(half))
    check_refusal(await put(tenant, started, half), 400, "validation_failed", "media.unreadable")
    assert (await read(tenant, started["id"]))["status"] == "failed"


async def test_changed_upload_url_is_not_found(tenant: Tenant) -> None:
    started = await start(tenant)
    for changed in (started["upload"]["url"][:-2], started["upload"]["url"] + "A"):
        reply = await put(tenant, {"upload": {"url": changed}}, CLIP)
        check_refusal(reply, 404, "not_found")
    reading = (await read(tenant, await upload(tenant.client)))["url"].rsplit("/", 1)[1]
    crossed = f"http://letmepost.test/v1/media/uploads/{reading}"
    check_refusal(await put(tenant, {"upload": {"url": crossed}}, CLIP), 404, "not_found")


async def test_upload_cannot_be_completed_before_its_bytes_arrived(tenant: Tenant) -> None:
    started = await start(tenant)
    reply = await tenant.client.post(f"/v1/media/{started['id']}/complete")
    check_refusal(reply, 409, "validation_failed", "media.not_uploaded")


@pytest.mark.parametrize(
    ("wanted", "status", "rule"),
    [
        ({}, 400, "sizeBytes"),
        ({"sizeBytes": 0}, 400, "sizeBytes"),
        ({"sizeBytes": "5"}, 400, "sizeBytes"),
        ({"sizeBytes": 4 * 1024**3 + 1}, 413, "media.size_max"),
        ({"sizeBytes": 5, "filename": "x" * 256}, 400, "filename"),
        ({"sizeBytes": 5, "file": "x"}, 400, "file"),
    ],
)
async def test_invalid_upload_is_rejected_when_it_is_announced(
    tenant: Tenant, wanted: dict[str, Any], status: int, rule: str
) -> None:
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/media/uploads", wanted)
    check_refusal(reply, status, "validation_failed", rule)


# Uploads to a bucket, which bypass this service


@pytest.fixture(scope="module")
async def proxy(s3_url: str) -> AsyncIterator[FaultyBucket]:
    """Run a proxy in front of the bucket."""
    async with faulty_bucket(s3_url) as running:
        yield running


@pytest.fixture(scope="module")
async def cloud(
    postgres_url: str,
    template_database: DatabaseURLs,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    proxy: FaultyBucket,
) -> AsyncIterator[Tenant]:
    """Create a tenant of a deployment that stores media items in a bucket."""
    keys, directory = bucket(proxy.url), tmp_path_factory.mktemp("cloud")
    async with copy_of(template_database, postgres_url) as urls, _deployed(urls, redis_url, directory, keys) as running:
        connection = await asyncpg.connect(urls.admin)
        yield await make_tenant(running, Admin(connection), {"authorization": f"Bearer {OPERATOR_TOKEN}"})
        await connection.close()


def _deployed(urls: DatabaseURLs, redis_url: str, directory: Path, keys: Any) -> Any:
    return deployed(
        urls,
        redis_url,
        directory,
        s3_bucket=keys.name,
        s3_endpoint=keys.endpoint,
        s3_region=keys.region,
        s3_access_key_id=keys.access_key_id,
        s3_secret_access_key=SecretStr(keys.secret_access_key),
    )


async def put_directly(started: dict[str, Any], content: bytes) -> None:
    async with httpx2.AsyncClient(timeout=PATIENCE_S) as anybody:
        address = started["upload"]
        assert (await anybody.put(address["url"], content=content, headers=address["headers"])).status_code == 200


async def test_direct_upload_is_completed_with_the_facts_of_its_bytes(cloud: Tenant) -> None:
    started = await start(cloud)
    early = await cloud.client.post(f"/v1/media/{started['id']}/complete")
    check_refusal(early, 409, "validation_failed", "media.not_uploaded")
    await put_directly(started, CLIP)
    completed = await cloud.client.post(f"/v1/media/{started['id']}/complete")
    assert (completed.status_code, completed.json()["codec"]) == (200, "h264"), completed.text
    # A client that still has the URL cannot replace the examined bytes.
    await put_directly(started, CLIP[::-1])
    assert (await cloud.client.post(f"/v1/media/{started['id']}/complete")).json() == completed.json()
    got = await cloud.deployment.http.get(path_of(completed.json()["url"]), headers={"range": "bytes=4-7"})
    assert (got.status_code, got.content) == (206, b"ftyp")
    assert (await cloud.client.call("DELETE", f"/v1/media/{started['id']}")).status_code == 200
    assert (await cloud.deployment.http.get(path_of(completed.json()["url"]))).status_code == 404


async def complete(tenant: Tenant, started: dict[str, Any]) -> httpx2.Response:
    return await tenant.client.post(f"/v1/media/{started['id']}/complete")


async def objects_of(proxy: FaultyBucket, media_id: str) -> list[str]:
    """Return the keys of the bucket that belong to a media item."""
    listed = (await proxy.http.get(f"{proxy.target}/{BUCKET}?list-type=2")).text
    return [key for key in re.findall("<Key>(.*?)</Key>", listed) if media_id in key]


async def test_direct_upload_of_an_unaccepted_file_fails_and_is_deleted(cloud: Tenant, proxy: FaultyBucket) -> None:
    started = await start(cloud, 6)
    await put_directly(started, b"<html>")
    completed = await complete(cloud, started)
    assert (completed.json()["status"], completed.json()["error"]["rule"]) == ("failed", "media.unreadable")
    assert await objects_of(proxy, started["id"]) == []


async def test_simultaneous_completions_store_one_file(cloud: Tenant, proxy: FaultyBucket) -> None:
    started = await start(cloud, len(png()))
    await put_directly(started, png())
    replies = await asyncio.gather(*(complete(cloud, started) for _ in range(4)))
    assert [(reply.status_code, reply.json()["status"]) for reply in replies] == [(200, "ready")] * 4
    assert len(await objects_of(proxy, started["id"])) == 1


async def test_completion_that_finds_the_upload_already_taken_returns_the_media_item(
    cloud: Tenant, proxy: FaultyBucket
) -> None:
    started = await start(cloud, len(png()))
    await put_directly(started, png())
    may_go_on = asyncio.Event()
    is_waiting = proxy.hold("PUT", may_go_on)  # the first completion is about to copy the upload
    first = asyncio.create_task(complete(cloud, started))
    await is_waiting.wait()
    proxy.let_go()
    assert (await complete(cloud, started)).json()["status"] == "ready"
    may_go_on.set()
    assert ((await first).status_code, (await first).json()["status"]) == (200, "ready")
    assert len(await objects_of(proxy, started["id"])) == 1


async def test_unavailable_bucket_is_reported_and_the_completion_can_be_repeated(
    cloud: Tenant, proxy: FaultyBucket
) -> None:
    started = await start(cloud, len(png()))
    await put_directly(started, png())
    for is_broken in (lambda request: "x-amz-copy-source" in request.headers, lambda request: request.method == "GET"):
        proxy.is_broken = is_broken
        check_refusal(await complete(cloud, started), 500, "internal_error", "media.store_unavailable")
        proxy.is_broken = lambda _: False
        assert (await read(cloud, started["id"]))["status"] == "uploading"
    assert (await complete(cloud, started)).json()["status"] == "ready"
    assert len(await objects_of(proxy, started["id"])) == 1


async def test_post_with_two_files_stores_none_when_the_second_cannot_be_stored(
    cloud: Tenant, proxy: FaultyBucket
) -> None:
    account_id, before = await cloud.client.sandbox_account(), await objects_of(proxy, "med_")
    stored = await cloud.stored()
    media = [{"kind": "image", "bytesBase64": base64.b64encode(png(4, size)).decode()} for size in (5, 6)]
    body = {"targets": [{"accountId": account_id}], "text": "Look", "media": media}
    first_key = ""

    def is_second(request: Request) -> bool:
        nonlocal first_key
        if request.method == "PUT":
            first_key = first_key or request.url.path
        return request.method == "PUT" and request.url.path != first_key

    proxy.is_broken = is_second
    reply = await cloud.client.post("/v1/posts", body)
    proxy.is_broken = lambda _: False
    check_refusal(reply, 500, "internal_error", "media.store_unavailable")
    assert await objects_of(proxy, "med_") == before
    assert await cloud.stored() == stored


async def test_import_waits_while_the_bucket_is_unavailable(cloud: Tenant, proxy: FaultyBucket) -> None:
    account_id, services = await cloud.client.sandbox_account(), await cloud.deployment.start_worker()
    async with serving(Response(png())) as url:
        body = {"targets": [{"accountId": account_id}], "text": "Look", "media": [{"kind": "image", "url": url}]}
        proxy.is_down = True
        accepted = await cloud.client.post("/v1/posts", {**body, "scheduledAt": soon(86_400)})
        await services.imports.sweep(100)
        proxy.is_down = False
        post_id = accepted.json()["results"][0]["postId"]
        post = (await cloud.client.get(f"/v1/posts/{post_id}")).json()
        [media_id] = [ref["mediaId"] for ref in post["mediaRefs"]]
        assert (post["status"], (await read(cloud, media_id))["status"]) == ("queued", "waiting")
        delayed = "UPDATE media SET fetch_at = NULL WHERE id = $1 AND fetch_at IS NOT NULL RETURNING id"
        assert await cloud.admin.one(delayed, parse_id(Prefix.MEDIA, media_id)), "the URL is not fetched continuously"

        async def is_ready() -> bool:
            """Sweep, unless the running worker was faster."""
            await services.imports.sweep(100)
            return bool((await read(cloud, media_id))["status"] == "ready")

        await eventually(is_ready)


async def test_uncompleted_direct_upload_is_fetched_when_its_post_is_published(cloud: Tenant) -> None:
    account_id = await cloud.client.sandbox_account()
    started = await start(cloud, len(png()))
    await put_directly(started, png())
    media = [{"kind": "image", "mediaId": started["id"]}]
    body = {"targets": [{"accountId": account_id}], "text": "Look", "media": media}
    reply = await cloud.client.post("/v1/posts", body)
    assert reply.json()["status"] == "published", reply.text
    assert (await read(cloud, started["id"]))["status"] == "ready"


async def test_all_media_items_are_stored_in_the_bucket(cloud: Tenant) -> None:
    item = await read(cloud, await upload(cloud.client))
    assert (await cloud.deployment.http.get(path_of(item["url"]))).content == png()
    assert not cloud.deployment.settings.media_dir.exists()
