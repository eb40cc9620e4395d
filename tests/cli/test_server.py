"""The server of the commands, which stops in order."""

import asyncio
import socket

import httpx2
from starlette.types import Receive, Scope, Send

from letmepost.cli.protocol import LimitedConfig
from letmepost.cli.server import Server, ServerHooks
from tests.doubles.waiting import PATIENCE_S


async def test_stop_hook_is_called_before_the_server_waits_for_requests() -> None:
    """Otherwise, a follower of a stream would delay the stop until it is cut off."""
    stopping, begun = asyncio.Event(), asyncio.Event()

    async def follow(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        begun.set()
        await stopping.wait()
        await send({"type": "http.response.body", "body": b"the end"})

    config = LimitedConfig(follow, lifespan="off", log_level="warning", timeout_graceful_shutdown=None)
    server = Server(config, ServerHooks(on_stop=stopping.set))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        async with httpx2.AsyncClient(timeout=PATIENCE_S) as http:
            asked = asyncio.create_task(http.get(f"http://127.0.0.1:{listener.getsockname()[1]}/"))
            await begun.wait()
            server.should_exit = True
            assert (await asked).text == "the end"
        await running


async def test_headers_of_more_than_64_kib_are_rejected_over_a_socket() -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    server = Server(LimitedConfig(answer, lifespan="off", log_level="critical"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx2.AsyncClient(base_url=url, timeout=PATIENCE_S) as http:
            assert (await http.get("/", headers={"a": "x" * 60_000})).text == "ok"
            rejected = await http.get("/", headers={"a": "x" * 66_000})
            assert (rejected.status_code, rejected.json()["error"]["rule"]) == (431, "headers.size_max")
        server.should_exit = True
        await running
