"""Videos on the account's own server: followers see exactly the bytes that were sent."""

import base64
from hashlib import sha256

from tests.gateways.movies import movie
from tests.pds.authors import Author
from tests.pds.network import Network
from tests.pds.test_images import upload

MOVIE = movie(channels=2)


async def test_video_arrives_byte_for_byte_with_its_alt_text_and_a_warning(author: Author, network: Network) -> None:
    item = {"kind": "video", "bytesBase64": base64.b64encode(MOVIE).decode(), "altText": "A black film, 🎬"}
    result = await author.publish("A film", media=[item])
    embed = (await network.value(result["uri"]))["embed"]
    assert embed["$type"] == "app.bsky.embed.video"
    assert (embed["alt"], embed["aspectRatio"]) == ("A black film, 🎬", {"width": 108, "height": 192})
    assert (embed["video"]["mimeType"], embed["video"]["size"]) == ("video/mp4", len(MOVIE))
    stored = await network.blob(author.person, embed["video"]["ref"]["$link"])
    assert sha256(stored).hexdigest() == sha256(MOVIE).hexdigest()
    assert [warning["code"] for warning in result["warnings"]] == ["bluesky.video.unconfirmed"]


async def test_each_part_of_a_thread_shows_its_own_video(author: Author, network: Network) -> None:
    films = [movie(frames=frames) for frames in (10, 20)]
    media = [{"kind": "video", "mediaId": await upload(author.client, film)} for film in films]
    result = await author.publish("One", media=[media[0]], thread=[{"text": "Two", "media": [media[1]]}])
    uris = [result["uri"], *(part["uri"] for part in result["thread"])]
    for uri, film in zip(uris, films, strict=True):
        video = (await network.value(uri))["embed"]["video"]
        assert await network.blob(author.person, video["ref"]["$link"]) == film


async def test_video_over_the_limit_of_the_server_is_rejected_before_it_is_sent(
    author: Author, network: Network
) -> None:
    limit = (await network.get("com.atproto.server.describeServer"))["blobUploadLimit"]
    film = MOVIE + (limit + 8 - len(MOVIE)).to_bytes(4) + b"free" + bytes(limit)
    item = {"kind": "video", "mediaId": await upload(author.client, film)}
    result = await author.result("Too large", media=[item])
    assert (result["status"], result["error"]["rule"]) == ("rejected", "bluesky.media.video_size_max")
    assert str(limit) in result["error"]["message"]
    assert "Too large" not in [post["value"]["text"] for post in await network.posts(author.person)]
