"""`letmepost mcp` as a process, which an MCP client starts."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from mcp import Client, StdioServerParameters, stdio_client

from letmepost.domain.api_keys import ENTROPY_BYTES, Mode, mint
from letmepost.mcp.tools import TOOLS
from tests.deployment import serving
from tests.http.support import Tenant
from tests.mcp.support import call, refusal

pytestmark = pytest.mark.slow


@asynccontextmanager
async def started(key: str, url: str, *options: str) -> AsyncIterator[Client]:
    """Start the command, and connect to it."""
    environment = {"LETMEPOST_API_KEY": key, "LETMEPOST_URL": url}
    command = StdioServerParameters(command=sys.executable, args=["-m", "letmepost", "mcp", *options], env=environment)
    async with Client(stdio_client(command)) as client:
        yield client


async def test_agent_publishes_and_reads_a_post_over_stdio(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account()
    async with serving(tenant.deployment.app) as url, started(tenant.client.key, url) as agent:
        assert [tool.name for tool in (await agent.list_tools()).tools] == list(TOOLS)
        given = {"targets": [{"account_id": account}], "text": "Hello", "idempotency_key": "one"}
        made = await call(agent, "create_post", **given)
        assert (made["mode"], made["all_published"]) == ("test", True)
        assert await call(agent, "create_post", **given) == made
        post = await call(agent, "get_post", post_id=made["targets"][0]["post_id"])
        assert (post["status"], post["text"]) == ("published", "Hello")
    assert [seen["text"] for seen in await tenant.followers_see()] == ["Hello"]


async def test_option_compat_adds_a_tool_for_each_operation(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account()
    async with serving(tenant.deployment.app) as url, started(tenant.client.key, url, "--compat") as agent:
        names = {tool.name for tool in (await agent.list_tools()).tools}
        assert {"create_post", "post_v1_posts", "get_v1_posts_by_id"} <= names
        made = await call(agent, "post_v1_posts", targets=[{"accountId": account}], text="Hello", idempotencyKey="one")
        assert made["status"] == "published"


async def test_interrupt_ends_the_command_while_it_waits_for_input() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "letmepost", "mcp"),
        env={**os.environ, "LETMEPOST_API_KEY": mint(Mode.TEST, bytes(ENTROPY_BYTES))},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
    assert json.loads(await process.stdout.readline())["id"] == 1
    process.send_signal(signal.SIGINT)
    assert await process.wait() == -signal.SIGINT


async def test_rejected_key_and_unreachable_server_are_tool_errors(tenant: Tenant) -> None:
    unknown = mint(Mode.TEST, bytes(ENTROPY_BYTES))
    async with serving(tenant.deployment.app) as url, started(unknown, url) as agent:
        assert (await refusal(agent, "list_accounts"))["code"] == "unauthenticated"
    async with started(tenant.client.key, "http://127.0.0.1:1") as agent:
        error = await refusal(agent, "list_accounts")
        assert (error["code"], error["retryable"]) == ("connection_failed", True)
