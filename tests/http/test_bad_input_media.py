"""Media items without bytes, with wrong or too many bytes, or from URLs that may not be called."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.database import DatabaseURLs, copy_of
from tests.deployment import OPERATOR_TOKEN, Client, deployed, serving
from tests.gateways.movies import claimed
from tests.http.support import Tenant, check_refusal, jpeg, make_tenant, png, soon
from tests.storage.support import Admin

pytestmark = pytest.mark.slow

_PNG = base64.b64encode(png()).decode()


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


def _body(account_id: str, *media: dict[str, Any]) -> dict[str, Any]:
    return {"targets": [{"accountId": account_id}], "text": "Look", "media": list(media)}


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ({}, "media.one_source"),
        ({"url": "https://a.example/1.png", "bytesBase64": _PNG}, "media.one_source"),
        ({"url": "https://a.example/1.png", "mediaId": "med_1"}, "media.one_source"),
        ({"mediaId": "med_1", "bytesBase64": _PNG}, "media.one_source"),
        ({"mediaId": None, "url": None}, "media.one_source"),
        ({"bytesBase64": "not base64!"}, "media[0].bytesBase64"),
        ({"bytesBase64": _PNG[:-3]}, "media[0].bytesBase64"),
        ({"bytesBase64": _PNG[:10] + "\n" + _PNG[10:]}, "media[0].bytesBase64"),
        ({"bytesBase64": "é" * 40}, "media[0].bytesBase64"),
        ({"bytesBase64": f"data:image/png;base64,{_PNG}"}, "media[0].bytesBase64"),
        ({"bytesBase64": ""}, "media.unreadable"),
        ({"bytesBase64": base64.b64encode(b"Just some text.").decode()}, "media.unreadable"),
        ({"bytesBase64": base64.b64encode(png()[:20]).decode()}, "media.unreadable"),
        ({"bytesBase64": base64.b64encode(claimed(20_000_000)).decode()}, "media.unreadable"),
        ({"bytesBase64": base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode()}, "media.unreadable"),
        ({"bytesBase64": "A" * (5 * 1024**2 * 4 // 3 + 8)}, "media.size_max"),
    ],
)
async def test_media_item_without_exactly_one_valid_source_is_rejected(
    tenant: Tenant, account_id: str, source: dict[str, Any], rule: str
) -> None:
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", _body(account_id, {"kind": "image", **source}))
    check_refusal(reply, 400, "validation_failed", rule)
    assert _PNG not in reply.text


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "media.empty_body"),
        (b"Just some text.", "media.unreadable"),
        (png()[:20], "media.unreadable"),
        (jpeg()[: len(jpeg()) // 2], "media.unreadable"),
        (claimed(20_000_000), "media.unreadable"),
        (claimed(30_000_000, tracks=20), "media.unreadable"),
        (b"<html><script>alert(1)</script></html>", "media.unreadable"),
    ],
)
async def test_upload_of_an_unaccepted_file_is_rejected(tenant: Tenant, content: bytes, rule: str) -> None:
    async with tenant.storing_nothing():
        reply = await _upload(tenant, files={"file": ("picture.png", content, "image/png")})
    check_refusal(reply, 400, "validation_failed", rule)


async def test_upload_needs_the_field_file(tenant: Tenant) -> None:
    picture = ("picture.png", png(), "image/png")
    async with tenant.storing_nothing():
        refusals = [
            await _upload(tenant, files={"picture": picture}),
            await _upload(tenant, data={"file": "not a file"}, files={"other": picture}),
        ]
    for reply in refusals:
        check_refusal(reply, 400, "validation_failed", "media.missing_file")


async def test_upload_needs_multipart_form_data(tenant: Tenant) -> None:
    async with tenant.storing_nothing():
        refusals = [
            await _upload(tenant, data={"file": "not a file"}),
            await _upload(tenant, content=png(), headers={"content-type": "image/png"}),
            await _upload(tenant, content=b"{}", headers={"content-type": "application/json"}),
            await _upload(tenant, content=b""),
        ]
    for reply in refusals:
        check_refusal(reply, 400, "validation_failed", "media.content_type")


async def test_upload_of_two_files_is_rejected(tenant: Tenant) -> None:
    picture = ("picture.png", png(), "image/png")
    async with tenant.storing_nothing():
        reply = await _upload(tenant, files=[("file", picture), ("file", picture)])
    check_refusal(reply, 400, "validation_failed", "media.single_file")


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("multipart/form-data", b"--a\r\n"),
        ("multipart/form-data; boundary=", b"--a\r\n"),
        ("multipart/form-data; boundary=a", b"no boundary anywhere"),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\n\r\n--a--\r\n"),
        ("multipart/form-data; boundary=a", b""),
    ],
)
async def test_malformed_upload_is_rejected(tenant: Tenant, content_type: str, content: bytes) -> None:
    async with tenant.storing_nothing():
        reply = await _upload(tenant, content=content, headers={"content-type": content_type})
    assert reply.json()["error"]["rule"] in {"media.missing_file", "media.form"}
    assert reply.status_code == 400


async def test_upload_that_announces_more_than_201_mebibytes_is_rejected_before_it_is_read(tenant: Tenant) -> None:
    headers = {"content-type": "multipart/form-data; boundary=a", "content-length": str(202 * 1024**2)}
    reply = await _upload(tenant, content=_never(), headers=headers)
    check_refusal(reply, 413, "validation_failed", "body.size_max")


async def test_size_limit_of_uploads_applies_to_forms_only(tenant: Tenant) -> None:
    """Other bodies are held in memory."""
    headers = {"content-type": "application/json", "content-length": str(2 * 1024**2)}
    reply = await _upload(tenant, content=_never(), headers=headers)
    check_refusal(reply, 413, "validation_failed", "body.size_max")


async def _upload(tenant: Tenant, headers: dict[str, str] | None = None, **content: Any) -> Any:
    sent = {"authorization": f"Bearer {tenant.client.key}", **(headers or {})}
    return await tenant.deployment.http.post("/v1/media", headers=sent, **content)


async def _never() -> AsyncIterator[bytes]:
    raise AssertionError("this was read")
    yield b""


# The worker fetches URLs later.


@asynccontextmanager
async def _guarded(postgres_url: str, template: DatabaseURLs, redis_url: str, directory: Any) -> AsyncIterator[Tenant]:
    """Create a tenant of a deployment that calls only public addresses."""
    async with (
        copy_of(template, postgres_url) as urls,
        deployed(urls, redis_url, directory, allow_private_addresses=False) as running,
    ):
        connection = await asyncpg.connect(urls.admin)
        yield await make_tenant(running, Admin(connection), {"authorization": f"Bearer {OPERATOR_TOKEN}"})
        await connection.close()


@pytest.fixture(scope="module")
async def guarded(
    postgres_url: str, template_database: DatabaseURLs, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Tenant]:
    async with _guarded(postgres_url, template_database, redis_url, tmp_path_factory.mktemp("guarded")) as tenant:
        yield tenant


FORBIDDEN_URLS = [
    "https://127.0.0.1/picture.png",
    "https://127.0.0.1:8443/picture.png",
    "https://127.1/picture.png",
    "https://2130706433/picture.png",
    "https://0x7f.0.0.1/picture.png",
    "https://[::1]/picture.png",
    "https://[::ffff:127.0.0.1]/picture.png",
    "https://10.0.0.1/picture.png",
    "https://192.168.1.1/picture.png",
    "https://169.254.169.254/latest/meta-data",
    "https://0.0.0.0/picture.png",
    "https://[fd00:ec2::254]/latest/meta-data",
    "https://metadata.google.internal/",
    "https://postgres/picture.png",
    "https://localhost/picture.png",
    "https://LOCALHOST./picture.png",
    "http://pictures.example/picture.png",
    "https://user:password@pictures.example/picture.png",
    "https://pictures.example:22/picture.png",
    "file:///etc/passwd",
    "ftp://pictures.example/picture.png",
    "gopher://pictures.example/",
    "data:image/png;base64,aaaa",
    "picture.png",
    "",
    "https://",
    "https:// /",
]


@pytest.mark.parametrize("url", FORBIDDEN_URLS)
async def test_forbidden_media_url_is_rejected_at_accept(guarded: Tenant, url: str) -> None:
    account_id = await guarded.client.sandbox_account()
    wanted = _body(account_id, {"kind": "image", "url": url})
    async with guarded.storing_nothing():
        reply = await guarded.client.post("/v1/posts", wanted)
    check_refusal(reply, 400, "validation_failed", "media.url.unreachable")
    assert "password" not in reply.text
    assert reply.json()["error"]["field"] == "media[0].url"


async def test_forbidden_media_url_is_rejected_in_every_field(guarded: Tenant) -> None:
    client = guarded.client
    account_id = await client.sandbox_account()
    bad = [{"kind": "image", "url": "file:///etc/passwd"}]
    target = {"accountId": account_id}
    draft = await client.post("/v1/posts", {"targets": [target], "text": "Look", "draft": True})
    post_id = draft.json()["results"][0]["postId"]
    in_target = {"targets": [{**target, "media": bad}], "text": "Look"}
    in_thread = {"targets": [target], "text": "Look", "thread": [{"text": "More", "media": bad}]}
    scheduled = {**_body(account_id, *bad), "scheduledAt": soon(86_400)}
    drafted = {**_body(account_id, *bad), "draft": True}
    async with guarded.storing_nothing():
        refusals = {
            "targets[0].media[0].url": await client.post("/v1/posts", in_target),
            "thread[0].media[0].url": await client.post("/v1/posts", in_thread),
            "media[0].url: scheduled": await client.post("/v1/posts", scheduled),
            "media[0].url: draft": await client.post("/v1/posts", drafted),
            "media[0].url: validate": await client.post("/v1/posts/validate", _body(account_id, *bad)),
            "media[0].url: PATCH": await client.call("PATCH", f"/v1/posts/{post_id}", {"media": bad}),
            "": await client.post("/v1/media/import", {"url": bad[0]["url"]}),
        }
        bulk = await client.post("/v1/posts/bulk", {"posts": [_body(account_id, *bad)]})
    for path, reply in refusals.items():
        check_refusal(reply, 400, "validation_failed", "media.url.unreachable")
        assert reply.json()["error"].get("field", "") == path.partition(": ")[0]
    [item] = bulk.json()["data"]
    assert (item["status"], item["body"]["error"]["rule"]) == (400, "media.url.unreachable")


async def test_media_url_of_the_sandbox_is_rejected(tenant: Tenant, account_id: str) -> None:
    body = _body(account_id, {"kind": "image", "url": f"{tenant.deployment.sandbox_url}/health"})
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body)
    check_refusal(reply, 400, "validation_failed", "media.url.unreachable")


@asynccontextmanager
async def _pictures(app: ASGIApp) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield f"{url}/picture.png"


async def _is_rejected(tenant: Tenant, account_id: str, url: str, rule: str) -> None:
    reply = await tenant.client.post("/v1/posts", _body(account_id, {"kind": "image", "url": url}))
    [result] = reply.json()["results"]
    assert (result["status"], result["error"]["rule"]) == ("rejected", rule), reply.text
    assert await tenant.followers_see() == []
    [item] = (await tenant.client.get("/v1/media")).json()["data"]
    assert item["status"] == "failed"
    assert item["error"]["rule"] == rule


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/", "file:///a"]
)
async def test_url_that_redirects_to_a_forbidden_address_is_rejected(
    tenant: Tenant, account_id: str, location: str
) -> None:
    async with _pictures(RedirectResponse(location, 302)) as url:
        await _is_rejected(tenant, account_id, url, "media.url.unreachable")


async def test_url_that_redirects_to_the_sandbox_is_rejected(tenant: Tenant, account_id: str) -> None:
    async with _pictures(RedirectResponse(f"{tenant.deployment.sandbox_url}/health", 307)) as url:
        await _is_rejected(tenant, account_id, url, "media.url.unreachable")


async def test_endless_download_is_cut_off(tenant: Tenant, account_id: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield png()
        while True:
            await asyncio.sleep(0)
            yield bytes(1024**2)

    async with _pictures(StreamingResponse(endless(), media_type="image/png")) as url:
        await _is_rejected(tenant, account_id, url, "media.url.unreachable")


async def test_file_that_announces_too_many_bytes_is_not_fetched(tenant: Tenant, account_id: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", str(201 * 1024**2).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": png(), "more_body": True})
        await Request(scope, receive).is_disconnected()

    async with _pictures(app) as url:
        await _is_rejected(tenant, account_id, url, "media.url.unreachable")


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 451])
async def test_url_without_a_file_is_rejected(tenant: Tenant, account_id: str, status: int) -> None:
    rule = "media.empty_body" if status == 204 else "media.url.unreachable"
    async with _pictures(Response(status_code=status)) as url:
        await _is_rejected(tenant, account_id, url, rule)


async def test_url_of_an_unaccepted_file_is_rejected(tenant: Tenant, account_id: str) -> None:
    async with _pictures(Response(b"<html>No picture here</html>", media_type="image/png")) as url:
        await _is_rejected(tenant, account_id, url, "media.unreadable")


async def test_post_is_rejected_when_the_fetched_bytes_break_a_rule(tenant: Tenant, account_id: str) -> None:
    """A media item by URL is checked when it was fetched, by the same rules as an uploaded one."""
    big = png() + bytes(2_000_001)
    async with _pictures(Response(big, media_type="image/png")) as url:
        reply = await tenant.client.post("/v1/posts", _body(account_id, {"kind": "image", "url": url}))
    [result] = reply.json()["results"]
    assert result["status"] == "rejected"
    assert (result["error"]["code"], result["error"]["rule"]) == ("preflight_failed", "bluesky.media.image_size_max")
    inline = {"kind": "image", "bytesBase64": base64.b64encode(big).decode()}
    async with tenant.storing_nothing():
        refused = await tenant.client.post("/v1/posts", _body(account_id, inline))
    check_refusal(refused, 400, "preflight_failed", "bluesky.media.image_size_max")
