"""The tool that reads events."""

from datetime import datetime

from letmepost_client import AsyncClient
from pydantic import Field

from letmepost.mcp.schemas import Arguments, ToolResult
from letmepost.mcp.tools.outcomes import ErrorSummary
from letmepost.mcp.tools.tool import tool


class ListEventsArguments(Arguments):
    """Where to read, and which types."""

    types: list[str] | None = Field(
        default=None, description="Only these types.", examples=[["post.published", "post.failed"]]
    )
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before; none for the oldest event.")


class EventSubject(ToolResult):
    """What an event is about."""

    post_id: str | None = None
    batch_id: str | None = None
    account_id: str | None = None
    platform: str | None = None
    status: str | None = None
    url: str | None = None
    error: ErrorSummary | None = None


class EventSummary(ToolResult):
    """An event."""

    id: str | None = None
    type: str
    created_at: datetime | None = None
    data: EventSubject


class EventSummaries(ToolResult):
    """A page of events, oldest first."""

    data: list[EventSummary]
    next_cursor: str | None = Field(
        default=None, description="Pass it as `cursor` to continue, also later: new events follow."
    )


@tool("Read events", is_read_only=True)
async def list_events(client: AsyncClient, given: ListEventsArguments) -> EventSummaries:
    """Read what has happened to posts and accounts, oldest first. Keep `next_cursor` to read only new events later."""
    return EventSummaries.model_validate(await client.events.list(**given.model_dump(exclude_none=True)).next_page())


TOOLS = (list_events,)
