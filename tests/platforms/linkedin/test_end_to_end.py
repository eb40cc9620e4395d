"""Every kind of post from the request to what followers see: HTTP, PostgreSQL, a worker and the simulator."""

import asyncio
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from letmepost.domain.received import Checksum
from letmepost.gateways.clock import SystemClock
from tests.deployment import Client, Deployment
from tests.doubles.waiting import eventually
from tests.gateways.movies import box, movie
from tests.platforms.sandbox_posts import check_page

pytestmark = pytest.mark.slow

NAME = "linkedin"
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
FILM = movie(width_px=144, height_px=256, frames=90) + box(b"free", bytes(75_000))
SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello.\n"
POLL = {"question": "Which?", "options": ["This", "That"], "duration": "ONE_DAY"}


def png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 48), "navy").save(file, "PNG")
    return file.getvalue()


async def upload(client: Client, name: str, data: bytes) -> str:
    headers = {"authorization": f"Bearer {client.key}"}
    reply = await client.http.post("/v1/media", files={"file": (name, data)}, headers=headers)
    assert reply.status_code == 201, reply.text
    media_id: str = reply.json()["id"]
    return media_id


async def account(client: Client, scenario: str = "ok") -> dict[str, Any]:
    reply = await client.post("/v1/sandbox/accounts", {"platform": NAME, "scenario": scenario})
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def test_authors_of_an_account_are_listed(deployment: Deployment) -> None:
    client = await deployment.client()
    made = await account(client)
    reply = await client.get(f"/v1/accounts/{made['id']}/authors")
    assert reply.status_code == 200, reply.text
    author = {"author": made["platformAccountId"], "kind": "member", "name": made["displayName"]}
    assert reply.json() == {"data": [author]}


async def accept(client: Client, account_id: str, body: dict[str, Any]) -> str:
    """Send a post that is accepted, and return its batch's id."""
    options = {"options": body["options"]} if "options" in body else {}
    rest = {name: value for name, value in body.items() if name != "options"}
    wanted = {"targets": [{"accountId": account_id, **options}], **rest}
    reply = await client.post("/v1/posts", wanted, prefer="respond-async")
    assert reply.status_code == 202, reply.text
    batch_id: str = reply.json()["id"]
    return batch_id


async def outcomes(client: Client, batch_ids: list[str]) -> list[dict[str, Any]]:
    """Return the results when nothing is left to do. The clock is advanced: waits are not tested here."""

    async def look() -> list[dict[str, Any]]:
        await client.post("/v1/sandbox/clock", {"advanceS": 5})
        found = [(await client.get(f"/v1/batches/{batch_id}")).json()["results"][0] for batch_id in batch_ids]
        is_over = all(result["status"] not in {"queued", "publishing", "retrying"} for result in found)
        return found if is_over else []

    return await eventually(look, within_s=30)


def kinds(image: str, other: str, document: str, video: str) -> dict[str, dict[str, Any]]:
    """Return a body for each kind of content, by the text that followers will see."""
    link = {"url": "https://example.com", "title": "A", "description": "About", "thumbnail": image}
    return {
        "text (with) #tags_too": {},
        "one image": {"media": [{"kind": "image", "mediaId": image, "altText": "navy"}]},
        "two images": {"media": [{"kind": "image", "mediaId": item} for item in (image, other)]},
        "document": {"media": [{"kind": "document", "mediaId": document}], "options": {"documentTitle": "Deck"}},
        "video": {
            "media": [{"kind": "video", "mediaId": video, "title": "A film"}],
            "options": {"captions": SRT},
        },
        "article": {"options": {"article": link}},
        "poll": {"options": {"poll": POLL}},
        "comment": {"firstComment": {"text": "and (more)"}},
    }


async def test_author_that_the_account_may_not_use_is_rejected_when_the_post_is_sent(deployment: Deployment) -> None:
    client = await deployment.client()
    member = await account(client)
    target = {"accountId": member["id"], "options": {"author": "urn:li:organization:1"}}
    reply = await client.post("/v1/posts", {"targets": [target], "text": "hello"})
    assert reply.status_code == 400, reply.text
    [violation] = reply.json()["error"]["violations"]
    assert (violation["rule"], violation["field"]) == ("linkedin.author.unresolved", "options.author")


FILES = (("a.png", png()), ("b.png", png()), ("c.pdf", PDF), ("d.mp4", FILM))


async def test_every_kind_of_post_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    client = await deployment.client()
    member = await account(client)
    assert member["platformAccountId"].startswith("urn:li:person:")
    assert member["tokenExpiresAt"]
    media = [await upload(client, name, data) for name, data in FILES]
    bodies = [{"text": text, **body} for text, body in kinds(*media).items()]
    tomorrow = (SystemClock().now() + timedelta(days=1)).isoformat()
    bodies += [{**body, "text": f"{body['text']}, later", "scheduledAt": tomorrow} for body in bodies]
    batches = await asyncio.gather(*(accept(client, member["id"], body) for body in bodies))
    await client.post("/v1/sandbox/clock", {"advanceS": 86_400})
    results = await outcomes(client, batches)
    assert {result["status"] for result in results} == {"published"}, results
    for result in results:
        check_page(result["url"], NAME, result["uri"])
    wanted = sorted([*(body["text"] for body in bodies), *["and (more)"] * 2])

    async def all_is_seen() -> bool:
        seen = (await client.get(f"/v1/sandbox/{NAME}/posts")).json()["data"]
        return sorted(post["text"] for post in seen) == wanted

    await eventually(all_is_seen)
    seen = (await client.get(f"/v1/sandbox/{NAME}/posts")).json()["data"]
    films = [post["record"] for post in seen if post["text"].startswith("video")]
    assert [film["video"] for film in films] == [{"sizeBytes": len(FILM), "checksum": str(Checksum.of(FILM))}] * 2
    assert [film["captions"]["sizeBytes"] for film in films] == [len(SRT)] * 2
    await client.post(f"/v1/posts/{results[0]['postId']}/unpublish")
    left = (await client.get(f"/v1/sandbox/{NAME}/posts")).json()["data"]
    assert results[0]["uri"] not in {post["uri"] for post in left}


async def test_lost_post_is_published_once(deployment: Deployment) -> None:
    """The worker repeats the post a minute later, and LinkedIn's refusal names the first one."""
    client = await deployment.client()
    member = await account(client, "timeout_after_publish")
    body = {"targets": [{"accountId": member["id"]}], "text": "once"}
    reply = await client.post("/v1/posts", body, prefer="respond-async")
    post_id = reply.json()["results"][0]["postId"]

    async def status() -> str:
        found: str = (await client.get(f"/v1/posts/{post_id}")).json()["status"]
        return found

    async def is_in_doubt() -> bool:
        return await status() == "retrying"

    async def is_out() -> bool:
        return await status() == "published"

    await eventually(is_in_doubt)
    await client.post("/v1/sandbox/clock", {"advanceS": 90})
    await eventually(is_out)
    [seen] = (await client.get(f"/v1/sandbox/{NAME}/posts")).json()["data"]
    assert (await client.get(f"/v1/posts/{post_id}")).json()["platformUri"] == seen["uri"]
