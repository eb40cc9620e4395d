"""The tools that list accounts and platforms."""

from typing import Any

from letmepost_client import AsyncClient
from letmepost_client.models.platforms import Platform
from pydantic import Field

from letmepost.mcp.failures import InvalidArguments
from letmepost.mcp.schemas import Arguments, ToolResult
from letmepost.mcp.tools.contents import ProfileId
from letmepost.mcp.tools.tool import tool


class ListAccountsArguments(Arguments):
    """Filters of accounts."""

    platform: list[str] | None = Field(default=None, description="Only these platforms.")
    status: list[str] | None = Field(default=None, description="Only these statuses.", examples=[["active"]])
    profile_id: ProfileId
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before.")


class AccountSummary(ToolResult):
    """A connected account."""

    id: str
    platform: str
    handle: str | None = None
    display_name: str | None = None
    status: str = Field(description="`active` accounts can publish. A person must reconnect `reauth_required` ones.")
    profile_id: str


class AccountSummaries(ToolResult):
    """A page of accounts, newest first."""

    data: list[AccountSummary]
    next_cursor: str | None = Field(default=None, description="Pass it as `cursor` for the next page.")


class ListPlatformsArguments(Arguments):
    """Which platform to describe."""

    platform: str | None = Field(
        default=None, description="The name of one platform, for its limits and the schema of its options."
    )


class LimitSummary(ToolResult):
    """A limit of a platform."""

    rule: str
    summary: str
    limit: int | float | str | None = None
    unit: str | None = None


class PlatformSummary(ToolResult):
    """A platform. `limits` and `options_schema` are returned only for the platform that was asked for."""

    platform: str = Field(description="The name for `platform` and `options` of a post.")
    title: str
    state: str
    can_unpublish: bool
    limits: list[LimitSummary] | None = None
    options_schema: dict[str, Any] | None = None


class PlatformSummaries(ToolResult):
    """Platforms."""

    data: list[PlatformSummary]


@tool("List accounts", is_read_only=True)
async def list_accounts(client: AsyncClient, given: ListAccountsArguments) -> AccountSummaries:
    """List the connected accounts that this API key can publish to. Their ids are targets of create_post."""
    page = await client.accounts.list(**given.model_dump(exclude_none=True)).next_page()
    return AccountSummaries.model_validate(page)


@tool("List platforms", is_read_only=True)
async def list_platforms(client: AsyncClient, given: ListPlatformsArguments) -> PlatformSummaries:
    """List the platforms. With `platform`, return the limits and the schema of the options of that one."""
    platforms = await client.platforms.list()
    if given.platform is None:
        return PlatformSummaries(data=[_short(found) for found in platforms])
    wanted = [PlatformSummary.model_validate(found) for found in platforms if found.platform == given.platform]
    if not wanted:
        names = ", ".join(found.platform for found in platforms)
        raise InvalidArguments(f"There is no platform `{given.platform}`. These exist: {names}.")
    return PlatformSummaries(data=wanted)


def _short(found: Platform) -> PlatformSummary:
    return PlatformSummary.model_validate(found).model_copy(update={"limits": None, "options_schema": None})


TOOLS = (list_accounts, list_platforms)
