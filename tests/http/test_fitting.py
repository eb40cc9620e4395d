"""Images that are converted to what a target accepts, from the request to the platform."""

import asyncio
import base64
from io import BytesIO
from random import Random
from typing import Any

import pytest
from PIL import Image
from starlette.responses import Response

from letmepost.domain.ids import Prefix, format_id
from letmepost.worker.services import WorkerServices
from tests.deployment import Client, serving
from tests.doubles.waiting import eventually
from tests.gateways.movies import movie
from tests.http.support import Tenant, check_refusal, path_of, png, soon, upload

LIMIT = 2_000_000
SIZE_RULE = "bluesky.media.image_size_max"
WIDTH, HEIGHT = 900, 750


def _random(size_bytes: int, seed: int) -> bytes:
    return Random(seed).randbytes(size_bytes)  # noqa: S311 - not a secret


@pytest.fixture(scope="module")
def large() -> bytes:
    """Return a PNG that has too many bytes for the platform, because it cannot be compressed."""
    picture = Image.frombytes("RGB", (WIDTH, HEIGHT), _random(WIDTH * HEIGHT * 3, 0))
    file = BytesIO()
    picture.save(file, "PNG", compress_level=0)
    assert len(file.getvalue()) > LIMIT
    return file.getvalue()


@pytest.fixture(scope="module")
def animation() -> bytes:
    """Return an animated GIF that has too many bytes."""
    frames = [Image.frombytes("L", (WIDTH, HEIGHT), _random(WIDTH * HEIGHT, seed)) for seed in range(3)]
    file = BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert len(file.getvalue()) > LIMIT
    return file.getvalue()


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


def body(account_id: str, media: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"targets": [{"accountId": account_id}], "text": "Look", "media": [media], **more}


async def published(tenant: Tenant, wanted: dict[str, Any]) -> dict[str, Any]:
    """Publish, and return the post."""
    reply = await tenant.client.post("/v1/posts", wanted)
    assert reply.status_code == 200, reply.text
    [result] = reply.json()["results"]
    post: dict[str, Any] = (await tenant.client.get(f"/v1/posts/{result['postId']}")).json()
    assert post["status"] == "published", post
    return post


async def derived(tenant: Tenant) -> list[Any]:
    """Return the rows of the converted media items."""
    query = "SELECT * FROM media WHERE organization_id = $1 AND derived_from IS NOT NULL ORDER BY id"
    return await tenant.admin.rows(query, tenant.uuid)


async def test_violation_names_the_fit_that_solves_it(tenant: Tenant, account_id: str, large: bytes) -> None:
    media_id = await upload(tenant.client, large)
    reply = await tenant.client.post("/v1/posts", body(account_id, {"mediaId": media_id}))
    error = check_refusal(reply, 400, "preflight_failed")
    [violation] = error["violations"]
    assert violation["rule"] == SIZE_RULE
    assert "Or set `fit` of the media item to `true`" in violation["remediation"]
    assert f"image/jpeg, {WIDTH}x{HEIGHT} pixels" in violation["remediation"]


async def test_violation_by_a_video_has_the_command_that_repairs_it(tenant: Tenant, client: Client) -> None:
    account_id = await client.sandbox_account(platform="threads")
    media_id = await upload(tenant.client, movie(frames=3, codec="vp9"), "clip.mp4")
    wanted = body(account_id, {"mediaId": media_id})
    rate = "-maxrate 90000k -bufsize 180000k"
    command = f"ffmpeg -i input.mp4 -c:v libx264 -pix_fmt yuv420p {rate} -movflags +faststart output.mp4"
    [violation] = check_refusal(await tenant.client.post("/v1/posts", wanted), 400, "preflight_failed")["violations"]
    assert (violation["rule"], violation["command"]) == ("threads.media.video_codec", command)
    assert violation["remediation"].endswith(command)
    [target] = (await tenant.client.post("/v1/posts/validate", wanted)).json()["targets"]
    assert [found["command"] for found in target["violations"]] == [command]


async def test_preview_shows_the_recipe_and_nothing_is_stored(tenant: Tenant, account_id: str, large: bytes) -> None:
    media_id = await upload(tenant.client, large)
    async with tenant.storing_nothing():
        wanted = body(account_id, {"mediaId": media_id, "fit": {"background": "#00FF00"}})
        reply = await tenant.client.post("/v1/posts/validate", wanted)
    [target] = reply.json()["targets"]
    assert target["valid"], target
    assert target["preview"]["fit"] == [
        {
            "field": "media[0]",
            "fit": {"background": "#00ff00"},
            "contentType": "image/jpeg",
            "width": WIDTH,
            "height": HEIGHT,
            "maxBytes": LIMIT,
            "cropped": False,
        }
    ]
    assert target["preview"]["body"] == {"mediaId": media_id, "bytes": LIMIT}
    assert [warning["rule"] for warning in target["warnings"]] == ["media.fit.converted"]


async def test_too_large_image_is_converted_and_published(tenant: Tenant, account_id: str, large: bytes) -> None:
    media_id = await upload(tenant.client, large)
    post = await published(tenant, body(account_id, {"mediaId": media_id, "fit": True, "altText": "Noise"}))
    [shown] = await tenant.followers_see()
    [image] = shown["record"]["embed"]["images"]
    assert image["alt"] == "Noise"
    assert image["image"]["mimeType"] == "image/jpeg"
    assert image["image"]["size"] <= LIMIT
    assert image["aspectRatio"] == {"width": WIDTH, "height": HEIGHT}
    [warning] = post["warnings"]
    assert warning["code"] == "media.fit.converted"
    assert f"{WIDTH}x{HEIGHT} pixels and {len(large)} bytes of image/png" in warning["message"]
    fit = {"background": "blur"}
    assert post["mediaRefs"] == [{"kind": "image", "mediaId": media_id, "altText": "Noise", "fit": fit}]


async def test_converted_image_is_used_again_for_the_same_bytes_and_limits(
    tenant: Tenant, account_id: str, large: bytes
) -> None:
    first, second = await upload(tenant.client, large), await upload(tenant.client, large)
    for media in ({"mediaId": first, "fit": True}, {"mediaId": second, "fit": True}):
        await published(tenant, body(account_id, media))
    assert len(await derived(tenant)) == 1
    await published(tenant, body(account_id, {"mediaId": first, "fit": {"crop": "center"}}))
    assert len(await derived(tenant)) == 2


async def test_targets_with_the_same_limits_share_the_converted_image(tenant: Tenant, large: bytes) -> None:
    media_id = await upload(tenant.client, large)
    targets = [{"accountId": await tenant.client.sandbox_account(), "fit": True} for _ in range(2)]
    wanted = {"targets": targets, "text": "Look", "media": [{"mediaId": media_id}], "scheduledAt": soon(86_400)}
    assert (await tenant.client.post("/v1/posts", wanted)).status_code == 202
    assert len(await derived(tenant)) == 1


async def test_converted_image_is_hidden_from_callers(tenant: Tenant, account_id: str, large: bytes) -> None:
    media_id = await upload(tenant.client, large)
    await published(tenant, body(account_id, {"mediaId": media_id, "fit": True}))
    [row] = await derived(tenant)
    hidden = format_id(Prefix.MEDIA, row["id"])
    assert [item["id"] for item in (await tenant.client.get("/v1/media")).json()["data"]] == [media_id]
    check_refusal(await tenant.client.get(f"/v1/media/{hidden}"), 404, "not_found")
    check_refusal(await tenant.client.call("DELETE", f"/v1/media/{hidden}"), 404, "not_found")
    reply = await tenant.client.post("/v1/posts", body(account_id, {"mediaId": hidden}))
    check_refusal(reply, 404, "not_found", "media.unknown")


async def test_image_that_breaks_no_limit_is_sent_as_it_is(tenant: Tenant, account_id: str) -> None:
    media_id = await upload(tenant.client, png())
    post = await published(tenant, body(account_id, {"mediaId": media_id, "fit": True}))
    assert "warnings" not in post
    assert await derived(tenant) == []


async def test_thumbnail_of_a_link_card_is_converted_by_the_fit_of_the_target(
    tenant: Tenant, account_id: str, large: bytes
) -> None:
    media_id = await upload(tenant.client, large)
    card = {"url": "https://example.com", "title": "Title", "description": "", "thumbnail": media_id}
    target = {"accountId": account_id, "fit": True, "options": {"linkCard": card}}
    post = await published(tenant, {"targets": [target], "text": "Look"})
    assert [warning["field"] for warning in post["warnings"]] == ["options.linkCard.thumbnail"]
    [shown] = await tenant.followers_see()
    assert shown["record"]["embed"]["external"]["thumb"]["mimeType"] == "image/jpeg"


async def test_image_by_url_is_converted_after_it_was_fetched(
    tenant: Tenant, account_id: str, services: WorkerServices, large: bytes
) -> None:
    """Two workers at the same time, and the deployment's own: the first result counts, and the others are deleted."""
    async with serving(Response(large)) as url:
        wanted = body(account_id, {"kind": "image", "url": f"{url}/a.png", "fit": True}, scheduledAt=soon(86_400))
        reply = await tenant.client.post("/v1/posts", wanted)
        assert [found["code"] for found in reply.json()["results"][0]["warnings"]] == ["media.fit.pending"]
        await asyncio.gather(services.imports.sweep(100), services.imports.sweep(100))
    post_id = reply.json()["results"][0]["postId"]

    async def is_converted() -> bool:
        [row] = await derived(tenant)
        return row["status"] == "ready" and (await tenant.stored())["files"] == 2

    assert await eventually(is_converted)

    async def warned() -> list[str]:
        post = (await tenant.client.get(f"/v1/posts/{post_id}")).json()
        return [warning["message"] for warning in post["warnings"] if warning["code"] == "media.fit.converted"]

    [message] = await eventually(warned)
    assert f"{len(large)} bytes of image/png" in message
    assert f"converted to image/jpeg, {WIDTH}x{HEIGHT} pixels" in message
    await tenant.client.call("PATCH", f"/v1/posts/{post_id}", {"scheduledAt": soon(1.2)})
    assert (await tenant.settled(post_id))["status"] == "published"
    [shown] = await tenant.followers_see()
    assert shown["record"]["embed"]["images"][0]["image"]["mimeType"] == "image/jpeg"


async def test_image_is_converted_after_its_upload(tenant: Tenant, account_id: str, large: bytes) -> None:
    started = (await tenant.client.post("/v1/media/uploads", {"sizeBytes": len(large)})).json()
    media = {"mediaId": started["id"], "kind": "image", "fit": True}
    await tenant.client.post("/v1/posts", body(account_id, media, scheduledAt=soon(86_400)))
    assert [row["status"] for row in await derived(tenant)] == ["waiting"]
    uploaded = await tenant.deployment.http.put(path_of(started["upload"]["url"]), content=large)
    assert uploaded.status_code == 200, uploaded.text

    async def is_converted() -> bool:
        return [row["status"] for row in await derived(tenant)] == ["ready"]

    assert await eventually(is_converted, within_s=20)


@pytest.mark.parametrize("is_large", [True, False])
async def test_image_by_url_is_converted_when_it_is_published_immediately(
    tenant: Tenant, account_id: str, large: bytes, *, is_large: bool
) -> None:
    async with serving(Response(large if is_large else png())) as url:
        post = await published(tenant, body(account_id, {"kind": "image", "url": f"{url}/a.png", "fit": True}))
    assert [warning["code"] for warning in post.get("warnings", [])] == ["media.fit.converted"] * is_large
    [shown] = await tenant.followers_see()
    mime_type = shown["record"]["embed"]["images"][0]["image"]["mimeType"]
    assert mime_type == ("image/jpeg" if is_large else "image/png")


@pytest.mark.parametrize(
    ("is_empty", "rule", "message"),
    [(False, SIZE_RULE, "`fit` does not convert animated images."), (True, "media.empty_body", "empty")],
)
async def test_post_with_a_file_by_url_that_cannot_be_converted_is_rejected_early(
    tenant: Tenant,
    account_id: str,
    services: WorkerServices,
    animation: bytes,
    rule: str,
    message: str,
    *,
    is_empty: bool,
) -> None:
    async with serving(Response(b"" if is_empty else animation)) as url:
        wanted = body(account_id, {"kind": "image", "url": url, "fit": True}, scheduledAt=soon(86_400))
        reply = await tenant.client.post("/v1/posts", wanted)
        await services.imports.sweep(100)
        post = await tenant.settled(reply.json()["results"][0]["postId"])
    assert (post["status"], post["error"]["rule"]) == ("rejected", rule)
    assert message in post["error"]["message"]


async def test_animated_image_is_not_converted_and_its_violation_says_so(
    tenant: Tenant, account_id: str, animation: bytes
) -> None:
    media_id = await upload(tenant.client, animation)
    reply = await tenant.client.post("/v1/posts", body(account_id, {"mediaId": media_id, "fit": True}))
    error = check_refusal(reply, 400, "preflight_failed")
    assert "`fit` does not convert animated images." in error["violations"][0]["message"]


async def test_change_of_the_text_keeps_the_converted_image(tenant: Tenant, account_id: str, large: bytes) -> None:
    media_id = await upload(tenant.client, large)
    wanted = body(account_id, {"mediaId": media_id}, scheduledAt=soon(86_400))
    wanted["targets"][0]["fit"] = {"crop": "center"}
    reply = await tenant.client.post("/v1/posts", wanted)
    post_id = reply.json()["results"][0]["postId"]
    changed = await tenant.client.call("PATCH", f"/v1/posts/{post_id}", {"text": "Look again"})
    assert [warning["code"] for warning in changed.json()["warnings"]] == ["media.fit.converted"]
    assert changed.json()["mediaRefs"][0]["fit"] == {"crop": "center"}
    assert len(await derived(tenant)) == 1
    other = await upload(tenant.client, large + bytes(1))
    new = await tenant.client.call("PATCH", f"/v1/posts/{post_id}", {"media": [{"mediaId": other}]})
    assert new.status_code == 200, new.text
    assert new.json()["mediaRefs"][0]["fit"] == {"crop": "center"}, "the choice of the target remains"


async def test_source_cannot_be_deleted_before_the_post_is_published(
    tenant: Tenant, account_id: str, large: bytes
) -> None:
    media_id = await upload(tenant.client, large)
    await tenant.client.post("/v1/posts", body(account_id, {"mediaId": media_id, "fit": True}, scheduledAt=soon(9_999)))
    reply = await tenant.client.call("DELETE", f"/v1/media/{media_id}")
    assert reply.json()["error"]["rule"] == "media.in_use"


@pytest.mark.parametrize(
    "fit",
    [False, 1, "blur", {}, {"background": "blur", "crop": "center"}, {"background": "red"}, {"crop": "top"}, {"x": 1}],
)
async def test_invalid_fit_is_rejected(tenant: Tenant, account_id: str, fit: object) -> None:
    media = {"url": "https://example.com/a.png", "kind": "image", "fit": fit}
    error = check_refusal(await tenant.client.post("/v1/posts", body(account_id, media)), 400, "validation_failed")
    assert error["field"].startswith("media[0].fit"), error


async def test_content_inside_the_request_is_converted(tenant: Tenant, account_id: str, large: bytes) -> None:

    media = {"bytesBase64": base64.b64encode(large).decode(), "fit": True}
    await published(tenant, body(account_id, media))
