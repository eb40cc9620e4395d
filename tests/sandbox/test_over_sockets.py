"""Behavior that needs a real server and a real client."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette

from letmepost.sandbox import Store, open_store
from tests.sandbox.support import CONTROL, Surroundings


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    """Run a server on a free port, and yield its client."""
    server = uvicorn.Server(uvicorn.Config(app, ws="none", lifespan="off", log_level="critical"))
    listening = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve([listening]))
    try:
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx2.AsyncClient(base_url=base_url, timeout=5) as client:
            yield client
    finally:
        server.should_exit = True
        await running


async def test_lost_reply_breaks_the_connection_after_the_execution(surroundings: Surroundings, store: Store) -> None:
    async with serving(surroundings.app(store)) as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.post("/org_1/notes/notes?dropped=1", content=b"Hello")
        assert (await client.get("/org_1/notes/notes")).json() == {"notes": ["Hello"]}


async def test_lost_reply_of_a_fault_breaks_the_connection_once(surroundings: Surroundings, store: Store) -> None:
    async with serving(surroundings.app(store)) as client:
        await client.post("/control/org_1/notes/faults", json={"lost": True}, headers=CONTROL)
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.post("/org_1/notes/notes", content=b"Hello")
        assert (await client.get("/org_1/notes/notes")).json() == {"notes": ["Hello"]}


async def test_lost_reply_can_be_delayed(surroundings: Surroundings, store: Store) -> None:
    async with serving(surroundings.app(store)) as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.post("/org_1/notes/notes?dropped=1&delay=2", content=b"Hello")
    assert surroundings.slept_s == [2.0]


async def test_missing_reply_ends_with_the_timeout_of_the_client(store: Store) -> None:
    class Patient(Surroundings):
        async def sleep(self, seconds: float) -> None:
            try:
                await asyncio.sleep(seconds)
            finally:
                woken.set()

    woken = asyncio.Event()
    short = httpx2.Timeout(5, read=0.1)
    async with serving(Patient().app(store)) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.post("/org_1/notes/notes?delay=3600", content=b"Hello", timeout=short)
        await asyncio.wait_for(woken.wait(), 5)


async def test_worlds_survive_a_restart(surroundings: Surroundings, tmp_path: Path) -> None:
    for number in range(2):
        store = open_store(tmp_path / "sandbox.db")
        async with serving(surroundings.app(store)) as client:
            seen = (await client.get("/control/org_1/notes/posts", headers=CONTROL)).json()["posts"]
            assert len(seen) == number
            await client.post("/org_1/notes/notes", content=b"Hello")
        store.close()
