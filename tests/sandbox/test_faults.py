"""Faults of simulated networks, added over HTTP."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import pytest

from letmepost.platforms import discover
from letmepost.sandbox import Store
from tests.sandbox.support import CONTROL, Surroundings, open_client, seed_of

FAULTS = "/control/org_1/notes/faults"


async def fault(client: httpx2.AsyncClient, **content: Any) -> None:
    reply = await client.post(FAULTS, json=content, headers=CONTROL)
    assert reply.status_code == 201, reply.text


async def statuses(client: httpx2.AsyncClient, count: int, method: str = "POST") -> list[int]:
    return [(await client.request(method, "/org_1/notes/notes")).status_code for _ in range(count)]


async def test_status_replaces_the_reply_of_the_next_calls(client: httpx2.AsyncClient) -> None:
    await fault(client, status=503, headers={"Retry-After": "7"}, body={"error": "busy"}, times=2)
    reply = await client.post("/org_1/notes/notes", content=b"lost")
    assert (reply.status_code, reply.headers["retry-after"], reply.json()) == (503, "7", {"error": "busy"})
    assert await statuses(client, 2, "GET") == [503, 200]
    assert (await client.get("/org_1/notes/notes")).json() == {"notes": []}, "the call was not executed"


async def test_text_of_a_fault_is_sent_as_it_is(client: httpx2.AsyncClient) -> None:
    await fault(client, status=502, headers={"content-type": "text/html"}, body="<h1>Bad Gateway</h1>")
    reply = await client.get("/org_1/notes/notes")
    assert (reply.headers["content-type"], reply.text) == ("text/html", "<h1>Bad Gateway</h1>")


async def test_fault_affects_only_calls_that_match(client: httpx2.AsyncClient) -> None:
    await fault(client, method="POST", path="/no*", status=500, times=None)
    assert await statuses(client, 2) == [500, 500]
    assert await statuses(client, 1, "GET") == [200]
    assert (await client.post("/org_1/notes/echo")).status_code == 200
    assert (await client.post("/org_1/pins/notes")).status_code == 200
    assert (await client.post("/org_2/notes/notes")).status_code == 200


async def test_fault_begins_after_a_number_of_calls(client: httpx2.AsyncClient) -> None:
    await fault(client, status=500, after=2)
    assert await statuses(client, 4) == [200, 200, 500, 200]


async def test_delayed_reply_is_sent_later(client: httpx2.AsyncClient, surroundings: Surroundings) -> None:
    await fault(client, delayS=2.5)
    assert await statuses(client, 2) == [200, 200]
    assert surroundings.slept_s == [2.5]


async def test_faults_are_listed_with_what_is_left_of_them_and_deleted(client: httpx2.AsyncClient) -> None:
    await fault(client, status=500, times=3)
    await fault(client, method="GET", delayS=1, times=None)
    await statuses(client, 1)
    listed = (await client.get(FAULTS, headers=CONTROL)).json()
    assert listed == {"faults": [{"times": 2, "status": 500}, {"method": "GET", "times": None, "delayS": 1.0}]}
    assert (await client.delete(FAULTS, headers=CONTROL)).status_code == 204
    assert (await client.get(FAULTS, headers=CONTROL)).json() == {"faults": []}
    assert await statuses(client, 1) == [200]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "a fault needs at least one of scenario, status, delayS and lost"),
        ({"headers": {"a": "b"}, "lost": True}, "headers and body need a status"),
        ({"scenario": "ok", "status": 500}, "scenario and status exclude each other"),
        ({"scenario": "luck"}, "there is no scenario 'luck'. Scenarios: ok, bad"),
        ({"status": 99}, "status: Input should be greater than or equal to 200"),
        ({"status": 500, "headers": {"a b": "c"}}, "headers.a b.[key]: String should match"),
        ({"status": 500, "headers": {"a": "c\r\nd: e"}}, "headers.a: String should match"),
        ({"status": 500, "headers": {"Content-Length": "1"}}, "the server sets this header"),
        ({"status": 204, "body": {}}, "a response with the status 204 has no body"),
        ({"status": 500, "times": 0}, "times: Input should be greater than or equal to 1"),
        ({"method": "post", "lost": True}, "method: String should match"),
        ({"delayS": 3601}, "delayS: Input should be less than or equal to 3600"),
        ({"chance": 0.5}, "chance: Extra inputs are not permitted"),
    ],
)
async def test_invalid_fault_is_rejected(client: httpx2.AsyncClient, content: Mapping[str, Any], message: str) -> None:
    reply = await client.post(FAULTS, json=content, headers=CONTROL)
    assert reply.status_code == 400
    assert message in reply.json()["error"]["message"]


async def test_number_of_faults_is_limited(client: httpx2.AsyncClient) -> None:
    for _ in range(100):
        await fault(client, lost=True)
    reply = await client.post(FAULTS, json={"lost": True}, headers=CONTROL)
    assert (reply.status_code, "100 faults" in reply.text) == (400, True)


@pytest.fixture
async def emulator(surroundings: Surroundings, store: Store) -> AsyncIterator[httpx2.AsyncClient]:
    app = surroundings.emulator(store, seed_of(accounts=[{"network": "twitter", "token": "test-token"}]))
    async with open_client(app) as client:
        await client.post("/control/main/reset")
        yield client


async def tweet(client: httpx2.AsyncClient, text: str) -> httpx2.Response:
    return await client.post(
        "/main/twitter/2/tweets", json={"text": text}, headers={"authorization": "Bearer test-token"}
    )


async def test_scenario_answers_the_next_calls_as_the_network_does(emulator: httpx2.AsyncClient) -> None:
    added = await emulator.post("/control/main/twitter/faults", json={"scenario": "rate_limited", "times": 3})
    assert added.status_code == 201
    replies = [await tweet(emulator, f"Number {number}") for number in range(4)]
    assert [reply.status_code for reply in replies] == [429, 429, 429, 201]
    assert "x-rate-limit-reset" in replies[0].headers


async def test_scenario_counts_only_calls_that_it_affects(emulator: httpx2.AsyncClient) -> None:
    await emulator.post("/control/main/twitter/faults", json={"scenario": "rejected"})
    me = await emulator.get("/main/twitter/2/users/me", headers={"authorization": "Bearer test-token"})
    assert me.status_code == 200
    assert [(await tweet(emulator, text)).status_code for text in ("a", "b")] == [403, 201]


async def test_scenario_does_not_change_the_account(emulator: httpx2.AsyncClient) -> None:
    await emulator.post("/control/main/twitter/faults", json={"scenario": "flaky"})
    assert (await tweet(emulator, "a")).status_code == 500
    described = (await emulator.get("/control/main")).json()["networks"]["twitter"]["accounts"]
    assert [account["scenario"] for account in described] == ["ok"]
    assert [(await tweet(emulator, text)).status_code for text in ("a", "b", "c")] == [201, 201, 201]


@pytest.mark.parametrize("network", sorted(discover()))
async def test_scenario_without_effect_on_reads_leaves_the_state_as_it_is(
    surroundings: Surroundings, store: Store, network: str
) -> None:
    """Every scenario is applied to a call that only reads, so that none of them fails on a healthy account."""
    async with open_client(surroundings.emulator(store, seed_of(accounts=[{"network": network}]))) as client:
        await client.post("/control/main/reset")
        before = (await client.get(f"/main/{network}/")).status_code
        for scenario in discover()[network].simulator.scenarios:
            await client.post(f"/control/main/{network}/faults", json={"scenario": scenario, "times": None})
            assert (await client.get(f"/main/{network}/")).status_code == before
            await client.delete(f"/control/main/{network}/faults")
