"""The control API."""

from datetime import timedelta

import httpx2
import pytest
from starlette.types import Message

from letmepost.platforms import discover
from letmepost.sandbox import Store
from tests.sandbox.support import CONTROL, Surroundings, open_client, settings_of

ACCOUNTS = "/control/org_1/notes/accounts"


@pytest.mark.parametrize("path", [ACCOUNTS, "/org_1/notes/anything"])
async def test_disconnected_client_is_not_an_error(surroundings: Surroundings, store: Store, path: str) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        assert message.get("status", 200) == 200

    scope = {"type": "http", "method": "POST", "path": path, "root_path": "", "query_string": b""}
    headers = [(name.encode(), value.encode()) for name, value in CONTROL.items()]
    await surroundings.app(store)({**scope, "headers": headers}, receive, send)


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer é".encode()}])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ACCOUNTS),
        ("GET", "/control/org_1/notes/posts"),
        ("PUT", "/control/org_1/clock"),
        ("DELETE", "/control/org_1"),
        ("GET", "/control/anything"),
    ],
)
async def test_every_route_requires_the_token(
    client: httpx2.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> None:
    reply = await client.request(method, path, headers=headers)
    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "unauthenticated"


async def test_account_is_created_and_the_input_that_connects_it_is_returned(client: httpx2.AsyncClient) -> None:
    reply = await client.post(ACCOUNTS, json={"scenario": "bad"}, headers=CONTROL)
    assert reply.status_code == 201
    assert set(reply.json()) == {"connectInput"}
    assert reply.json()["connectInput"]["name"].startswith("bad-")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"scenario": "luck"}', "There is no such scenario. Known: ok, bad."),
        (b"{}", "scenario: Field required"),
        (b'{"scenario": "ok", "more": 1}', "more: Extra inputs are not permitted"),
        (b'{"scenario": 1}', "scenario: Input should be a valid string"),
    ],
)
async def test_invalid_account_is_rejected(client: httpx2.AsyncClient, body: bytes, message: str) -> None:
    reply = await client.post(ACCOUNTS, content=body, headers=CONTROL)
    assert reply.status_code == 400
    assert reply.json() == {"error": {"code": "validation_failed", "message": message}}


async def test_invalid_json_is_rejected(client: httpx2.AsyncClient) -> None:
    reply = await client.post(ACCOUNTS, content=b"{", headers=CONTROL)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"].startswith("body: Invalid JSON")


@pytest.mark.parametrize("path", ["/control/org_1/nowhere/posts", "/control/org.1/notes/posts", "/control/x/y/z"])
async def test_unknown_path_is_not_found(client: httpx2.AsyncClient, path: str) -> None:
    reply = await client.get(path, headers=CONTROL)
    assert reply.status_code == 404
    assert reply.json()["error"]["code"] == "not_found"


async def test_wrong_method_is_rejected_as_json(client: httpx2.AsyncClient) -> None:
    reply = await client.get(ACCOUNTS, headers=CONTROL)
    assert reply.status_code == 405
    assert reply.json()["error"]["code"] == "validation_failed"


async def test_posts_are_those_that_followers_see(client: httpx2.AsyncClient, surroundings: Surroundings) -> None:
    await client.post("/org_1/notes/notes", content=b"Hello")
    at = surroundings.now().isoformat()
    assert (await client.get("/control/org_1/notes/posts", headers=CONTROL)).json() == {
        "posts": [
            {
                "uri": "note/0001",
                "accountId": "me",
                "text": "Hello",
                "createdAt": at,
                "replyTo": None,
                "record": {"text": "Hello", "at": at},
            }
        ]
    }


async def test_reset_deletes_every_platform_of_one_world(client: httpx2.AsyncClient) -> None:
    places = ("org_1/notes", "org_1/pins", "org_2/notes")
    for place in places:
        await client.post(f"/{place}/notes", content=b"Hello")
    assert (await client.delete("/control/org_1", headers=CONTROL)).status_code == 204
    left = [(await client.get(f"/{place}/notes")).json()["notes"] for place in places]
    assert left == [[], [], ["Hello"]]


async def test_clock_of_one_world_is_set_ahead(client: httpx2.AsyncClient, surroundings: Surroundings) -> None:
    async def now(world: str) -> str:
        found: str = (await client.get(f"/{world}/notes/echo")).json()["now"]
        return found

    for _ in range(2):
        reply = await client.put("/control/org_1/clock", json={"aheadS": 90}, headers=CONTROL)
        assert reply.json() == {"aheadS": 90.0}
    surroundings.advance(1)
    assert await now("org_1") == (surroundings.now() + timedelta(seconds=90)).isoformat()
    assert await now("org_2") == surroundings.now().isoformat()
    await client.delete("/control/org_1", headers=CONTROL)
    assert await now("org_1") == surroundings.now().isoformat()


@pytest.mark.parametrize("ahead", [-1, 1e12, "soon", None])
async def test_implausible_clock_is_rejected(client: httpx2.AsyncClient, ahead: object) -> None:
    reply = await client.put("/control/org_1/clock", json={"aheadS": ahead}, headers=CONTROL)
    assert reply.status_code == 400


@pytest.mark.parametrize("name", sorted(discover()))
async def test_every_platform_accepts_every_scenario(surroundings: Surroundings, store: Store, name: str) -> None:
    platform = discover()[name]
    assert settings_of(platform, "http://sandbox.test/org_1/" + name)
    async with open_client(surroundings.app(store, discover())) as client:
        for scenario in platform.simulator.scenarios:
            path = f"/control/org_1/{name}/accounts"
            reply = await client.post(path, json={"scenario": scenario}, headers=CONTROL)
            given = reply.json()["connectInput"]
            if platform.connect_input is None:
                assert given["code"]
            else:
                platform.connect_input.model_validate(given)
        assert (await client.get(f"/control/org_1/{name}/posts", headers=CONTROL)).json() == {"posts": []}


async def test_account_with_a_key_is_created_once(client: httpx2.AsyncClient) -> None:
    async def create(world: str, **more: str) -> str:
        body = {"scenario": "ok", **more}
        reply = await client.post(f"/control/{world}/notes/accounts", json=body, headers=CONTROL)
        assert reply.status_code == 201
        name: str = reply.json()["connectInput"]["name"]
        return name

    first = await create("org_1", key="cs_1")
    assert await create("org_1", key="cs_1") == first
    others = {await create("org_1", key="cs_2"), await create("org_2", key="cs_1"), await create("org_1")}
    assert len(others - {first}) == 3
