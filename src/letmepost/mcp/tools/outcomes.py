"""What tools return about posts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from letmepost_client.models.batches import BatchData
from pydantic import Field, computed_field

from letmepost.mcp.schemas import ToolResult

_UNFINISHED = frozenset({"queued", "publishing", "retrying"})


class ErrorSummary(ToolResult):
    """Why something failed, and how to fix it."""

    code: str
    message: str
    rule: str | None = None
    fix: str | None = Field(default=None, validation_alias="remediation")
    retryable: bool | None = None


class ViolationSummary(ToolResult):
    """A broken limit of a platform, and how to fix it."""

    rule: str
    field: str
    message: str
    fix: str | None = Field(default=None, validation_alias="remediation")
    limit: int | float | str | None = None
    actual: int | float | str | None = None
    unit: str | None = None


class WarningSummary(ToolResult):
    """A problem that did not prevent publication."""

    code: str
    message: str


class PostState(ToolResult):
    """Whether a post was published."""

    account_id: str
    platform: str
    status: str = Field(
        description="Only `published` means that the whole post is visible. A post that is `partial`, `unconfirmed` or "
        "`awaiting_user` may be visible: do not create it again."
    )
    url: str | None = None
    published_at: datetime | None = None
    next_attempt_at: datetime | None = None
    warnings: list[WarningSummary]
    error: ErrorSummary | None = None

    @computed_field  # type: ignore[prop-decorator]  # https://github.com/python/mypy/issues/14461
    @property
    def is_published(self) -> bool:
        """True only if the whole post is visible on the platform."""
        return self.status == "published"

    @computed_field  # type: ignore[prop-decorator]  # as above
    @property
    def in_progress(self) -> bool:
        """True while the outcome is open: for a scheduled post, also until its time."""
        return self.status in _UNFINISHED


class TargetOutcome(PostState):
    """The outcome for one account."""

    post_id: str


class PublishOutcome(ToolResult):
    """The outcome for every account."""

    summary: str = Field(description="What has happened so far, in one sentence.")
    batch_id: str
    all_published: bool
    in_progress: bool = Field(description="True while the outcome for an account is open; also until a scheduled time.")
    scheduled_at: datetime | None = None
    targets: list[TargetOutcome]


def outcome_of(batch: BatchData) -> PublishOutcome:
    """Return the outcome of a batch."""
    targets = [TargetOutcome.model_validate(result) for result in batch.results]
    return PublishOutcome(
        summary=_summary(targets, batch.scheduled_at),
        batch_id=batch.id,
        all_published=all(target.is_published for target in targets),
        in_progress=any(target.in_progress for target in targets),
        scheduled_at=batch.scheduled_at,
        targets=targets,
    )


def _summary(targets: Sequence[TargetOutcome], scheduled_at: datetime | None) -> str:
    published = sum(target.is_published for target in targets)
    counts = f"Published on {published} of {len(targets)} targets."
    if scheduled_at is not None and all(target.status == "queued" for target in targets):
        return f"Scheduled for {scheduled_at.isoformat()}. Nothing is published yet."
    if any(target.in_progress for target in targets):
        return f"Not finished. {counts} Call get_post later; do not create the post again."
    return counts if published == len(targets) else f"{counts} Read `status` and `error` of the others."


class AttemptSummary(ToolResult):
    """An attempt to publish."""

    attempt_number: int
    started_at: datetime
    outcome: str | None = None
    error_code: str | None = None
    error_message: str | None = None


class PostSummary(PostState):
    """A post."""

    id: str
    batch_id: str
    text: str
    scheduled_at: datetime | None = None
    created_at: datetime
    metadata: dict[str, str]


class PostSummaries(ToolResult):
    """A page of posts, newest first."""

    data: list[PostSummary]
    next_cursor: str | None = Field(default=None, description="Pass it as `cursor` for the next page.")


class PostReport(PostSummary):
    """A post with every attempt."""

    attempts: list[AttemptSummary]


class CancelOutcome(ToolResult):
    """A post that will not be published."""

    id: str
    status: str


class PreviewSummary(ToolResult):
    """The first request that would be sent to the platform."""

    method: str
    url: str
    body: Any


class PublishingCost(ToolResult):
    """What the platform charges for publishing."""

    unit: str
    amount: int


class TargetCheck(ToolResult):
    """Whether a target breaks a limit."""

    account_id: str
    platform: str
    valid: bool
    violations: list[ViolationSummary]
    warnings: list[ViolationSummary]
    preview: PreviewSummary | None = None
    cost: PublishingCost | None = None


class PostCheck(ToolResult):
    """Whether a post breaks a limit. Nothing was published."""

    valid: bool
    targets: list[TargetCheck]
