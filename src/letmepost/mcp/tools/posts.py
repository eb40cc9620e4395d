"""The tools that check, publish, read, cancel and retry posts."""

from contextlib import suppress
from typing import Any

from letmepost_client import ApiError, AsyncClient, ConnectionFailed
from pydantic import Field

from letmepost.mcp.failures import InvalidArguments
from letmepost.mcp.schemas import Arguments
from letmepost.mcp.tools.contents import (
    CreatePostArguments,
    GivenPost,
    GivenTime,
    IdempotencyKey,
    ProfileId,
    SchedulePostArguments,
    ValidatePostArguments,
)
from letmepost.mcp.tools.outcomes import (
    CancelOutcome,
    PostCheck,
    PostReport,
    PostSummaries,
    PostSummary,
    PublishOutcome,
    outcome_of,
)
from letmepost.mcp.tools.tool import tool

_MAY_HAVE_CHANGED = frozenset({"queued", "publishing", "held"})


class OnePost(Arguments):
    """The id of a post."""

    post_id: str = Field(min_length=1, description="The id of a post.", examples=["post_01KBF3A6M0QJ5V8T2N4X7Z9C1D"])


class RetryPostArguments(OnePost, GivenTime):
    """A post to publish again."""

    idempotency_key: IdempotencyKey


class ListPostsArguments(Arguments):
    """Filters of posts."""

    status: list[str] | None = Field(default=None, description="Only these statuses.", examples=[["failed", "held"]])
    platform: list[str] | None = Field(default=None, description="Only these platforms.")
    account_id: list[str] | None = Field(default=None, description="Only these accounts.")
    batch_id: str | None = Field(default=None, description="Only the posts of one call of create_post.")
    profile_id: ProfileId
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before.")


@tool("Validate a post", is_read_only=True)
async def validate_post(client: AsyncClient, given: ValidatePostArguments) -> PostCheck:
    """Check a post against every limit of its platforms, with a preview of the first request to each.

    Nothing is stored or published. Call it before create_post or schedule_post with the same arguments.
    """
    return PostCheck.model_validate(await client.posts.validate(**_fields(given)))


@tool("Publish a post now", is_destructive=True, reaches_platforms=True)
async def create_post(client: AsyncClient, given: CreatePostArguments) -> PublishOutcome:
    """Publish a post now to up to 25 accounts, and wait for the outcome of each.

    A post is published on an account only if `is_published` is true for that target. If `in_progress` is true, call
    get_post later; do not create the post again. A broken limit of one platform rejects the whole request.
    """
    return await _publish(client, given, wait_s=given.wait_s)


@tool("Schedule a post", is_destructive=True, reaches_platforms=True)
async def schedule_post(client: AsyncClient, given: SchedulePostArguments) -> PublishOutcome:
    """Store a post to be published later, at `scheduled_at` or `schedule`. cancel_post cancels it until then."""
    if given.scheduled_at is None and given.schedule is None:
        raise InvalidArguments("Pass either `scheduled_at` or `schedule`. Use create_post to publish now.")
    return await _publish(client, given)


@tool("Get a post", is_read_only=True)
async def get_post(client: AsyncClient, given: OnePost) -> PostReport:
    """Return a post with its status and every attempt. Only the status `published` means that all of it is visible."""
    return PostReport.model_validate(await client.posts.get(given.post_id))


@tool("List posts", is_read_only=True)
async def list_posts(client: AsyncClient, given: ListPostsArguments) -> PostSummaries:
    """List posts, newest first, with filters."""
    return PostSummaries.model_validate(await client.posts.list(**_fields(given), limit=given.limit).next_page())


@tool("Cancel a post", is_destructive=True)
async def cancel_post(client: AsyncClient, given: OnePost) -> CancelOutcome:
    """Cancel a post that is not published yet. A published post stays."""
    return CancelOutcome.model_validate(await client.posts.cancel(given.post_id))


@tool("Retry a post", is_destructive=True, reaches_platforms=True)
async def retry_post(client: AsyncClient, given: RetryPostArguments) -> PostSummary:
    """Queue a post again that is failed, rejected, canceled or partial: now, or at a time.

    It is not published yet when this returns. Call get_post for the outcome.
    """
    post = await client.posts.retry(given.post_id, idempotency_key=given.idempotency_key, **_fields(given, "post_id"))
    return PostSummary.model_validate(post)


async def _publish(
    client: AsyncClient, given: CreatePostArguments | SchedulePostArguments, wait_s: int | None = None
) -> PublishOutcome:
    batch = await client.posts.create(**_fields(given), idempotency_key=given.idempotency_key, wait_s=wait_s)
    if batch.status in _MAY_HAVE_CHANGED:
        # The response to a repeated key is the first one, which may be old. An error here, such as that of a missing
        # scope, must not look as if the post had not been accepted.
        with suppress(ApiError, ConnectionFailed):
            batch = await client.batches.get(batch.id)
    return outcome_of(batch)


def _fields(given: GivenPost | GivenTime | ListPostsArguments, *but: str) -> dict[str, Any]:
    """Return the given arguments. An explicit null stays, because it removes a value of a target."""
    return given.model_dump(exclude_unset=True, exclude={"idempotency_key", "wait_s", "limit", *but})


TOOLS = (validate_post, create_post, schedule_post, get_post, list_posts, cancel_post, retry_post)
