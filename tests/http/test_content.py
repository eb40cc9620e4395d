"""Published content: defaults and overrides, threads, comments, options and media items."""

import base64
from typing import Any

import pytest
from starlette.responses import Response

from tests.deployment import Client, serving
from tests.doubles.waiting import eventually
from tests.http.support import PLATFORM, Tenant, moment, png, soon, upload

_LINK = {"url": "https://letmepost.example/page", "title": "A page", "description": "What it says"}


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


async def _publish(tenant: Tenant, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Send a request that must succeed; return its results."""
    reply = await tenant.client.post("/v1/posts", body)
    assert (reply.status_code, reply.json()["status"]) == (200, "published"), reply.text
    results: list[dict[str, Any]] = reply.json()["results"]
    return results


async def test_override_replaces_the_default_of_its_target_only(tenant: Tenant) -> None:
    plain, other = [await tenant.client.sandbox_account() for _ in range(2)]
    picture = {"kind": "image", "mediaId": await upload(tenant.client), "altText": "A default"}
    own = {"kind": "image", "mediaId": await upload(tenant.client, png(9, 9)), "altText": "Its own"}
    results = await _publish(
        tenant,
        {
            "targets": [
                {"accountId": plain},
                {
                    "accountId": other,
                    "text": "For you",
                    "media": [own],
                    "firstComment": {"text": "Yours"},
                    "thread": [{"text": "And more"}],
                    "options": {"langs": ["de"]},
                },
            ],
            "text": "For all",
            "media": [picture],
            "firstComment": {"text": "Ours"},
            "thread": [{"text": "One"}, {"text": "Two"}],
            "options": {PLATFORM: {"langs": ["en"]}},
        },
    )
    seen = {post["uri"]: post for post in await tenant.followers_see()}
    texts = {
        result["accountId"]: [post["text"] for post in seen.values() if post["accountId"] == result["accountId"]]
        for result in results
    }
    assert texts == {plain: ["For all", "One", "Two", "Ours"], other: ["For you", "And more", "Yours"]}
    records = [seen[result["uri"]]["record"] for result in results]
    assert [record["langs"] for record in records] == [["en"], ["de"]]
    assert [[image["alt"] for image in record["embed"]["images"]] for record in records] == [["A default"], ["Its own"]]
    assert [record["embed"]["images"][0]["aspectRatio"] for record in records] == [
        {"width": 3, "height": 2},
        {"width": 9, "height": 9},
    ]


@pytest.mark.parametrize("nothing", [None, []])
async def test_empty_override_removes_the_default(tenant: Tenant, account_id: str, nothing: list[Any] | None) -> None:
    target = {"accountId": account_id, "media": nothing, "thread": nothing, "firstComment": None, "options": None}
    [result] = await _publish(
        tenant,
        {
            "targets": [target],
            "text": "Alone",
            "media": [{"kind": "image", "mediaId": await upload(tenant.client)}],
            "firstComment": {"text": "Ours"},
            "thread": [{"text": "One"}],
            "options": {PLATFORM: {"langs": ["en"]}},
        },
    )
    [seen] = await tenant.followers_see()
    assert seen["text"] == "Alone"
    assert not {"embed", "langs"} & set(seen["record"])
    assert not {"firstCommentUri", "thread", "warnings"} & set(result)


async def test_text_can_be_removed_when_other_content_is_left(tenant: Tenant, account_id: str) -> None:
    picture = {"kind": "image", "mediaId": await upload(tenant.client)}
    await _publish(
        tenant, {"targets": [{"accountId": account_id, "text": None, "media": [picture]}], "text": "For all"}
    )
    [seen] = await tenant.followers_see()
    assert seen["text"] == ""


async def test_thread_is_a_chain_of_replies_and_the_comment_replies_to_its_first_post(
    tenant: Tenant, account_id: str
) -> None:
    [result] = await _publish(
        tenant,
        {
            "targets": [{"accountId": account_id}],
            "text": "One",
            "thread": [{"text": "Two"}, {"text": "Three"}],
            "firstComment": {"text": "First!"},
        },
    )
    seen = {post["text"]: post for post in await tenant.followers_see()}
    assert list(seen) == ["One", "Two", "Three", "First!"]
    assert [seen[text]["replyTo"] for text in seen] == [
        None,
        seen["One"]["uri"],
        seen["Two"]["uri"],
        seen["One"]["uri"],
    ]
    assert result["uri"] == seen["One"]["uri"]
    assert [part["uri"] for part in result["thread"]] == [seen["Two"]["uri"], seen["Three"]["uri"]]
    assert all(part["cid"] and part["url"] for part in result["thread"])
    assert result["firstCommentUri"] == seen["First!"]["uri"]


async def test_longest_thread_is_published_completely(tenant: Tenant, account_id: str) -> None:
    thread = [{"text": f"Part {number}"} for number in range(24)]
    [result] = await _publish(tenant, {"targets": [{"accountId": account_id}], "text": "Start", "thread": thread})
    assert len(result["thread"]) == 24
    assert [post["text"] for post in await tenant.followers_see()] == ["Start", *(part["text"] for part in thread)]


async def test_link_card_has_the_values_of_the_request(tenant: Tenant, account_id: str) -> None:
    card = {**_LINK, "thumbnail": await upload(tenant.client)}
    await _publish(tenant, {"targets": [{"accountId": account_id, "options": {"linkCard": card}}], "text": "Look"})
    [seen] = await tenant.followers_see()
    embed = seen["record"]["embed"]
    assert embed["$type"] == "app.bsky.embed.external"
    assert {name: embed["external"][name] for name in ("uri", "title", "description")} == {
        "uri": _LINK["url"],
        "title": _LINK["title"],
        "description": _LINK["description"],
    }
    assert embed["external"]["thumb"]["mimeType"] == "image/png"


async def test_links_mentions_and_hashtags_are_marked_by_byte_offset(tenant: Tenant, account_id: str) -> None:
    handle = (await tenant.client.get(f"/v1/accounts/{account_id}")).json()["handle"]
    text = f"👋🏽 @{handle} see https://letmepost.example/ä #grüße"
    await _publish(tenant, {"targets": [{"accountId": account_id}], "text": text})
    [seen] = await tenant.followers_see()
    raw = text.encode()
    marked = {
        facet["features"][0]["$type"].rpartition("#")[2]: raw[
            facet["index"]["byteStart"] : facet["index"]["byteEnd"]
        ].decode()
        for facet in seen["record"]["facets"]
    }
    assert marked == {"mention": f"@{handle}", "link": "https://letmepost.example/ä", "tag": "#grüße"}


async def test_reply_and_quote_refer_to_the_other_post(tenant: Tenant, account_id: str) -> None:
    [first] = await _publish(tenant, {"targets": [{"accountId": account_id}], "text": "First"})
    reference = {"uri": first["uri"], "cid": first["cid"]}
    await _publish(
        tenant, {"targets": [{"accountId": account_id, "options": {"replyTo": reference}}], "text": "An answer"}
    )
    await _publish(tenant, {"targets": [{"accountId": account_id, "options": {"quote": reference}}], "text": "See"})
    seen = {post["text"]: post for post in await tenant.followers_see()}
    assert seen["An answer"]["replyTo"] == first["uri"]
    assert seen["See"]["record"]["embed"]["record"] == reference


async def test_pictures_are_sent_by_id_by_value_and_by_url(tenant: Tenant, account_id: str) -> None:
    async with serving(Response(png(7, 5, "blue"), media_type="application/octet-stream")) as url:
        sources: list[dict[str, str]] = [
            {"mediaId": await upload(tenant.client, png(3, 2))},
            {"bytesBase64": base64.b64encode(png(4, 3)).decode()},
            {"url": f"{url}/picture"},
        ]
        media = [
            {"kind": "image", "altText": f"Number {number}", **source} for number, source in enumerate(sources, start=1)
        ]
        reply = await tenant.client.post(
            "/v1/posts", {"targets": [{"accountId": account_id}], "text": "Three", "media": media}
        )
    assert reply.json()["status"] == "published", reply.text
    assert sources[1]["bytesBase64"] not in reply.text
    [seen] = await tenant.followers_see()
    images = seen["record"]["embed"]["images"]
    assert [(image["alt"], image["aspectRatio"]["width"], image["image"]["mimeType"]) for image in images] == [
        ("Number 1", 3, "image/png"),
        ("Number 2", 4, "image/png"),
        ("Number 3", 7, "image/png"),
    ]
    post = (await tenant.client.get(f"/v1/posts/{reply.json()['results'][0]['postId']}")).json()
    assert [ref["altText"] for ref in post["mediaRefs"]] == ["Number 1", "Number 2", "Number 3"]
    stored = {item["id"]: item for item in (await tenant.client.get("/v1/media")).json()["data"]}
    assert {ref["mediaId"] for ref in post["mediaRefs"]} == set(stored)
    assert {item["status"] for item in stored.values()} == {"ready"}
    assert all(len(item["sha256"]) == 64 for item in stored.values())


async def test_one_upload_is_used_by_every_target(tenant: Tenant) -> None:
    accounts = [await tenant.client.sandbox_account() for _ in range(2)]
    picture = {"kind": "image", "bytesBase64": base64.b64encode(png()).decode()}
    targets = [{"accountId": account_id} for account_id in accounts]
    await _publish(tenant, {"targets": targets, "text": "Hello", "media": [picture]})
    assert [len(post["record"]["embed"]["images"]) for post in await tenant.followers_see()] == [1, 1]


async def test_media_of_a_scheduled_post_are_fetched_immediately(tenant: Tenant, account_id: str) -> None:
    """The URL may become unreachable before the post is due."""
    async with serving(Response(png(7, 5))) as url:
        body = {
            "targets": [{"accountId": account_id}],
            "text": "Later",
            "media": [{"kind": "image", "url": f"{url}/picture"}],
            "scheduledAt": soon(8),
        }
        assert (await tenant.client.post("/v1/posts", body)).status_code == 202

        async def is_here() -> bool:
            [item] = (await tenant.client.get("/v1/media")).json()["data"]
            return bool(item["status"] == "ready")

        await eventually(is_here)
    assert await tenant.followers_see() == []


async def test_thread_with_an_unreachable_media_item_is_not_started(tenant: Tenant, account_id: str) -> None:
    async with serving(Response(status_code=404)) as url:
        body = {
            "targets": [{"accountId": account_id}],
            "text": "One",
            "thread": [{"text": "Two", "media": [{"kind": "image", "url": url}]}],
        }
        reply = await tenant.client.post("/v1/posts", body)
    assert [result["status"] for result in reply.json()["results"]] == ["rejected"]
    assert await tenant.followers_see() == []


async def test_post_is_read_with_the_content_of_its_request(tenant: Tenant, account_id: str) -> None:
    media_id = await upload(tenant.client)
    body: dict[str, Any] = {
        "targets": [{"accountId": account_id}],
        "text": "Hello",
        "media": [{"kind": "image", "mediaId": media_id, "altText": "A"}],
        "firstComment": {"text": "First!"},
        "thread": [{"text": "Two"}],
        "options": {PLATFORM: {"langs": ["en", "pt-BR"]}},
    }
    [result] = await _publish(tenant, body)
    post = (await tenant.client.get(f"/v1/posts/{result['postId']}")).json()
    assert post["text"] == "Hello"
    assert post["mediaRefs"] == [{"kind": "image", "mediaId": media_id, "altText": "A"}]
    assert post["firstComment"] == body["firstComment"]
    assert [part["text"] for part in post["thread"]] == ["Two"]
    assert post["options"] == body["options"][PLATFORM]
    assert post["platformUri"] == result["uri"]
    assert post["platformCid"] == result["cid"]
    assert post["scheduledAt"] is None
    assert moment(post["createdAt"]) <= moment(post["publishedAt"]) <= moment(post["updatedAt"])
