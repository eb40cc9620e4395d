"""The simulator's entry points, and the client for its other tests."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import AnyHttpUrl

from letmepost.platforms.bluesky import PLATFORM
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.simulator import SIMULATOR
from letmepost.platforms.contract import Platform
from tests.doubles.simulated import SimulatedNetwork

ROOT = "http://sandbox.test:8090/org_1/bluesky"
POST = "app.bsky.feed.post"
RKEY = "3l6oveex3ii2l"
OTHER_RKEY = "3l6oveex3ii2m"
JPEG = b"\xff\xd8\xff\xe0 and the rest of a picture"


@dataclass(frozen=True)
class Response:
    """A reply with parsed JSON."""

    status: int
    headers: Mapping[str, str]
    data: Any
    dropped: bool
    delay_s: float

    @property
    def refusal(self) -> tuple[int, str, str]:
        return self.status, self.data["error"], self.data["message"]


@dataclass
class World(SimulatedNetwork):
    """A simulated Bluesky."""

    platform: Platform = PLATFORM

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        reply = self.ask(method, path, body, headers, query=tuple(query))
        data = json.loads(reply.body) if reply.body else None
        return Response(reply.status, reply.headers, data, reply.dropped, reply.delay_s)

    def get(self, name: str, **query: str) -> Response:
        return self.send("GET", f"/xrpc/{name}", query=tuple(query.items()))

    def post(self, name: str, data: Mapping[str, Any], token: str | None = None) -> Response:
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        return self.send("POST", f"/xrpc/{name}", headers=headers, body=json.dumps(data).encode())

    def login(self, identifier: str, password: str) -> Response:
        return self.post("com.atproto.server.createSession", {"identifier": identifier, "password": password})

    def connect(self, scenario: str = "ok") -> "User":
        given = self.create_account(scenario)
        session = self.login(given["identifier"], given["appPassword"])
        assert session.status == 200
        return User(self, given["identifier"], given["appPassword"], session.data)


class User:
    """A connected account, as seen by its client."""

    def __init__(self, world: World, handle: str, password: str, session: Mapping[str, Any]) -> None:
        self.world, self.handle, self.password = world, handle, password
        self.did: str = session["did"]
        self.access: str = session["accessJwt"]
        self.refresh_token: str = session["refreshJwt"]

    def uri(self, rkey: str = RKEY) -> str:
        return f"at://{self.did}/{POST}/{rkey}"

    def bare(self, method: str, name: str, token: str) -> Response:
        return self.world.send(method, f"/xrpc/{name}", headers={"authorization": f"Bearer {token}"})

    def refresh(self, token: str | None = None) -> Response:
        return self.bare("POST", "com.atproto.server.refreshSession", token or self.refresh_token)

    def refresh_session(self) -> None:
        """Take a new pair of tokens, like a client with an expired access token."""
        session = self.refresh().data
        self.access, self.refresh_token = session["accessJwt"], session["refreshJwt"]

    def write(self, name: str, **body: object) -> Response:
        return self.world.post(f"com.atproto.repo.{name}", {"repo": self.did, **body}, self.access)

    def put(self, record: Mapping[str, Any], rkey: str = RKEY, **more: object) -> Response:
        return self.write("putRecord", collection=POST, rkey=rkey, record=record, **more)

    def upload(self, data: bytes = JPEG, content_type: str = "image/jpeg") -> Response:
        headers = {"authorization": f"Bearer {self.access}", "content-type": content_type}
        return self.world.send("POST", "/xrpc/com.atproto.repo.uploadBlob", headers=headers, body=data)

    def read(self, rkey: str = RKEY) -> Response:
        return self.world.get("com.atproto.repo.getRecord", repo=self.did, collection=POST, rkey=rkey)


def post(text: str = "Hello", **more: object) -> dict[str, Any]:
    return {"$type": POST, "text": text, "createdAt": "2026-11-21T10:00:00.000Z", **more}


def test_connect_input_is_a_handle_and_an_app_password() -> None:
    world = World()
    given = SIMULATOR.create_account(world.state, "ok", world.now, world.entropy())
    assert set(given) == {"identifier", "appPassword"}
    name, _, domain = given["identifier"].partition(".")
    assert (name[:8], len(name), domain) == ("sandbox-", 14, "test")
    assert [len(group) for group in given["appPassword"].split("-")] == [4, 4, 4, 4]


def test_accounts_from_the_same_entropy_have_different_handles() -> None:
    world = World()
    handles = [
        SIMULATOR.create_account(world.state, "ok", world.now, b"\0" * 31 + bytes([last]))["identifier"]
        for last in (1, 2)
    ]
    world.state["handle/" + handles[0]] = "did:plc:another"
    again = SIMULATOR.create_account(world.state, "ok", world.now, b"\0" * 31 + b"\1")
    assert len({*handles, again["identifier"]}) == 3


def test_unknown_scenario_is_rejected() -> None:
    world = World()
    with pytest.raises(ValueError, match="there is no scenario 'luck'"):
        SIMULATOR.create_account(world.state, "luck", world.now, world.entropy())
    assert len(world.state) == 0


def test_settings_point_every_host_at_the_simulator() -> None:
    settings = SIMULATOR.settings(AnyHttpUrl(ROOT))
    assert isinstance(settings, BlueskySettings)
    urls = {name: str(value) for name, value in settings if isinstance(value, AnyHttpUrl)}
    assert urls.pop("plc_url") == f"{ROOT}/plc"
    assert set(urls.values()) == {ROOT}


def test_handle_resolves_to_a_did_whose_document_names_this_server() -> None:
    world = World()
    user = world.connect()
    did = world.get("com.atproto.identity.resolveHandle", handle=user.handle.upper()).data["did"]
    document = world.send("GET", f"/plc/{did}").data
    assert document["id"] == did == user.did
    assert document["alsoKnownAs"] == [f"at://{user.handle}"]
    assert document["service"] == [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": ROOT}]


def test_did_has_the_form_of_a_plc_did() -> None:
    method, _, identifier = World().connect().did.rpartition(":")
    assert method == "did:plc"
    assert len(identifier) == 24


def test_unknown_handles_and_dids_are_refused() -> None:
    world = World()
    assert world.send("GET", "/plc/did:plc:missing").status == 404
    refusal = (400, "HandleNotFound", "Unable to resolve handle")
    assert world.get("com.atproto.identity.resolveHandle", handle="unknown.test").refusal == refusal
    for handle in ("did:plc:missing", "no handle", "nodot", "a..b", ""):
        invalid = world.get("com.atproto.identity.resolveHandle", handle=handle).refusal
        assert invalid is not None
        assert invalid[:2] == (400, "InvalidRequest")
    missing = world.get("com.atproto.identity.resolveHandle")
    assert missing.refusal == (400, "InvalidRequest", 'Missing required key "handle" at $')


def test_server_describes_itself_and_is_healthy() -> None:
    world = World()
    description = world.get("com.atproto.server.describeServer").data
    assert description["did"] == "did:web:sandbox.test%3A8090"
    assert description["blobUploadLimit"] == 52_428_800
    assert set(world.get("_health").data) == {"version"}


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/", 404, "XRPCNotSupported"),
        ("GET", "/.well-known/oauth-protected-resource", 404, "XRPCNotSupported"),
        ("GET", "/xrpc/app.bsky.feed.getTimeline", 501, "MethodNotImplemented"),
        ("GET", "/xrpc/com.atproto.repo.putRecord", 400, "InvalidRequest"),
        ("POST", "/xrpc/com.atproto.repo.getRecord", 400, "InvalidRequest"),
    ],
)
def test_unsupported_path_has_an_error_name(method: str, path: str, status: int, name: str) -> None:
    assert World().send(method, path).refusal[:2] == (status, name)


@pytest.mark.parametrize(
    ("content_type", "body", "status", "name"),
    [
        ("application/json", b"{", 400, "InvalidRequest"),
        ("application/json", b"[" * 100_000, 400, "InvalidRequest"),
        ("application/json", b"\xff", 400, "InvalidRequest"),
        ("application/json", b"[]", 400, "InvalidRequest"),
        ("application/json", b'{"identifier": 1, "password": ""}', 400, "InvalidRequest"),
        ("application/json", b'{"identifier": "\\ud800", "password": ""}', 400, "InvalidRequest"),
        ("text/plain", b"{}", 400, "InvalidRequest"),
        ("application/json", b" " * 1_000_001, 413, "PayloadTooLarge"),
    ],
)
def test_body_of_a_wrong_shape_is_rejected(content_type: str, body: bytes, status: int, name: str) -> None:
    response = World().send(
        "POST", "/xrpc/com.atproto.server.createSession", headers={"content-type": content_type}, body=body
    )
    assert response.refusal[:2] == (status, name)
