"""Images: followers see exactly the bytes that were sent."""

from hashlib import sha256

import httpx2

from tests.deployment import Client
from tests.pds.authors import Author
from tests.pds.images import inline, picture
from tests.pds.network import Network


async def upload(client: Client, data: bytes) -> str:
    """Return the id of an uploaded file."""
    headers = {"authorization": f"Bearer {client.key}"}
    reply: httpx2.Response = await client.http.post("/v1/media", files={"file": data}, headers=headers)
    assert reply.status_code == 201, reply.text
    media_id: str = reply.json()["id"]
    return media_id


async def test_image_arrives_byte_for_byte_with_its_alt_text(author: Author, network: Network) -> None:
    data = picture("PNG", 400, 300)
    result = await author.publish("A picture", media=[inline(data, "Noise, 🎨 in colour")])
    [image] = (await network.value(result["uri"]))["embed"]["images"]
    assert image["alt"] == "Noise, 🎨 in colour"
    assert image["aspectRatio"] == {"width": 400, "height": 300}
    assert image["image"]["mimeType"] == "image/png"
    assert image["image"]["size"] == len(data)
    stored = await network.blob(author.person, image["image"]["ref"]["$link"])
    assert sha256(stored).hexdigest() == sha256(data).hexdigest()


async def test_four_images_of_four_types_keep_their_order(author: Author, network: Network) -> None:
    kinds = ("JPEG", "PNG", "WEBP", "GIF")
    files = [picture(kind, 200 + number, 100) for number, kind in enumerate(kinds)]
    media = [
        {"kind": "image", "mediaId": await upload(author.client, data), "altText": kind}
        for kind, data in zip(kinds, files, strict=True)
    ]
    result = await author.publish("", media=media)
    embed = (await network.value(result["uri"]))["embed"]
    assert embed["$type"] == "app.bsky.embed.images"
    assert [image["alt"] for image in embed["images"]] == list(kinds)
    assert [image["image"]["mimeType"] for image in embed["images"]] == [f"image/{kind.lower()}" for kind in kinds]
    assert [image["aspectRatio"]["width"] for image in embed["images"]] == [200, 201, 202, 203]
    stored = [await network.blob(author.person, image["image"]["ref"]["$link"]) for image in embed["images"]]
    assert stored == files
    assert [warning["code"] for warning in result["warnings"]] == ["bluesky.media.gif_static"]


async def test_each_part_of_a_thread_shows_its_own_image(author: Author, network: Network) -> None:
    files = [picture("PNG", 50 + number, 40) for number in range(3)]
    result = await author.publish(
        "One",
        media=[inline(files[0])],
        thread=[{"text": f"{data[:4]!r}", "media": [inline(data)]} for data in files[1:]],
    )
    uris = [result["uri"], *(part["uri"] for part in result["thread"])]
    for uri, data in zip(uris, files, strict=True):
        [image] = (await network.value(uri))["embed"]["images"]
        assert await network.blob(author.person, image["image"]["ref"]["$link"]) == data
        assert image["alt"] == ""


async def test_images_with_a_quote_and_a_thumbnail_on_a_card_are_shown(author: Author, network: Network) -> None:
    thumbnail, shown = picture("JPEG", 120, 63), picture("PNG", 30, 30)
    card = {"url": "https://example.org", "title": "T", "thumbnail": await upload(author.client, thumbnail)}
    quoted = await author.publish("Card", options={"linkCard": card})
    external = (await network.value(quoted["uri"]))["embed"]["external"]
    assert await network.blob(author.person, external["thumb"]["ref"]["$link"]) == thumbnail
    assert external["description"] == ""
    reference = {"uri": quoted["uri"], "cid": quoted["cid"]}
    result = await author.publish("Both", media=[inline(shown)], options={"quote": reference})
    embed = (await network.value(result["uri"]))["embed"]
    assert embed["$type"] == "app.bsky.embed.recordWithMedia"
    assert embed["record"]["record"] == reference
    [image] = embed["media"]["images"]
    assert await network.blob(author.person, image["image"]["ref"]["$link"]) == shown


async def test_image_of_almost_two_million_bytes_arrives(author: Author, network: Network) -> None:
    data = picture("PNG", 800, 830)
    assert 1_990_000 < len(data) < 2_000_000
    result = await author.publish("Almost too big", media=[inline(data)])
    [image] = (await network.value(result["uri"]))["embed"]["images"]
    assert await network.blob(author.person, image["image"]["ref"]["$link"]) == data


async def test_image_above_two_million_bytes_is_rejected_before_it_is_sent(author: Author, network: Network) -> None:
    """The limit of the preflight check is that of the server: `test_simulator_agrees.py` puts such an image there."""
    data = picture("PNG", 800, 840)
    assert 2_000_000 < len(data) < 2_100_000
    before = len(await network.posts(author.person))
    reply = await author.client.post(
        "/v1/posts", {"targets": [{"accountId": author.account_id}], "text": "Too big", "media": [inline(data)]}
    )
    [violation] = reply.json()["error"]["violations"]
    assert violation["rule"] == "bluesky.media.image_size_max", violation
    assert len(await network.posts(author.person)) == before
