"""The endpoint of MCP clients with two processes on one port."""

from pathlib import Path

import httpx2
import psutil
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.cli.served import Served, make_key, only, served
from tests.database import DatabaseURLs
from tests.mcp.support import call


async def _list_platforms(running: Served, child: psutil.Process, agent: Client) -> list[str]:
    with only(running, child):
        return [found["platform"] for found in (await call(agent, "list_platforms"))["data"]]


async def test_any_process_answers_the_messages_of_a_client(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    async with served(database_urls, redis_url, tmp_path) as running:
        headers = {"authorization": f"Bearer {await make_key(running)}"}
        # Without kept connections, each message can reach another process.
        limits = httpx2.Limits(max_keepalive_connections=0)
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60, limits=limits) as http,
            Client(streamable_http_client(f"{running.url}/mcp", http_client=http), mode="legacy") as agent,
        ):
            first, second = running.children()
            names = await _list_platforms(running, first, agent)
            assert names
            assert await _list_platforms(running, second, agent) == names
