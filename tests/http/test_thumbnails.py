"""Thumbnails of media items, from the request to what followers see."""

import asyncio
import base64
from typing import Any

import pytest
from starlette.responses import Response

from letmepost.domain.received import Checksum
from tests.deployment import OPERATOR_TOKEN, Client, Deployment, serving
from tests.gateways.movies import movie
from tests.http.support import Tenant, check_refusal, make_tenant, png, soon, upload
from tests.storage.support import Admin

WITH_THUMBNAILS = "mastodon"
WITHOUT_THUMBNAILS = "bluesky"
FILM, PICTURE = movie(), png(7, 5, "blue")
VIDEO = {"kind": "video", "bytesBase64": base64.b64encode(FILM).decode()}
INLINE = {"bytesBase64": base64.b64encode(PICTURE).decode()}


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account(platform=WITH_THUMBNAILS)


def body(account_id: str, thumbnail: object, **fields: Any) -> dict[str, Any]:
    media = [{**VIDEO, "thumbnail": thumbnail}]
    return {"targets": [{"accountId": account_id}], "text": "Look", "media": media, **fields}


async def read(tenant: Tenant, post_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await tenant.client.get(f"/v1/posts/{post_id}")).json()
    return found


async def test_thumbnail_is_published_from_each_source(tenant: Tenant, account_id: str) -> None:
    async with serving(Response(PICTURE)) as url:
        sources = ({"mediaId": await upload(tenant.client, PICTURE)}, {"url": f"{url}/picture"}, INLINE)
        sending = (tenant.client.post("/v1/posts", body(account_id, source)) for source in sources)
        replies = await asyncio.gather(*sending)
    assert [reply.json()["status"] for reply in replies] == ["published"] * 3, [reply.text for reply in replies]
    assert not any(INLINE["bytesBase64"] in reply.text for reply in replies)
    seen = await tenant.followers_see(WITH_THUMBNAILS)
    arrived = {"sizeBytes": len(PICTURE), "checksum": str(Checksum.of(PICTURE))}
    assert [post["record"]["thumbnail"] for post in seen] == [arrived] * 3
    stored = {item["id"] for item in (await tenant.client.get("/v1/media")).json()["data"]}
    for reply in replies:
        [ref] = (await read(tenant, reply.json()["results"][0]["postId"]))["mediaRefs"]
        stored -= {ref["mediaId"], ref["thumbnail"]["mediaId"]}
    assert stored == set()


async def test_thumbnail_is_kept_when_the_post_is_changed(tenant: Tenant, account_id: str) -> None:
    media_id = await upload(tenant.client, PICTURE)
    reply = await tenant.client.post("/v1/posts", body(account_id, {"mediaId": media_id}, scheduledAt=soon(3600)))
    post_id = reply.json()["results"][0]["postId"]
    changed = await tenant.client.call("PATCH", f"/v1/posts/{post_id}", {"text": "Look again"})
    assert changed.json()["mediaRefs"][0]["thumbnail"] == {"mediaId": media_id}, changed.text
    in_use = await tenant.client.call("DELETE", f"/v1/media/{media_id}")
    check_refusal(in_use, 409, "validation_failed", "media.in_use")
    changed = await tenant.client.call("PATCH", f"/v1/posts/{post_id}", {"media": [{**VIDEO, "thumbnail": INLINE}]})
    assert changed.json()["mediaRefs"][0]["thumbnail"]["mediaId"] != media_id
    assert (await tenant.client.call("DELETE", f"/v1/media/{media_id}")).status_code == 200


async def test_thumbnail_of_another_organization_is_unknown(
    tenant: Tenant, account_id: str, service: Deployment, admin: Admin
) -> None:
    other = await make_tenant(service, admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})
    media_id = await upload(other.client, PICTURE)
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body(account_id, {"mediaId": media_id}))
    check_refusal(reply, 404, "not_found", "media.unknown")


@pytest.mark.parametrize(
    ("thumbnail", "rule"),
    [
        ({}, "media.one_source"),
        ({**INLINE, "url": "https://example.com/a.png"}, "media.one_source"),
        ({"url": "http://127.0.0.1:1/a.png"}, "media.url.unreachable"),
        ({"bytesBase64": "bm8gaW1hZ2U="}, "media.unreadable"),
    ],
)
async def test_invalid_thumbnail_is_rejected(
    tenant: Tenant, account_id: str, thumbnail: dict[str, str], rule: str
) -> None:
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body(account_id, thumbnail))
    error = check_refusal(reply, 400, "validation_failed", rule)
    if rule == "media.one_source":
        assert "`media[0].thumbnail`" in error["message"]


async def test_thumbnail_is_converted_by_the_fit_of_its_media_item(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account(platform="instagram")
    media = [{**VIDEO, "fit": True, "thumbnail": INLINE}]
    reply = await tenant.client.post("/v1/posts/validate", {"targets": [{"accountId": account_id}], "media": media})
    [target] = reply.json()["targets"]
    assert [(one["rule"], one["field"]) for one in target["warnings"]] == [
        ("media.fit.converted", "media[0].thumbnail")
    ], target
    assert [one["field"] for one in target["violations"] if "thumbnail" in one["field"]] == []


async def test_suggested_request_repeats_no_bytes_of_a_thumbnail(tenant: Tenant) -> None:
    media = [{"kind": "video", "mediaId": "med_1", "thumbnail": INLINE}]
    reply = await tenant.client.post("/v1/posts", {"caption": "Look", "account_ids": ["acc_1"], "media": media})
    assert "suggestedRequest" in reply.text
    assert INLINE["bytesBase64"] not in reply.text


async def test_unsupported_thumbnail_is_rejected_or_omitted(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account(platform=WITHOUT_THUMBNAILS)
    request, rule = body(account_id, INLINE), f"{WITHOUT_THUMBNAILS}.media.thumbnail_supported"
    async with tenant.storing_nothing():
        check_refusal(await tenant.client.post("/v1/posts", request), 400, "preflight_failed", rule)
    reply = await tenant.client.post("/v1/posts", {**request, "onUnsupported": "omit", "draft": True})
    [result] = reply.json()["results"]
    assert [(one["code"], one["field"]) for one in result["warnings"]] == [(rule, "media[0].thumbnail")]
    [ref] = (await read(tenant, result["postId"]))["mediaRefs"]
    assert "thumbnail" not in ref
    assert len((await tenant.client.get("/v1/media")).json()["data"]) == 1
