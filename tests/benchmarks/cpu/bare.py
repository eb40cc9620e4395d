"""The cost of a minimal request: a FastAPI route that does nothing, and a `SELECT` by plain asyncpg."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection

import asyncpg
import psutil
from fastapi import FastAPI

from letmepost.cli.dev.processes import free_port
from letmepost.cli.run_server import run_server
from tests.doubles.waiting import eventually

PATH = "/bare"
_SELECT = "SELECT name FROM organizations WHERE id = $1"
_WARM_UP = 200


@asynccontextmanager
async def bare_api() -> AsyncIterator[tuple[str, psutil.Process]]:
    """Serve the route like `letmepost serve`. Yield the URL of the server, and its process."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve_route, args=(port,), daemon=True)
    process.start()

    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await eventually(listens, within_s=120)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        await asyncio.to_thread(process.join)


def _serve_route(port: int) -> None:
    app = FastAPI()

    @app.get(PATH)
    async def answer() -> dict[str, str]:
        return {"id": "bare", "status": "ok"}

    run_server(app, host="127.0.0.1", port=port)


async def select_by_key(url: str, times: int) -> float:
    """Execute a prepared `SELECT` by primary key repeatedly, and return the client's processor time in seconds.

    The executions are sequential, on one connection in a separate process, on the event loop of the API.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_select, args=(url, times, there), daemon=True)
    process.start()
    there.close()  # so that reading from a dead process raises EOFError
    took_s = await asyncio.to_thread(here.recv)
    await asyncio.to_thread(process.join)
    return float(took_s)


def _select(url: str, times: int, pipe: Connection) -> None:
    from uvicorn.loops.auto import auto_loop_factory  # noqa: PLC0415 - needed in this process only

    async def select() -> float:
        connection = await asyncpg.connect(url)
        statement = await connection.prepare(_SELECT)
        key = await connection.fetchval("SELECT id FROM organizations LIMIT 1")
        for number in range(_WARM_UP + times):
            if number == _WARM_UP:
                began_s = time.process_time()
            await statement.fetchval(key)
        took_s = time.process_time() - began_s
        await connection.close()
        return took_s

    with asyncio.Runner(loop_factory=auto_loop_factory(use_subprocess=False)) as runner:
        pipe.send(runner.run(select()))
