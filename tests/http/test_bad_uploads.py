"""Files that may not be stored, and stores that do not work, in every way to send a file.

| bad input | form | upload URL | import by URL | `bytesBase64` |
|---|---|---|---|---|
| truncated file, HTML named .jpg, too many pixels, GIF header with HTML | here | here | here | here |
| polyglot | here | here | here | here |
| zero bytes | `test_bad_input_media` | `test_uploads` | `test_media` | `test_bad_input_media` |
| wrong length | `test_bad_input_media` | `test_uploads` | `test_http_downloads` | does not exist |
| interrupted transfer | here | here | here, `test_http_downloads` | `test_client_disconnects` |
| stalled transfer | `test_protocol` | `test_protocol` | `test_http_downloads` | `test_protocol` |
| store unavailable | here | here | here | here |
| two completions | does not exist | `test_uploads` | `test_imports` | does not exist |
| film with too few frames | | | here | here |
| type that the platform does not accept, such as WebP | the rules of each platform (`test_rules`) |||
| unusual video (0 frames/s, no sound, variable frame rate, 10-bit HEVC, 4 GiB + 1) | `suite/test_unusual_videos` |||
"""

import base64
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest
from starlette.responses import Response
from starlette.types import Message

from letmepost.worker.services import WorkerServices
from tests.contract.routes import ROWS
from tests.deployment import serving
from tests.gateways import support as loopback
from tests.gateways.movies import movie
from tests.gateways.support import Connection
from tests.http.support import Tenant, check_refusal, jpeg, path_of, png
from tests.http.test_client_disconnects import leave
from tests.http.test_uploads import put, start

HTML = b"<html><script>alert(1)</script></html>"
Send = Callable[[Tenant, bytes], Awaitable[httpx2.Response]]


def bilevel_png(side_px: int) -> bytes:
    """Return a white image with one bit per pixel: 50 KB for 20,000 x 20,000 pixels, which are decoded to 400 MB."""
    row = b"\0" + b"\xff" * (side_px // 8)
    pixels = zlib.compressobj(9)
    data = b"".join([*(pixels.compress(row) for _ in range(side_px)), pixels.flush()])
    header = struct.pack(">IIBBBBB", side_px, side_px, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    chunks = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg_and_pdf() -> bytes:
    """Return a photo that contains a PDF file in a comment."""
    comment = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n%%EOF\n"
    photo = jpeg()
    return photo[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + photo[2:]


UNREADABLE = {
    "truncated": jpeg()[: len(jpeg()) // 2],
    "HTML": HTML,
    "too many pixels": bilevel_png(20_000),
    "GIF header and HTML": b"GIF89a=1;/*" + HTML,
}


async def send_form(tenant: Tenant, content: bytes) -> httpx2.Response:
    sent = {"authorization": f"Bearer {tenant.client.key}"}
    files = {"file": ("photo.jpg", content, "image/jpeg")}
    return await tenant.deployment.http.post("/v1/media", files=files, headers=sent)


async def send_to_url(tenant: Tenant, content: bytes) -> httpx2.Response:
    return await put(tenant, await start(tenant, len(content), filename="photo.jpg"), content)


async def send_import(tenant: Tenant, content: bytes) -> httpx2.Response:
    async with serving(Response(content, media_type="image/jpeg")) as url:
        return await tenant.client.post("/v1/media/import", {"url": f"{url}/photo.jpg"})


async def send_inline(tenant: Tenant, content: bytes, kind: str = "image") -> httpx2.Response:
    media = [{"kind": kind, "bytesBase64": base64.b64encode(content).decode()}]
    account_id = await tenant.client.sandbox_account()
    return await tenant.client.post(
        "/v1/posts", {"targets": [{"accountId": account_id}], "text": "Look", "media": media}
    )


WAYS: dict[str, Send] = {"form": send_form, "url": send_to_url, "import": send_import, "inline": send_inline}
every_way = pytest.mark.parametrize("send", WAYS.values(), ids=WAYS)


async def check_nothing_is_stored(tenant: Tenant, *, failed: int = 0) -> None:
    """Check that no file and no media item remains, except records of failed uploads."""
    assert (await tenant.stored())["files"] == 0
    items = (await tenant.client.get("/v1/media")).json()["data"]
    assert [item["status"] for item in items] == ["failed"] * failed
    assert await tenant.followers_see() == []


@every_way
async def test_unreadable_file_is_rejected_and_not_stored(tenant: Tenant, send: Send) -> None:
    for name, content in UNREADABLE.items():
        error = check_refusal(await send(tenant, content), 400, "validation_failed", "media.unreadable")
        assert ("20000x20000" in error["message"]) == (name == "too many pixels")
    await check_nothing_is_stored(tenant, failed=len(UNREADABLE) if send is send_to_url else 0)


@every_way
async def test_polyglot_is_only_what_its_first_bytes_are(tenant: Tenant, send: Send) -> None:
    """No browser or platform receives it as the other type."""
    reply = await send(tenant, jpeg_and_pdf())
    assert reply.status_code in {200, 201}, reply.text
    [item] = (await tenant.client.get("/v1/media")).json()["data"]
    assert (item["kind"], item["contentType"]) == ("image", "image/jpeg")
    got = await tenant.deployment.http.get(path_of(item["url"]))
    assert (got.headers["content-type"], got.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
    assert "sandbox" in got.headers["content-security-policy"]


async def test_polyglot_is_rejected_as_the_other_kind(tenant: Tenant) -> None:
    reply = await send_inline(tenant, jpeg_and_pdf(), kind="document")
    check_refusal(reply, 400, "preflight_failed", "media.kind_mismatch")
    await check_nothing_is_stored(tenant)


async def test_film_that_breaks_a_rule_of_its_platform_is_rejected_and_not_published(tenant: Tenant) -> None:
    """Inline, nothing is stored. By URL, the file was fetched before it could be checked, and stays in the library."""
    film, platform, rule = movie(shown_at=[0, 30]), "threads", "threads.media.video_frame_rate"
    target = {"accountId": await tenant.client.sandbox_account(platform=platform)}
    inline = {"kind": "video", "bytesBase64": base64.b64encode(film).decode()}
    async with tenant.storing_nothing():
        refused = await tenant.client.post("/v1/posts", {"targets": [target], "media": [inline]})
    check_refusal(refused, 400, "preflight_failed", rule)
    async with serving(Response(film, media_type="video/mp4")) as url:
        by_url = {"kind": "video", "url": f"{url}/film.mp4"}
        reply = await tenant.client.post("/v1/posts", {"targets": [target], "media": [by_url]})
    [result] = reply.json()["results"]
    assert (result["status"], result["error"]["rule"]) == ("rejected", rule)
    assert await tenant.followers_see(platform) == []


@asynccontextmanager
async def unavailable_store(tenant: Tenant) -> AsyncIterator[None]:
    """Put a file in the place of the tenant's directory, so that nothing can be stored there."""
    directory = tenant.deployment.settings.media_dir / tenant.id
    directory.parent.mkdir(parents=True, exist_ok=True)
    directory.write_bytes(b"")
    yield
    directory.unlink()


@every_way
async def test_unavailable_store_is_reported_and_the_request_can_be_repeated(tenant: Tenant, send: Send) -> None:
    async with unavailable_store(tenant):
        reply = await send(tenant, jpeg())
        error = check_refusal(reply, 500, "internal_error", "media.store_unavailable")
    assert (error["fixableBy"], error["retryable"]) == ("operator", True)
    assert str(tenant.deployment.settings.media_dir) not in reply.text
    uploading = [
        item for item in (await tenant.client.get("/v1/media")).json()["data"] if item["status"] == "uploading"
    ]
    assert len(uploading) == (1 if send is send_to_url else 0)
    assert (await tenant.stored())["files"] == 0
    assert await tenant.followers_see() == []
    assert (await send(tenant, jpeg())).status_code in {200, 201}


async def test_media_item_is_deleted_when_the_store_is_unavailable(tenant: Tenant, services: WorkerServices) -> None:
    """Its bytes are removed by the next sweep."""
    media_id = (await send_form(tenant, jpeg())).json()["id"]
    directory = tenant.deployment.settings.media_dir / tenant.id
    away = directory.rename(directory.with_name(f"{directory.name}.away"))
    async with unavailable_store(tenant):
        reply = await tenant.client.call("DELETE", f"/v1/media/{media_id}")
        assert (reply.status_code, reply.json()) == (200, {"id": media_id, "deleted": True})
    away.rename(directory)
    await services.expiry.sweep(100)
    stored = await tenant.stored()
    assert (stored["media"], stored["files"]) == (0, 0)


async def test_interrupted_upload_is_not_stored(tenant: Tenant) -> None:
    """The server also ends a stalled request like this."""
    rows, content = {row.line: row for row in ROWS}, png().ljust(1000, b"\0")
    part: Message = {"type": "http.request", "body": content[:500], "more_body": True}
    started = await start(tenant, len(content))
    await leave(tenant, rows["PUT /v1/media/uploads/{token}"], path_of(started["upload"]["url"]), [part])
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    await leave(tenant, rows["POST /v1/media"], "/v1/media", [{**part, "body": head + content[:500]}])
    stored = await tenant.stored()
    assert (stored["media"], stored["files"]) == (1, 0), "only the announced upload, without a file"
    assert (await put(tenant, started, content)).status_code == 200


async def test_interrupted_import_is_not_stored(tenant: Tenant) -> None:
    async def broken(connection: Connection) -> None:
        await connection.receive()
        await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + png())
        connection.reset()

    async with tenant.storing_nothing(), loopback.serving(broken) as server:
        url = server.url
        reply = await tenant.client.post("/v1/media/import", {"url": f"{url}/photo.jpg"})
    check_refusal(reply, 400, "validation_failed", "media.url.unreachable")
