"""A deployment publishes to `mastodon-mock`, a server of another author, with a live key."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from letmepost.domain.api_keys import Mode
from letmepost.platforms.mastodon import PLATFORM
from tests.authors import Author, is_status
from tests.counterparts.gateway import Gateway, in_front_of
from tests.counterparts.mastodon_server import USERNAME
from tests.database import DatabaseURLs, copy_of
from tests.deployment import Deployment, deployed
from tests.faults.lineup import hurried
from tests.gateways.movies import movie
from tests.http.support import png

SERVER = "social.example"
CONNECT = "/v1/accounts/connect/mastodon"


@pytest.fixture(scope="module")
async def gateway_and_url(mastodon_url: str) -> AsyncIterator[tuple[Gateway, str]]:
    async with in_front_of(mastodon_url) as found:
        yield found


@pytest.fixture
def gateway(gateway_and_url: tuple[Gateway, str]) -> Gateway:
    """The proxy, with nothing to lose."""
    found, _ = gateway_and_url
    found.passed.clear()
    found.losing.clear()
    found.hides_timelines = False
    return found


@pytest.fixture(scope="module")
async def deployment(
    gateway_and_url: tuple[Gateway, str],
    template_database: DatabaseURLs,
    postgres_url: str,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Deployment]:
    """A deployment for which every Mastodon server is this one. It reconciles soon."""
    environment = {"LETMEPOST_MASTODON_SERVER_URL": gateway_and_url[1]}
    async with (
        copy_of(template_database, postgres_url) as urls,
        deployed(
            urls,
            redis_url,
            tmp_path_factory.mktemp("deployment"),
            environment=environment,
            platforms={PLATFORM.name: hurried(PLATFORM)},
            public_url="https://post.example",
        ) as found,
    ):
        yield found


@pytest.fixture
async def author(deployment: Deployment, http: httpx2.AsyncClient) -> Author:
    """The account of the server, connected by consent."""
    client = await deployment.client(Mode.LIVE)
    started = await client.post(CONNECT, {"server": f"@{USERNAME}@{SERVER}"})
    assert started.status_code == 200, started.text
    consent = urlsplit(started.json()["descriptor"]["authorizationUrl"])
    answer = await http.post(consent.path, data={**dict(parse_qsl(consent.query)), "username": USERNAME})
    brought = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    connected = await client.post(f"{CONNECT}/complete", brought)
    assert connected.status_code in {200, 201}, connected.text
    return Author(client=client, account_id=connected.json()["id"])


async def shown(http: httpx2.AsyncClient, uri: str) -> dict[str, Any]:
    """Return a status as the server shows it."""
    reply = await http.get(f"/api/v1/statuses/{uri}")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def texts(http: httpx2.AsyncClient) -> list[str]:
    """Return the texts of the account's timeline, newest first."""
    own = (await http.get("/api/v1/accounts/verify_credentials")).json()["id"]
    found = (await http.get(f"/api/v1/accounts/{own}/statuses", params={"limit": 40})).json()
    return [status["content"] for status in found]


async def test_account_is_connected_with_the_name_of_its_server(author: Author) -> None:
    account = await author.account()
    assert account["handle"] == f"{USERNAME}@{SERVER}"
    assert account["platformAccountId"].startswith(f"{SERVER}/")
    checked = await author.client.post(f"/v1/accounts/{author.account_id}/check")
    assert checked.json()["health"]["state"] == "healthy", checked.text


async def test_text_is_on_the_server(author: Author, http: httpx2.AsyncClient) -> None:
    result = await author.publish(
        "Grüße 👩‍👩‍👧 & <b> https://example.org/?a=1", options={"language": "de", "visibility": "unlisted"}
    )
    status = await shown(http, result["uri"])
    assert (status["language"], status["visibility"]) == ("de", "unlisted")
    assert status["url"] == result["url"]
    assert "Grüße 👩‍👩‍👧 &amp; &lt;b&gt;" in status["content"]


async def test_image_has_its_alt_text(author: Author, http: httpx2.AsyncClient) -> None:
    picture = {"kind": "image", "altText": "A red picture", "bytesBase64": base64.b64encode(png()).decode()}
    result = await author.publish("With a picture", media=[picture])
    [media] = (await shown(http, result["uri"]))["media_attachments"]
    assert (media["type"], media["description"]) == ("image", "A red picture")
    stored = await http.get(urlsplit(media["url"]).path)
    assert stored.content == png()


async def test_video_arrives_whole_with_its_alt_text(author: Author, http: httpx2.AsyncClient) -> None:
    film = movie(channels=2)
    item = {"kind": "video", "altText": "A black film", "bytesBase64": base64.b64encode(film).decode()}
    result = await author.publish("With a film", media=[item])
    [media] = (await shown(http, result["uri"]))["media_attachments"]
    assert (media["type"], media["description"]) == ("video", "A black film")
    assert (await http.get(urlsplit(media["url"]).path)).content == film


async def test_thread_is_a_chain_and_its_comment_a_reply_to_the_first_post(
    author: Author, http: httpx2.AsyncClient
) -> None:
    result = await author.publish(
        "One", thread=[{"text": "Two"}, {"text": "Three"}], firstComment={"text": "A comment"}
    )
    post = await author.post_when(result["postId"], lambda post: "firstCommentUri" in post)
    uris = [result["uri"], *(part["uri"] for part in post["threadResults"]), post["firstCommentUri"]]
    statuses = [await shown(http, uri) for uri in uris]
    assert [status["content"][3:-4] for status in statuses] == ["One", "Two", "Three", "A comment"]
    assert [status["in_reply_to_id"] for status in statuses] == [None, uris[0], uris[1], uris[0]]


async def test_poll_is_open_for_its_duration(author: Author, http: httpx2.AsyncClient) -> None:
    poll = {"options": ["Yes", "No"], "durationS": 3600, "multiple": True}
    result = await author.publish("Which?", options={"poll": poll})
    shown_poll = (await shown(http, result["uri"]))["poll"]
    assert [option["title"] for option in shown_poll["options"]] == ["Yes", "No"]
    assert (shown_poll["multiple"], shown_poll["expired"]) == (True, False)


async def test_content_warning_is_on_every_part(author: Author, http: httpx2.AsyncClient) -> None:
    result = await author.publish(
        "Behind", thread=[{"text": "Behind, too"}], options={"spoilerText": "Careful", "sensitive": True}
    )
    post = await author.post(result["postId"])
    for uri in (result["uri"], post["threadResults"][0]["uri"]):
        status = await shown(http, uri)
        assert (status["spoiler_text"], status["sensitive"]) == ("Careful", True)


async def test_unpublished_thread_is_gone(author: Author, http: httpx2.AsyncClient) -> None:
    result = await author.publish("Soon gone", thread=[{"text": "This, too"}])
    post = await author.post(result["postId"])
    reply = await author.client.post(f"/v1/posts/{result['postId']}/unpublish")
    assert reply.status_code == 200, reply.text
    uris = [result["uri"], *(part["uri"] for part in post["threadResults"])]
    assert [(await http.get(f"/api/v1/statuses/{uri}")).status_code for uri in uris] == [404, 404]


async def test_post_without_a_response_is_found_in_the_timeline(
    author: Author, http: httpx2.AsyncClient, gateway: Gateway
) -> None:
    gateway.losing.add(b"Lost, and found")
    post_id = await author.queue("Lost, and found", options={"spoilerText": "Careful"})
    post = await author.post_when(post_id, is_status("published"))
    assert "Lost, and found" in (await shown(http, post["platformUri"]))["content"]
    assert len(gateway.keys_of_posts()) == 1
    assert len([text for text in await texts(http) if "Lost, and found" in text]) == 1


async def test_post_that_the_timeline_does_not_show_is_not_published_twice(
    author: Author, http: httpx2.AsyncClient, gateway: Gateway
) -> None:
    """The server returns the first post for the repeated key."""
    gateway.losing.add(b"Lost, and hidden")
    gateway.hides_timelines = True
    post_id = await author.queue("Lost, and hidden")
    post = await author.post_when(post_id, is_status("published"))
    first, second = gateway.keys_of_posts()
    assert first == second
    assert "Lost, and hidden" in (await shown(http, post["platformUri"]))["content"]
    assert len([text for text in await texts(http) if "Lost, and hidden" in text]) == 1


async def test_account_with_a_revoked_token_must_be_connected_again(
    author: Author, http: httpx2.AsyncClient, gateway: Gateway
) -> None:
    await author.client.post(f"/v1/accounts/{author.account_id}/check")
    token = (gateway.passed[-1].authorization or "").removeprefix("Bearer ")
    await http.post("/oauth/revoke", data={"token": token})
    result = await author.result("Not published")
    assert result["error"]["code"] == "platform_auth_failed", result
    assert (await author.account())["status"] == "reauth_required"
    assert not [text for text in await texts(http) if "Not published" in text]


async def test_disconnecting_revokes_the_token(author: Author, http: httpx2.AsyncClient, gateway: Gateway) -> None:
    await author.client.post(f"/v1/accounts/{author.account_id}/check")
    headers = {"authorization": gateway.passed[-1].authorization or ""}
    read = "/api/v1/accounts/verify_credentials"
    before = await http.get(read, headers=headers)
    await author.client.call("DELETE", f"/v1/accounts/{author.account_id}")
    after = await http.get(read, headers=headers)
    assert (before.status_code, after.status_code) == (200, 401)
