"""Connects the SDK's client."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

URL = "http://letmepost.test/mcp"


@asynccontextmanager
async def connected(app: FastAPI, key: str, *, url: str = URL, mode: str = "auto") -> AsyncIterator[Client]:
    """Connect over streamable HTTP to an application in this process.

    Args:
        mode: `legacy` is the handshake of protocol versions before 2026-07-28.
    """
    headers = {"authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool that must succeed; return its result."""
    result = await client.call_tool(tool, arguments)
    fields = content_of(result)
    assert not result.is_error, fields
    return fields


async def refusal(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool that must fail; return the error."""
    result = await client.call_tool(tool, arguments)
    fields = content_of(result)
    assert result.is_error, fields
    error: dict[str, Any] = fields["error"]
    return error


def content_of(result: CallToolResult) -> dict[str, Any]:
    """Return the data of a result, which its text repeats."""
    [text] = result.content
    assert isinstance(text, TextContent)
    assert json.loads(text.text) == result.structured_content
    fields: dict[str, Any] = result.structured_content or {}
    assert fields["mode"] in {"test", "live"}
    return fields
