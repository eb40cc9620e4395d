"""Changing, judging and explaining posts."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from letmepost.domain.costs import Cost
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.posts import PostStatus
from letmepost.domain.sizes import URL_MAX_CHARS
from letmepost.domain.violations import Violation
from letmepost.http.schemas.base import Body, DescribedAs, Left, Moment, View
from letmepost.http.schemas.batches import BatchView
from letmepost.http.schemas.contents import Content, CreatePost, Metadata
from letmepost.http.schemas.errors import COMMAND, ErrorEnvelope
from letmepost.http.schemas.fitting import FittedMediaView
from letmepost.http.schemas.post_queries import RetryFilter
from letmepost.http.schemas.schedules import PublishTime
from letmepost.services.posts.change import PostChange
from letmepost.services.posts.retry import Resolution
from letmepost.services.posts.timeline import TimelineEntry
from letmepost.services.posts.validate import Preview, TargetVerdict
from letmepost.storage.posts.posts import PostRow

BULK_MAX = 100


class ChangePost(Content, PublishTime):
    """Only the fields that are sent change. `null` removes a value."""

    metadata: Metadata = None

    def to_change(self) -> PostChange:
        """For the use cases."""
        return PostChange(content=self.to_content(), schedule=self.to_schedule(), metadata=self.metadata)


class RetryPostsInBulk(PublishTime):
    """Every post that matches the filter and can be retried, up to 1,000 per request."""

    filter: RetryFilter


class RetriedPosts(View):
    """The posts that were queued again."""

    post_ids: Sequence[str]

    @classmethod
    def of(cls, post_ids: Sequence[UUID]) -> "RetriedPosts":
        """Show the ids of posts."""
        return cls(post_ids=[format_id(Prefix.POST, post_id) for post_id in post_ids])


class ResolvePost(Body):
    """The outcome that a person has found for a post whose outcome could not be confirmed."""

    outcome: Literal["published", "not_published"]
    uri: str | None = Field(default=None, max_length=URL_MAX_CHARS)

    def to_resolution(self) -> Resolution:
        """For the use cases."""
        return Resolution(is_published=self.outcome == "published", uri=self.uri)


class CanceledPost(View):
    """A post that will not be published."""

    id: str
    status: PostStatus

    @classmethod
    def of(cls, post: PostRow) -> "CanceledPost":
        """Show a canceled post."""
        return cls(id=format_id(Prefix.POST, post.id), status=post.status)


class ViolationView(View):
    """A broken rule, and how to fix it."""

    rule: str
    field: str
    message: str
    remediation: str
    limit: Left[int | float | str] = None
    actual: Left[int | float | str] = None
    unit: Left[str] = None
    command: Left[str] = Field(default=None, description=COMMAND)

    @classmethod
    def of(cls, found: Violation) -> "ViolationView":
        """Show a violation."""
        return cls(
            rule=found.rule,
            field=found.field,
            message=found.message,
            remediation=found.remediation,
            limit=found.limit,
            actual=found.actual,
            unit=found.unit,
            command=found.command,
        )


class RequestPreviewView(View):
    """The first request that would be sent to the platform, without credentials."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
    fit: Left[Sequence[FittedMediaView]] = Field(
        default=None, description="The images that are converted first. Omitted if there are none."
    )

    @classmethod
    def of(cls, preview: Preview) -> "RequestPreviewView":
        """Show a preview."""
        fit = [FittedMediaView.of(item, item.recipe) for item in preview.fitted if item.recipe is not None]
        return cls(method=preview.method, url=preview.url, headers=preview.headers, body=preview.body, fit=fit or None)


class PublicationCostView(View):
    """What the platform charges the deployment's app for publishing. Retries and look-ups cost extra."""

    unit: str = Field(description="`micro_usd`: millionths of a US dollar.")
    amount: int

    @classmethod
    def of(cls, cost: Cost) -> "PublicationCostView":
        """Show a cost."""
        return cls(unit=cost.unit, amount=cost.amount)


class TargetValidationView(View):
    """The result of preflight for one target."""

    account_id: str
    platform: str
    valid: bool
    violations: Sequence[ViolationView]
    warnings: Sequence[ViolationView]
    preview: Left[RequestPreviewView] = None
    cost: Left[PublicationCostView] = Field(default=None, description="Omitted if the platform charges nothing.")

    @classmethod
    def of(cls, verdict: TargetVerdict) -> "TargetValidationView":
        """Show a verdict."""
        return cls(
            account_id=format_id(Prefix.ACCOUNT, verdict.account_id),
            platform=verdict.platform,
            valid=not verdict.violations,
            violations=[ViolationView.of(found) for found in verdict.violations],
            warnings=[ViolationView.of(found) for found in verdict.warnings],
            preview=None if verdict.preview is None else RequestPreviewView.of(verdict.preview),
            cost=None if verdict.cost is None else PublicationCostView.of(verdict.cost),
        )


class PostValidation(View):
    """The result of preflight. Nothing was stored, and nothing was sent."""

    valid: bool
    scheduled_at: Left[Moment] = Field(default=None, description="The time of publication, if the request has one.")
    targets: Sequence[TargetValidationView]


class TimelineEntryView(View):
    """An entry of a timeline. `kind` is for programs, `message` for people."""

    at: Moment
    kind: str
    message: str
    data: Mapping[str, Any]


class PostTimeline(View):
    """What happened to a post, first to last."""

    data: Sequence[TimelineEntryView]

    @classmethod
    def of(cls, moments: Sequence[TimelineEntry]) -> "PostTimeline":
        """Show a timeline."""
        return cls(
            data=[
                TimelineEntryView(at=found.at, kind=found.kind, message=found.message, data=found.data)
                for found in moments
            ]
        )


class BulkPost(CreatePost):
    """A request of a bulk."""

    idempotency_key: str | None = Field(default=None, pattern=r"^[\x21-\x7e]{1,255}$")


class CreatePostsInBulk(Body):
    """Up to 100 requests. Each is run independently of the others."""

    posts: Annotated[Sequence[Any], DescribedAs(Sequence[BulkPost])] = Field(min_length=1, max_length=BULK_MAX)


class BulkItemResult(View):
    """The response to one request of a bulk: `body` is the batch, or the error if `status` is 400 or higher."""

    status: int
    body: Annotated[Any, DescribedAs(BatchView | ErrorEnvelope)]


class BulkResult(View):
    """The responses, in the order of the requests."""

    data: Sequence[BulkItemResult]
