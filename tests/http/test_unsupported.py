"""Content that the platform of a target does not support: rejected, or omitted with a warning on request."""

import base64
from typing import Any

import pytest
from starlette.responses import Response

from letmepost.platforms import discover
from tests.deployment import Client, serving
from tests.http.support import PLATFORM, Tenant, check_refusal, png, soon, upload

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
UNSUPPORTED = f"{PLATFORM}.media.kind_supported"
OTHER_PLATFORM = next(name for name in discover() if name != PLATFORM)
NO_THREADS = "linkedin"


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


async def _picture(client: Client) -> dict[str, Any]:
    return {"kind": "image", "mediaId": await upload(client), "altText": "A picture"}


async def _document(client: Client) -> dict[str, Any]:
    return {"kind": "document", "mediaId": await upload(client, PDF, "deck.pdf")}


async def _body(client: Client, account_id: str, **changes: Any) -> dict[str, Any]:
    """Return a request with a picture and, after it, a document, which the platform does not support."""
    media = [await _picture(client), await _document(client)]
    return {"targets": [{"accountId": account_id}], "text": "Look", "media": media, **changes}


def _warned(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(warning["code"], warning["field"]) for warning in found.get("warnings", [])]


def _violated(error: dict[str, Any]) -> list[tuple[str, str]]:
    return [(violation["rule"], violation["field"]) for violation in error["violations"]]


@pytest.mark.parametrize("place", ["request", "target"])
async def test_unsupported_media_item_rejects_the_post(tenant: Tenant, account_id: str, place: str) -> None:
    body = await _body(tenant.client, account_id)
    if place == "target":
        body["targets"][0]["media"] = body.pop("media")
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body)
    error = check_refusal(reply, 400, "preflight_failed", UNSUPPORTED)
    assert _violated(error) == [(UNSUPPORTED, "media[1]")]


async def test_unsupported_media_item_is_omitted_on_request(tenant: Tenant, account_id: str) -> None:
    body = await _body(tenant.client, account_id, onUnsupported="omit")
    reply = await tenant.client.post("/v1/posts", body)
    assert reply.json()["status"] == "published", reply.text
    [result] = reply.json()["results"]
    assert _warned(result) == [(UNSUPPORTED, "media[1]")]
    [seen] = await tenant.followers_see()
    assert [image["alt"] for image in seen["record"]["embed"]["images"]] == ["A picture"]


async def test_unsupported_title_is_rejected_or_omitted(tenant: Tenant, account_id: str) -> None:
    media = [{**await _picture(tenant.client), "title": "Harbor"}]
    body = {"targets": [{"accountId": account_id}], "text": "Look", "media": media}
    unsupported = f"{PLATFORM}.media.title_supported"
    check_refusal(await tenant.client.post("/v1/posts", body), 400, "preflight_failed", unsupported)
    reply = await tenant.client.post("/v1/posts", {**body, "onUnsupported": "omit"})
    assert _warned(reply.json()["results"][0]) == [(unsupported, "media[0].title")]
    [seen] = await tenant.followers_see()
    assert [image["alt"] for image in seen["record"]["embed"]["images"]] == ["A picture"]


async def test_post_with_only_an_unsupported_media_item_is_rejected(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account(platform="twitter")
    document = {"kind": "document", "url": "https://documents.example/1.pdf"}
    body = {"targets": [{"accountId": account_id}], "text": "Read", "media": [document]}
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body)
    check_refusal(reply, 400, "preflight_failed", "twitter.media.kind_supported")


async def test_unsupported_thread_is_rejected_or_omitted(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account(platform=NO_THREADS)
    body = {"targets": [{"accountId": account_id}], "text": "One", "thread": [{"text": "Two"}, {"text": "Three"}]}
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body)
    check_refusal(reply, 400, "preflight_failed", f"{NO_THREADS}.thread.supported")
    body |= {"onUnsupported": "omit", "scheduledAt": soon(3600)}
    reply = await tenant.client.post("/v1/posts", body)
    assert reply.status_code == 202, reply.text
    [result] = reply.json()["results"]
    assert _warned(result) == [(f"{NO_THREADS}.thread.supported", "thread")]
    assert "thread" not in (await tenant.client.get(f"/v1/posts/{result['postId']}")).json()


async def test_one_target_without_support_rejects_the_whole_request(tenant: Tenant, account_id: str) -> None:
    other = await tenant.client.sandbox_account(platform=NO_THREADS)
    body = {"targets": [{"accountId": account_id}, {"accountId": other}], "text": "One", "thread": [{"text": "Two"}]}
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body)
    error = check_refusal(reply, 400, "preflight_failed", f"{NO_THREADS}.thread.supported")
    assert [(violation["target"], violation["accountId"]) for violation in error["violations"]] == [(1, other)]


async def test_target_with_nothing_left_is_rejected(tenant: Tenant, account_id: str) -> None:
    media = [await _document(tenant.client)]
    body = {"targets": [{"accountId": account_id}], "media": media, "onUnsupported": "omit"}
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body)
    check_refusal(reply, 400, "preflight_failed", f"{PLATFORM}.text.non_empty")


async def test_media_that_every_target_omits_are_not_stored(tenant: Tenant, account_id: str) -> None:
    inline = {"bytesBase64": base64.b64encode(PDF).decode()}
    by_url = {"kind": "document", "url": "https://documents.example/1.pdf"}
    body = {"targets": [{"accountId": account_id}], "text": "Look", "media": [inline, by_url], "onUnsupported": "omit"}
    reply = await tenant.client.post("/v1/posts", body)
    assert _warned(reply.json()["results"][0]) == [(UNSUPPORTED, "media[0]"), (UNSUPPORTED, "media[1]")]
    assert (await tenant.client.get("/v1/media")).json()["data"] == []


async def test_each_request_of_a_bulk_has_its_own_choice(tenant: Tenant, account_id: str) -> None:
    body = await _body(tenant.client, account_id)
    reply = await tenant.client.post("/v1/posts/bulk", {"posts": [body, {**body, "onUnsupported": "omit"}]})
    refused, accepted = reply.json()["data"]
    assert (refused["status"], _violated(refused["body"]["error"])) == (400, [(UNSUPPORTED, "media[1]")])
    assert (accepted["status"], _warned(accepted["body"]["results"][0])) == (202, [(UNSUPPORTED, "media[1]")])


async def test_validation_reports_the_same_as_creating_the_post(tenant: Tenant, account_id: str) -> None:
    body = await _body(tenant.client, account_id)
    [rejected] = (await tenant.client.post("/v1/posts/validate", body)).json()["targets"]
    assert (rejected["valid"], _violated(rejected)) == (False, [(UNSUPPORTED, "media[1]")])
    assert "preview" not in rejected
    body["onUnsupported"] = "omit"
    [accepted] = (await tenant.client.post("/v1/posts/validate", body)).json()["targets"]
    assert accepted["valid"]
    assert [(found["rule"], found["field"]) for found in accepted["warnings"]] == [(UNSUPPORTED, "media[1]")]
    assert accepted["preview"]["body"] == {"mediaId": body["media"][0]["mediaId"], "bytes": len(png())}


async def _draft(client: Client, account_id: str, **changes: Any) -> dict[str, Any]:
    reply = await client.post("/v1/posts", await _body(client, account_id, draft=True, **changes))
    assert reply.status_code == 201, reply.text
    batch: dict[str, Any] = reply.json()
    return batch


async def test_change_of_a_draft_omits_like_its_request(tenant: Tenant, account_id: str) -> None:
    batch = await _draft(tenant.client, account_id, onUnsupported="omit")
    post = f"/v1/posts/{batch['results'][0]['postId']}"
    picture = await _picture(tenant.client)
    media = [await _document(tenant.client), picture]
    changed = await tenant.client.call("PATCH", post, {"media": media})
    assert changed.status_code == 200, changed.text
    assert _warned(changed.json()) == [(UNSUPPORTED, "media[0]")]
    assert [ref["mediaId"] for ref in changed.json()["mediaRefs"]] == [picture["mediaId"]]


async def test_change_of_another_field_keeps_the_warning_until_the_post_is_published(
    tenant: Tenant, account_id: str
) -> None:
    batch = await _draft(tenant.client, account_id, onUnsupported="omit")
    post_id = batch["results"][0]["postId"]
    changed = await tenant.client.call("PATCH", f"/v1/posts/{post_id}", {"text": "In other words"})
    assert _warned(changed.json()) == [(UNSUPPORTED, "media[1]")]
    published = await tenant.client.post(f"/v1/batches/{batch['id']}/publish")
    assert published.status_code in {200, 202}, published.text
    post = await tenant.settled(post_id)
    assert (post["status"], _warned(post)) == ("published", [(UNSUPPORTED, "media[1]")])
    [seen] = await tenant.followers_see()
    assert (seen["text"], len(seen["record"]["embed"]["images"])) == ("In other words", 1)


async def test_change_that_replaces_the_omitted_item_ends_its_warning(tenant: Tenant, account_id: str) -> None:
    batch = await _draft(tenant.client, account_id, onUnsupported="omit")
    post = f"/v1/posts/{batch['results'][0]['postId']}"
    changed = await tenant.client.call("PATCH", post, {"media": [await _picture(tenant.client)]})
    assert _warned(changed.json()) == []


async def test_unsupported_change_is_rejected_unless_the_request_allowed_omissions(
    tenant: Tenant, account_id: str
) -> None:
    media = [await _picture(tenant.client)]
    batch = await _draft(tenant.client, account_id, media=media)
    post = f"/v1/posts/{batch['results'][0]['postId']}"
    change = {"media": [*media, await _document(tenant.client)]}
    before = (await tenant.client.get(post)).json()
    async with tenant.storing_nothing():
        reply = await tenant.client.call("PATCH", post, change)
    check_refusal(reply, 400, "preflight_failed", UNSUPPORTED)
    assert (await tenant.client.get(post)).json() == before


async def test_retry_keeps_the_warning(tenant: Tenant, account_id: str) -> None:
    body = await _body(tenant.client, account_id, onUnsupported="omit", scheduledAt=soon(3600))
    post_id = (await tenant.client.post("/v1/posts", body)).json()["results"][0]["postId"]
    assert (await tenant.client.call("DELETE", f"/v1/posts/{post_id}")).status_code == 200
    assert (await tenant.client.post(f"/v1/posts/{post_id}/retry")).status_code == 200
    post = await tenant.settled(post_id)
    assert (post["status"], _warned(post)) == ("published", [(UNSUPPORTED, "media[1]")])


async def test_on_unsupported_has_two_values(tenant: Tenant, account_id: str) -> None:
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "onUnsupported": "ignore"}
    check_refusal(await tenant.client.post("/v1/posts", body), 400, "validation_failed", "onUnsupported")


async def test_options_of_a_platform_without_target_are_rejected(tenant: Tenant, account_id: str) -> None:
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "options": {OTHER_PLATFORM: {}}}
    async with tenant.storing_nothing():
        created = await tenant.client.post("/v1/posts", body)
        validated = await tenant.client.post("/v1/posts/validate", body)
        [in_bulk] = (await tenant.client.post("/v1/posts/bulk", {"posts": [body]})).json()["data"]
    for reply in (created, validated):
        check_refusal(reply, 400, "validation_failed", f"options.{OTHER_PLATFORM}")
    assert (in_bulk["status"], in_bulk["body"]["error"]["rule"]) == (400, f"options.{OTHER_PLATFORM}")


async def test_options_of_a_platform_without_target_are_a_warning_when_omissions_are_allowed(
    tenant: Tenant, account_id: str
) -> None:
    options = {OTHER_PLATFORM: {}, PLATFORM: {"langs": ["en"]}}
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "options": options, "onUnsupported": "omit"}
    reply = await tenant.client.post("/v1/posts", body)
    assert reply.json()["status"] == "published", reply.text
    assert _warned(reply.json()["results"][0]) == [("options.no_target", f"options.{OTHER_PLATFORM}")]


async def test_options_are_used_where_a_target_overrides_them(tenant: Tenant, account_id: str) -> None:
    """A target of the platform exists, so the default is not a mistake."""
    target = {"accountId": account_id, "options": {"langs": ["de"]}}
    body = {"targets": [target], "text": "Hallo", "options": {PLATFORM: {"langs": ["en"]}}}
    assert (await tenant.client.post("/v1/posts", body)).json()["status"] == "published"


@pytest.mark.parametrize("on_unsupported", ["reject", "omit"])
async def test_kind_that_differs_from_the_bytes_rejects_the_post(
    tenant: Tenant, account_id: str, on_unsupported: str
) -> None:
    stored = {"kind": "video", "mediaId": await upload(tenant.client)}
    inline = {"kind": "document", "bytesBase64": base64.b64encode(png()).decode()}
    body = {
        "targets": [{"accountId": account_id}],
        "text": "Look",
        "media": [stored],
        "thread": [{"text": "And", "media": [inline]}],
        "onUnsupported": on_unsupported,
    }
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body)
        [verdict] = (await tenant.client.post("/v1/posts/validate", body)).json()["targets"]
    error = check_refusal(reply, 400, "preflight_failed", "media.kind_mismatch")
    wrong = {("media.kind_mismatch", "media[0].kind"), ("media.kind_mismatch", "thread[0].media[0].kind")}
    assert set(_violated(error)[:2]) == wrong
    assert set(_violated(verdict)[:2]) == wrong


async def test_change_with_a_kind_that_differs_from_the_bytes_is_rejected(tenant: Tenant, account_id: str) -> None:
    batch = await _draft(tenant.client, account_id, onUnsupported="omit")
    post = f"/v1/posts/{batch['results'][0]['postId']}"
    media = [{"kind": "video", "mediaId": await upload(tenant.client)}]
    reply = await tenant.client.call("PATCH", post, {"media": media})
    check_refusal(reply, 400, "preflight_failed", "media.kind_mismatch")


@pytest.mark.parametrize("on_unsupported", ["reject", "omit"])
async def test_url_that_leads_to_another_kind_rejects_the_post(
    tenant: Tenant, account_id: str, on_unsupported: str
) -> None:
    async with serving(Response(PDF, media_type="image/png")) as url:
        media = [{"kind": "image", "url": f"{url}/picture.png"}]
        body = {"targets": [{"accountId": account_id}], "text": "Look", "media": media, "onUnsupported": on_unsupported}
        reply = await tenant.client.post("/v1/posts", body)
    [result] = reply.json()["results"]
    assert (result["status"], result["error"]["rule"]) == ("rejected", "media.kind_mismatch"), reply.text
    assert await tenant.followers_see() == []


async def test_url_of_a_scheduled_post_that_leads_to_another_kind_rejects_it_before_it_is_due(
    tenant: Tenant, account_id: str
) -> None:
    async with serving(Response(PDF)) as url:
        media = [{"kind": "image", "url": f"{url}/picture.png"}]
        body = {"targets": [{"accountId": account_id}], "text": "Look", "media": media, "scheduledAt": soon(86_400)}
        post_id = (await tenant.client.post("/v1/posts", body)).json()["results"][0]["postId"]
        post = await tenant.settled(post_id)
    assert (post["status"], post["error"]["rule"]) == ("rejected", "media.kind_mismatch")


async def test_kind_is_that_of_the_bytes_when_omitted(tenant: Tenant, account_id: str) -> None:
    media = [{"mediaId": await upload(tenant.client)}, {"bytesBase64": base64.b64encode(png(4, 3)).decode()}]
    body = {"targets": [{"accountId": account_id}], "text": "Look", "media": media}
    reply = await tenant.client.post("/v1/posts", body)
    assert reply.json()["status"] == "published", reply.text
    post = await tenant.client.get(f"/v1/posts/{reply.json()['results'][0]['postId']}")
    assert [ref["kind"] for ref in post.json()["mediaRefs"]] == ["image", "image"]
    [seen] = await tenant.followers_see()
    assert len(seen["record"]["embed"]["images"]) == 2
    document = {"mediaId": await upload(tenant.client, PDF, "deck.pdf")}
    async with tenant.storing_nothing():
        refused = await tenant.client.post("/v1/posts", {**body, "media": [document]})
    check_refusal(refused, 400, "preflight_failed", UNSUPPORTED)


async def test_kind_may_be_omitted_in_a_change(tenant: Tenant, account_id: str) -> None:
    batch = await _draft(tenant.client, account_id, onUnsupported="omit")
    post = f"/v1/posts/{batch['results'][0]['postId']}"
    media = [{"bytesBase64": base64.b64encode(png(4, 3)).decode()}]
    changed = await tenant.client.call("PATCH", post, {"media": media})
    assert changed.status_code == 200, changed.text
    assert [ref["kind"] for ref in changed.json()["mediaRefs"]] == ["image"]


async def test_kind_is_required_before_the_bytes_are_known(tenant: Tenant, account_id: str) -> None:
    announced = {"filename": "a.png", "contentType": "image/png", "sizeBytes": len(png())}
    upload_id = (await tenant.client.post("/v1/media/uploads", announced)).json()["id"]
    for item, rule in (
        ({"url": "https://pictures.example/a.png"}, "media[0].kind"),
        ({"mediaId": upload_id}, "media.kind_required"),
    ):
        body = {"targets": [{"accountId": account_id}], "text": "Look", "media": [item]}
        async with tenant.storing_nothing():
            reply = await tenant.client.post("/v1/posts", body)
        check_refusal(reply, 400, "validation_failed", rule)
