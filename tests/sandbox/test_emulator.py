"""The emulator: its worlds, their description, and the control API without a token."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias

import httpx2
import pytest

from letmepost.platforms import discover
from letmepost.sandbox import Store
from letmepost.sandbox.seeding.seed import default_seed
from tests.sandbox.support import CONTROL, TOKEN, Surroundings, open_client, seed_of

BASE = "http://sandbox.test:8090"
ALICE = {"network": "mastodon", "handle": "alice", "token": "alice-token", "posts": [{"text": "The first"}]}
SIGNED = {"authorization": "Bearer alice-token"}

OpenEmulator: TypeAlias = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture
def emulating(surroundings: Surroundings, store: Store) -> OpenEmulator:
    """Start an emulator with a seed."""

    @asynccontextmanager
    async def start(**seed: Any) -> AsyncIterator[httpx2.AsyncClient]:
        app = surroundings.emulator(store, seed_of(**seed))
        await app.state.emulator.start(BASE, {})
        async with open_client(app) as client:
            yield client

    return start


async def texts(client: httpx2.AsyncClient, world: str = "main") -> list[str]:
    posts = (await client.get(f"/control/{world}/mastodon/posts")).json()["posts"]
    return [post["text"] for post in posts]


async def toot(client: httpx2.AsyncClient, text: str, world: str = "main") -> httpx2.Response:
    return await client.post(f"/{world}/mastodon/api/v1/statuses", json={"status": text}, headers=SIGNED)


async def test_description_has_everything_that_a_client_needs(surroundings: Surroundings, store: Store) -> None:
    app = surroundings.emulator(store, default_seed(discover()))
    described = await app.state.emulator.start(BASE, {})
    async with open_client(app) as client:
        assert (await client.get("/control/main")).json() == described
        assert described["networks"].keys() == discover().keys()
        for name, network in described["networks"].items():
            [account] = network["accounts"]
            assert network["url"] == f"{BASE}/main/{name}"
            assert network["app"].keys() == set() or network["app"].keys() == {"clientId", "clientSecret"}
            assert account["token"]
            for page in (described["pageUrl"], network["pageUrl"], account["pageUrl"]):
                assert (await client.get(page)).status_code == 200, page


async def test_seed_is_published_and_more_can_be_posted(emulating: OpenEmulator) -> None:
    async with emulating(accounts=[ALICE]) as client:
        assert (await toot(client, "The second")).status_code == 200
        assert await texts(client) == ["The first", "The second"]


async def test_reset_returns_to_the_seed(emulating: OpenEmulator) -> None:
    async with emulating(accounts=[ALICE], faults=[{"network": "mastodon", "status": 503}]) as client:
        assert [(await toot(client, "Again")).status_code for _ in range(2)] == [503, 200]
        before = (await client.get("/control/main")).json()
        after = (await client.post("/control/main/reset")).json()
        assert await texts(client) == ["The first"]
        assert after["networks"].keys() == before["networks"].keys()
        assert [account["token"] for account in after["networks"]["mastodon"]["accounts"]] == ["alice-token"]
        assert (await toot(client, "Again")).status_code == 503, "the fault of the seed is back"


async def test_each_world_is_separate_and_empty_until_its_reset(emulating: OpenEmulator) -> None:
    async with emulating(accounts=[ALICE]) as client:
        assert (await toot(client, "Other", "worker-1")).status_code == 401
        await client.post("/control/worker-1/reset")
        assert (await toot(client, "Other", "worker-1")).status_code == 200
        assert await texts(client, "worker-1") == ["The first", "Other"]
        assert await texts(client) == ["The first"]


async def test_account_is_added_with_its_token(emulating: OpenEmulator) -> None:
    async with emulating() as client:
        reply = await client.post("/control/main/accounts", json=ALICE)
        [account] = reply.json()["accounts"]
        assert (reply.status_code, account["token"]) == (201, "alice-token")
        assert account["pageUrl"].startswith(f"{BASE}/main/mastodon/")
        assert (await toot(client, "The second")).status_code == 200
        described = (await client.get("/control/main")).json()
        assert described["networks"]["mastodon"]["accounts"] == [account]


@pytest.mark.parametrize(
    ("account", "message"),
    [
        ({"network": "myspace"}, "network: there is no network 'myspace'"),
        ({"network": "mastodon", "name": "Alice"}, "Mastodon: its accounts have no name that can be chosen"),
    ],
)
async def test_account_that_is_not_accepted_is_rejected(
    emulating: OpenEmulator, account: dict[str, str], message: str
) -> None:
    async with emulating() as client:
        reply = await client.post("/control/main/accounts", json=account)
        assert (reply.status_code, message in reply.json()["error"]["message"]) == (400, True)


async def test_clock_starts_at_the_time_of_the_seed_and_runs(
    emulating: OpenEmulator, surroundings: Surroundings
) -> None:
    async with emulating(clock={"start": "2030-01-01T00:00:00Z"}) as client:
        surroundings.advance(seconds=60)
        assert (await client.get("/control/main/clock")).json() == {"now": "2030-01-01T00:01:00+00:00", "frozen": False}


async def test_frozen_clock_moves_only_when_it_is_moved(emulating: OpenEmulator, surroundings: Surroundings) -> None:
    async with emulating(clock={"start": "2030-01-01T00:00:00Z", "frozen": True}) as client:
        surroundings.advance(seconds=60)
        moved = await client.post("/control/main/clock", json={"advanceS": 3600})
        assert moved.json() == {"now": "2030-01-01T01:00:00+00:00", "frozen": True}
        moved = await client.post("/control/main/clock", json={"to": "2030-01-02T00:00:00Z", "frozen": False})
        assert moved.json() == {"now": "2030-01-02T00:00:00+00:00", "frozen": False}
        surroundings.advance(seconds=1)
        assert (await client.get("/control/main/clock")).json()["now"] == "2030-01-02T00:00:01+00:00"


async def test_clock_can_be_stopped(emulating: OpenEmulator, surroundings: Surroundings) -> None:
    async with emulating() as client:
        stopped = (await client.post("/control/main/clock", json={"frozen": True})).json()
        surroundings.advance(seconds=60)
        assert (await client.get("/control/main/clock")).json() == stopped
        assert stopped["now"] == (surroundings.now() - timedelta(seconds=60)).isoformat()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"to": "2020-01-01T00:00:00Z"}, "to: The clock only moves forward, and it is "),
        ({"advanceS": -1}, "advanceS: Input should be greater than or equal to 0"),
        ({"advanceS": 1, "to": "2040-01-01T00:00:00Z"}, "advanceS and to exclude each other"),
        ({"to": "tomorrow"}, "to: Input should be a valid datetime"),
    ],
)
async def test_invalid_change_of_the_clock_is_rejected(
    emulating: OpenEmulator, change: dict[str, Any], message: str
) -> None:
    async with emulating() as client:
        reply = await client.post("/control/main/clock", json=change)
        assert (reply.status_code, message in reply.json()["error"]["message"]) == (400, True)


async def test_calls_are_listed_without_secrets_until_the_reset(emulating: OpenEmulator) -> None:
    async with emulating(accounts=[ALICE]) as client:
        await toot(client, "The second")
        await client.get("/main/twitter/2/users/me")
        listed = (await client.get("/control/main/calls")).json()["calls"]
        assert [(call["network"], call["method"], call["status"]) for call in listed] == [
            ("twitter", "GET", 401),
            ("mastodon", "POST", 200),
        ]
        [call] = (await client.get("/control/main/calls?network=mastodon")).json()["calls"]
        assert (call["path"], "The second" in call["requestBody"]) == ("/api/v1/statuses", True)
        assert "alice-token" not in str(call)
        await client.post("/control/main/reset")
        assert (await client.get("/control/main/calls")).json() == {"calls": []}


async def test_clock_moves_from_the_page_of_the_world(emulating: OpenEmulator) -> None:
    async with emulating(clock={"start": "2030-01-01T00:00:00Z", "frozen": True}) as client:
        page = (await client.get("/main/-/")).text
        [token] = set(re.findall(r'name="token" value="([^"]+)"', page))
        await client.post("/main/-/clock", data={"token": token, "amount": "2", "unit": "hours"})
        clock = (await client.get("/control/main/clock")).json()
        assert clock == {"now": "2030-01-01T02:00:00+00:00", "frozen": True}


async def test_start_keeps_a_world_of_an_earlier_run(surroundings: Surroundings, store: Store) -> None:
    seed = seed_of(accounts=[ALICE])
    first = await surroundings.emulator(store, seed).state.emulator.start(BASE, {})
    app = surroundings.emulator(store, seed)
    again = await app.state.emulator.start(BASE, {})
    assert again["networks"] == first["networks"]
    async with open_client(app) as client:
        assert await texts(client) == ["The first"]


async def test_network_is_also_served_at_a_port_of_its_own(surroundings: Surroundings, store: Store) -> None:
    app = surroundings.emulator(store, seed_of(accounts=[ALICE]))
    described = await app.state.emulator.start(BASE, {"mastodon": 8099})
    assert described["networks"]["mastodon"]["url"] == "http://sandbox.test:8099"
    assert described["networks"]["threads"]["url"] == f"{BASE}/main/threads"
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox.test:8099") as own:
        reply = await own.post("/api/v1/statuses", json={"status": "At the root"}, headers=SIGNED)
        link = reply.json()["uri"]
        assert link.startswith("http://sandbox.test:8099/main/mastodon/")
        assert "At the root" in (await own.get("/-/")).text
        assert (await own.get("/main/-/")).status_code == 200, "pages link to the page of the world"
        assert (await own.get("/control/main")).status_code == 404
    async with open_client(app) as client:
        assert await texts(client) == ["The first", "At the root"]
        assert (await client.post("/control/other/reset")).json()["networks"]["mastodon"]["url"].startswith(BASE)


async def test_token_protects_every_route_of_the_control_api(surroundings: Surroundings, store: Store) -> None:
    async with open_client(surroundings.emulator(store, seed_of(), token=TOKEN)) as client:
        for method, path in (("GET", ""), ("POST", "/reset"), ("POST", "/clock"), ("POST", "/twitter/faults")):
            assert (await client.request(method, f"/control/main{path}")).status_code == 401
        assert (await client.get("/control/main", headers=CONTROL)).status_code == 200


async def test_routes_of_the_emulator_do_not_exist_in_a_deployment(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/control/org_1/reset", headers=CONTROL)).status_code == 404
    assert (await client.get("/control/org_1", headers=CONTROL)).status_code == 405


async def test_unknown_network_is_answered_with_a_hint(emulating: OpenEmulator) -> None:
    async with emulating() as client:
        reply = await client.get("/twitter/2/tweets")
        assert reply.status_code == 404
        assert "/main/bluesky/" in reply.json()["error"]["message"]
