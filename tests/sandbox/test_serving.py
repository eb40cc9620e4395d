"""Simulated networks over HTTP, without sockets."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx2
import pytest

from letmepost.domain.received import KEPT_IN_MEMORY_MAX_BYTES
from letmepost.domain.sizes import SANDBOX_REQUEST_MAX_BYTES
from letmepost.platforms.simulation import SimulatedReply
from letmepost.sandbox import Store
from letmepost.sandbox.serving import SimulatedResponse
from tests.sandbox.support import CONTROL, Surroundings, open_client


async def notes(client: httpx2.AsyncClient, place: str = "org_1/notes") -> list[str]:
    found: list[str] = (await client.get(f"/{place}/notes")).json()["notes"]
    return found


async def test_request_reaches_the_simulator_unchanged(client: httpx2.AsyncClient, surroundings: Surroundings) -> None:
    reply = await client.patch("/org_1/notes/echo?b=2&a=1&b=", content=b"hello", headers={"X-Mixed-Case": "Yes"})
    assert reply.status_code == 200
    call = reply.json()
    assert call["headers"].pop("x-mixed-case") == "Yes"
    assert {name: call[name] for name in ("method", "root", "path", "query", "body", "now")} == {
        "method": "PATCH",
        "root": "http://sandbox.test:8090/org_1/notes",
        "path": "/echo",
        "query": [["b", "2"], ["a", "1"], ["b", ""]],
        "body": "hello",
        "now": surroundings.now().isoformat(),
    }
    assert len(bytes.fromhex(call["entropy"])) == 32


async def test_path_is_decoded(client: httpx2.AsyncClient) -> None:
    """Only `/echo` returns the request."""
    assert "method" in (await client.get("/org_1/notes/%65cho")).json()


async def test_every_call_has_its_own_entropy(client: httpx2.AsyncClient) -> None:
    drawn = {(await client.get("/org_1/notes/echo")).json()["entropy"] for _ in range(3)}
    assert len(drawn) == 3


async def test_state_is_kept_between_requests(client: httpx2.AsyncClient) -> None:
    await client.post("/org_1/notes/notes", content=b"one")
    await client.post("/org_1/notes/notes", content=b"two")
    await client.delete("/org_1/notes/notes?number=0001")
    assert await notes(client) == ["two"]


async def test_worlds_and_platforms_are_separate(client: httpx2.AsyncClient) -> None:
    await client.post("/org_1/notes/notes", content=b"mine")
    assert await notes(client, "org_2/notes") == []
    assert await notes(client, "org_1/pins") == []
    assert await notes(client) == ["mine"]


async def test_requests_of_one_world_run_one_after_another(client: httpx2.AsyncClient) -> None:
    texts = [str(number) for number in range(50)]
    await asyncio.gather(*(client.post("/org_1/notes/notes", content=text.encode()) for text in texts))
    assert sorted(await notes(client), key=int) == texts


async def test_file_is_stored_and_returned_after_a_restart(surroundings: Surroundings, store: Store) -> None:
    async with open_client(surroundings.app(store)) as client:
        for name, content in (("a", b"one"), ("b", b"\0two"), ("a", b"new")):
            assert (await client.put(f"/org_1/notes/files?store={name}", content=content)).is_success
    async with open_client(surroundings.app(store)) as client:
        assert (await client.get("/org_1/notes/files?file=a&file=b&file=lost")).content == b"new\0two"
        assert (await client.get("/org_2/notes/files?file=a")).content == b""
        await client.put("/org_1/notes/files?remove=a")
        assert (await client.get("/org_1/notes/files?file=a&file=b")).content == b"\0two"
        assert (await client.delete("/control/org_1", headers=CONTROL)).is_success
        assert (await client.get("/org_1/notes/files?file=b")).content == b""


async def test_body_that_is_not_kept_in_memory_is_measured(client: httpx2.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(KEPT_IN_MEMORY_MAX_BYTES // 2**20 + 1):
            yield bytes(2**20)

    reply = await client.put("/org_1/notes/files", content=pieces())
    assert reply.json() == {"size": KEPT_IN_MEMORY_MAX_BYTES + 2**20, "in_memory": 0}


@pytest.mark.parametrize("path", ["/org_1/nowhere/notes", "/org.1/notes/notes", f"/{'x' * 65}/notes/notes", "/org_1"])
async def test_unknown_path_is_not_found(client: httpx2.AsyncClient, path: str) -> None:
    reply = await client.get(path)
    assert reply.status_code == 404
    assert reply.json()["error"]["code"] == "not_found"


async def test_health_needs_no_token(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/health")).json() == {"status": "ok"}


async def test_body_over_the_limit_is_rejected_before_it_is_read(client: httpx2.AsyncClient) -> None:
    headers = {"content-length": str(SANDBOX_REQUEST_MAX_BYTES + 1)}
    assert (await client.post("/org_1/notes/notes", content=b"x", headers=headers)).status_code == 413
    assert await notes(client) == []


async def test_late_reply_is_delayed(client: httpx2.AsyncClient, surroundings: Surroundings) -> None:
    reply = await client.post("/org_1/notes/notes?delay=3", content=b"slow")
    assert reply.json() == {"notes": ["slow"]}
    assert surroundings.slept_s == [3.0]


async def test_other_requests_are_served_during_a_delay(store: Store) -> None:
    class Stuck(Surroundings):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            fallen_asleep.set()
            await woken.wait()

    fallen_asleep, woken = asyncio.Event(), asyncio.Event()
    async with open_client(Stuck().app(store)) as client:
        slow = asyncio.create_task(client.post("/org_1/notes/notes?delay=3", content=b"slow"))
        await fallen_asleep.wait()
        assert await notes(client) == ["slow"]
        assert not slow.done()
        woken.set()
        assert (await slow).status_code == 200


async def test_delay_ends_when_the_client_disconnects() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def sleep(_seconds: float) -> None:
        await asyncio.Event().wait()

    response = SimulatedResponse(SimulatedReply(status=200, delay_s=3600), sleep)
    await asyncio.wait_for(response({"type": "http"}, receive, send), 5)
    assert sent == []


async def test_failing_simulator_changes_nothing(client: httpx2.AsyncClient) -> None:
    await client.post("/org_1/notes/notes", content=b"before")
    assert (await client.post("/org_1/notes/notes?fail=1", content=b"lost")).status_code == 500
    await client.post("/org_1/notes/notes", content=b"after")
    assert await notes(client) == ["before", "after"]


async def test_reply_is_not_sent_when_its_changes_cannot_be_stored(client: httpx2.AsyncClient, store: Store) -> None:
    await client.post("/org_1/notes/notes", content=b"before")
    store._connection.execute("PRAGMA query_only = ON")
    assert (await client.post("/org_1/notes/notes", content=b"lost")).status_code == 500
    store._connection.execute("PRAGMA query_only = OFF")
    assert await notes(client) == ["before"]
