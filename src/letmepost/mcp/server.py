"""The server: lists tools, and runs them."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import structlog
from letmepost_client import ApiError, ConnectionFailed
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)
from pydantic import ValidationError

from letmepost import __version__
from letmepost.mcp.api_tools import ApiTools
from letmepost.mcp.failures import InvalidArguments, failure_of
from letmepost.mcp.schemas import Arguments
from letmepost.mcp.session import Session
from letmepost.mcp.tools import TOOLS
from letmepost.mcp.tools.tool import Tool

MessageContext: TypeAlias = ServerRequestContext[Any, Any]

INSTRUCTIONS = """\
Publish to the social media accounts that are connected to letmepost.

Every result states `mode`: `test` is simulated, `live` is public. Call list_accounts for targets, validate_post before
publishing, then create_post or schedule_post with a new idempotency_key for each new post. A post is published only if
`is_published` is true; otherwise read `status` and `error`. While `in_progress` is true, call get_post later, for a
scheduled post after its time."""

_DEFECT = {
    "code": "internal_error",
    "message": "The tool failed unexpectedly.",
    "fix": "Repeat the call with the same idempotency_key, which is safe. If it fails again, report it.",
    "retryable": True,
}

log = structlog.get_logger()


def create_server(session_of: Callable[[MessageContext], Session]) -> Server[Any]:
    """Return a server.

    Args:
        session_of: returns who sends a message.
    """
    api_tools = ApiTools()

    async def list_tools(context: MessageContext, _: PaginatedRequestParams | None) -> ListToolsResult:
        session = session_of(context)
        tools = [tool.description for tool in TOOLS.values()]
        if session.has_api_tools:
            tools += [tool.description for tool in (await api_tools.read(session.client)).values()]
        return ListToolsResult(tools=tools)

    async def call_tool(context: MessageContext, params: CallToolRequestParams) -> CallToolResult:
        session = session_of(context)
        try:
            return result_of(session, await _run(session, api_tools, params.name, params.arguments or {}))
        except (ApiError, ConnectionFailed, InvalidArguments) as error:
            return result_of(session, {"error": failure_of(error)}, is_error=True)
        except MCPError:
            raise
        except Exception:
            log.exception("mcp.defect", tool=params.name)
            return result_of(session, {"error": _DEFECT}, is_error=True)

    return Server(
        "letmepost",
        title="letmepost",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        # No argument is also sent as a header. Without this, each call of a tool would list all tools.
        get_tool_input_schema=lambda _: None,
    )


async def _run(session: Session, api_tools: ApiTools, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    tool = TOOLS.get(name)
    if tool is not None:
        result = await tool.run(session.client, _parsed(tool, arguments))
        return result.model_dump(mode="json", exclude_none=True)
    if session.has_api_tools and (api_tool := (await api_tools.read(session.client)).get(name)) is not None:
        return await api_tool.run(session.client, arguments)
    raise MCPError(code=INVALID_PARAMS, message=f"There is no tool {name!r}.")


def _parsed(tool: Tool, arguments: dict[str, Any]) -> Arguments:
    try:
        return tool.arguments.model_validate(arguments)
    except ValidationError as error:
        raise InvalidArguments.of(error) from error


def result_of(session: Session, fields: dict[str, Any], *, is_error: bool = False) -> CallToolResult:
    """Return a result as data, and as the same data in JSON for clients that read only text."""
    content = {"mode": session.mode, **fields}
    text = json.dumps(content, ensure_ascii=False)
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=content, is_error=is_error)
