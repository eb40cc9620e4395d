"""Connecting over real HTTP to malicious servers, and publishing every kind of content to the simulator."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from letmepost.domain.api_keys import Mode
from letmepost.domain.received import Checksum
from letmepost.gateways.clock import SystemClock
from tests.database import DatabaseURLs
from tests.deployment import Client, Deployment, deployed, serving
from tests.gateways.movies import movie
from tests.http.support import check_refusal, png, upload
from tests.platforms.sandbox_posts import play, send, until, visible

pytestmark = pytest.mark.slow

COMPLETE = "/v1/accounts/connect/bluesky/complete"
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
HANDLE = "alice.example.com"
PASSWORD = "abcd-efgh-ijkl-mnop"
NAME = "bluesky"
MOVIE = movie()


@dataclass
class Network:
    """A directory, a resolver, the real server of one account, and a server that claims to host it."""

    url: str = ""
    directory_status: int = 200
    signed_in: list[str] = field(default_factory=list)

    def document(self, server: str) -> Mapping[str, object]:
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": f"{self.url}/{server}"}
        return {"id": DID, "alsoKnownAs": [f"at://{HANDLE}"], "service": [service]}

    async def directory(self, request: Request) -> Response:
        if self.directory_status != 200 or request.path_params["did"] != DID:
            return JSONResponse({"message": "no"}, 404 if self.directory_status == 200 else self.directory_status)
        return JSONResponse(self.document("real"))

    async def resolve(self, _request: Request) -> Response:
        return JSONResponse({"did": DID})

    async def sign_in(self, request: Request) -> Response:
        server, given = request.path_params["server"], await request.json()
        if server == "real" and given["password"] != PASSWORD:
            status, name = (400, "InvalidRequest") if "+" in given["password"] else (401, "AuthenticationRequired")
            return JSONResponse({"error": name, "message": f"Not {given['password']}!"}, status)
        self.signed_in.append(server)
        tokens = {"accessJwt": f"access-{server}", "refreshJwt": f"refresh-{server}"}
        return JSONResponse({"did": DID, "handle": HANDLE, "didDoc": self.document(server), "active": True, **tokens})

    async def session(self, request: Request) -> Response:
        if request.headers["authorization"] != f"Bearer access-{request.path_params['server']}":
            return JSONResponse({"error": "InvalidToken", "message": "Token could not be verified"}, 400)
        return JSONResponse({"did": DID, "handle": HANDLE, "active": True})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/plc/{did}", self.directory),
                Route("/resolver/xrpc/com.atproto.identity.resolveHandle", self.resolve),
                Route("/{server}/xrpc/com.atproto.server.createSession", self.sign_in, methods=["POST"]),
                Route("/{server}/xrpc/com.atproto.server.getSession", self.session),
            ]
        )


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    made = Network()
    async with serving(made.app()) as url:
        made.url = url
        yield made


@pytest.fixture
async def running(
    network: Network, database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> AsyncIterator[Deployment]:
    environment = {
        "LETMEPOST_BLUESKY_PLC_URL": f"{network.url}/plc",
        "LETMEPOST_BLUESKY_RESOLVER_URL": f"{network.url}/resolver",
    }
    async with deployed(database_urls, redis_url, tmp_path, environment=environment, with_worker=False) as running:
        yield running


async def attack(client: Client, network: Network) -> httpx2.Response:
    form = {"identifier": HANDLE, "appPassword": "any-password-will-do", "pdsUrl": f"{network.url}/evil"}
    return await client.post(COMPLETE, form)


async def test_account_is_never_moved_to_a_server_that_only_claims_it(running: Deployment, network: Network) -> None:
    client = await running.client(Mode.LIVE)
    connected = await client.post(COMPLETE, {"identifier": HANDLE, "appPassword": PASSWORD})
    assert connected.status_code == 201, connected.text
    account = f"/v1/accounts/{connected.json()['id']}"
    before = (await client.get(account)).json()
    expected = {200: 400, 404: 400, 410: 400, 429: 503, 500: 503, 502: 503, 503: 503}
    for directory_status, status in expected.items():
        network.directory_status = directory_status
        reply = await attack(client, network)
        assert reply.status_code == status, reply.text
        assert reply.json()["error"]["code"] == ("platform_rejected" if status == 400 else "platform_unavailable")
        assert (await client.get(account)).json() == before
    assert network.signed_in == ["real", *["evil"] * len(expected)]
    network.directory_status = 200
    assert (await client.post(f"{account}/check")).json()["health"]["state"] == "healthy"


async def test_unconnected_account_cannot_be_claimed(running: Deployment, network: Network) -> None:
    client = await running.client(Mode.LIVE)
    for network.directory_status in (200, 404, 410, 429, 500):
        assert (await attack(client, network)).status_code in {400, 503}
    assert (await client.get("/v1/accounts")).json()["data"] == []


@pytest.mark.parametrize("password", ["wrong-app-pass-word", 'my+own "passw/ord"'])
async def test_echoed_app_password_is_never_shown(
    running: Deployment, network: Network, capsys: pytest.CaptureFixture[str], password: str
) -> None:
    client = await running.client(Mode.LIVE)
    form = {"identifier": HANDLE, "appPassword": password}
    for more in ({}, {"pdsUrl": f"{network.url}/real"}):
        reply = await client.post(COMPLETE, {**form, **more})
        error = reply.json()["error"]
        assert (reply.status_code, error["code"]) == (400, "platform_rejected")
        assert "(secret removed)" in error["platformResponse"]["body"]
        assert password not in json.dumps(error)
        assert json.dumps(password)[1:-1] not in json.dumps(error)
    assert password not in "".join(capsys.readouterr())


async def test_directory_that_does_not_answer_is_unavailable(
    network: Network, database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    environment = {
        "LETMEPOST_BLUESKY_PLC_URL": "http://127.0.0.1:9",
        "LETMEPOST_BLUESKY_RESOLVER_URL": f"{network.url}/resolver",
    }
    async with deployed(database_urls, redis_url, tmp_path, environment=environment, with_worker=False) as running:
        client = await running.client(Mode.LIVE)
        reply = await attack(client, network)
        assert reply.status_code == 503
        assert reply.json()["error"]["code"] == "platform_unavailable"
        assert (await client.get("/v1/accounts")).json()["data"] == []


async def test_private_and_unknown_servers_are_rejected_with_the_same_message(
    network: Network, database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    async with deployed(
        database_urls, redis_url, tmp_path, with_worker=False, allow_private_addresses=False
    ) as running:
        client = await running.client(Mode.LIVE)
        for url in (
            "https://10.0.0.1",
            "https://[::1]",
            "https://169.254.169.254",
            network.url,
            "https://a.example:25",
        ):
            form = {"identifier": HANDLE, "appPassword": PASSWORD, "pdsUrl": url}
            check_refusal(await client.post(COMPLETE, form), 400, "platform_rejected", "bluesky.connect.not_a_server")
        responses = set()
        for host in ("localhost", "nowhere"):  # one exists, the other does not
            form = {"identifier": HANDLE, "appPassword": PASSWORD, "pdsUrl": f"https://{host}"}
            error = check_refusal(
                await client.post(COMPLETE, form), 400, "platform_rejected", "bluesky.connect.not_a_server"
            )
            web = {"identifier": f"did:web:{host}", "appPassword": PASSWORD}
            unresolved = check_refusal(
                await client.post(COMPLETE, web), 400, "platform_rejected", "bluesky.connect.did_unresolved"
            )
            shown = json.dumps([{**each, "requestId": None} for each in (error, unresolved)])
            responses.add(shown.replace(host, "HOST"))
        assert len(responses) == 1
        assert network.signed_in == []


PICTURE = {"kind": "image", "bytesBase64": base64.b64encode(png()).decode(), "altText": "A picture"}
CARD = {"url": "https://example.com", "title": "A title"}
KINDS: list[dict[str, Any]] = [
    {"text": "Grüße 🎉 https://example.org/a?b=1", "firstComment": {"text": "comment"}},
    {"text": "", "media": [PICTURE] * 4},
    {"text": "card", "options": {"platform": NAME, "linkCard": CARD, "langs": ["en"], "labels": ["nudity"]}},
    {"text": "for some", "options": {"threadgate": {"allow": ["followers"]}}},
    {"text": "one", "thread": [{"text": "two", "media": [PICTURE]}, {"text": "three"}]},
]


async def test_every_kind_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    await asyncio.gather(
        *(play(deployment, NAME, kind, is_scheduled=later) for kind in KINDS for later in (False, True))
    )


async def play_video(deployment: Deployment, scenario: str, status: str, *, is_scheduled: bool = False) -> None:
    """Publish a thread with a video as a new tenant. Followers see it whole and once, or nothing."""
    client = await deployment.client()
    account_id = await client.sandbox_account(scenario, platform=NAME)
    item = {"kind": "video", "mediaId": await upload(client, MOVIE, "clip.mp4"), "altText": "A black film"}
    content: dict[str, Any] = {"text": "Watch", "media": [item], "thread": [{"text": "That was it"}]}
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()}
    post_id = await send(client, account_id, content, **(later if is_scheduled else {}))
    if is_scheduled:
        await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    post = await until(client, post_id, status)
    seen = await visible(client, NAME)
    if status == "rejected":
        assert (post["error"]["rule"], seen) == ("bluesky.video.job_failed", [])
        return
    assert [one["text"] for one in seen] == ["Watch", "That was it"]
    record = seen[0]["record"]
    assert record["video"] == {"sizeBytes": len(MOVIE), "checksum": str(Checksum.of(MOVIE))}
    assert record["embed"]["alt"] == "A black film"
    assert record["embed"]["aspectRatio"] == {"width": 108, "height": 192}


async def test_video_has_the_outcome_of_its_scenario(deployment: Deployment) -> None:
    await asyncio.gather(
        play_video(deployment, "ok", "published"),
        play_video(deployment, "ok", "published", is_scheduled=True),
        play_video(deployment, "video_reply_lost", "published"),
        play_video(deployment, "video_interrupted", "published"),
        play_video(deployment, "video_failed", "rejected"),
    )
