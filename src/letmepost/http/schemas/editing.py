"""Changing, judging and explaining posts."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from letmepost.domain.ids import Prefix, spell
from letmepost.domain.posts import PostStatus
from letmepost.domain.sizes import URL_MAX_CHARS
from letmepost.domain.violations import Violation
from letmepost.http.schemas.base import Body, GivenMoment, Left, Moment, View
from letmepost.http.schemas.contents import Content, CreatePost, Metadata
from letmepost.http.schemas.post_queries import FilterBody
from letmepost.services.posts.change import PostChange
from letmepost.services.posts.retry import Resolution
from letmepost.services.posts.timeline import TimelineEntry
from letmepost.services.posts.validate import Preview, TargetVerdict
from letmepost.storage.posts.posts import PostRow

BULK_MAX = 100


class ChangePost(Content):
    """Only what is sent changes; `null` removes."""

    scheduled_at: GivenMoment | None = None
    metadata: Metadata = None

    def to_change(self) -> PostChange:
        """For the use cases."""
        return PostChange(content=self.to_content(), scheduled_at=self.scheduled_at, metadata=self.metadata)


class When(Body):
    """When to go out; left out, now."""

    scheduled_at: GivenMoment | None = None


class RetryMany(When):
    """Every post that fits and can be retried, up to 1 000 a request."""

    filter: FilterBody


class Retried(View):
    """What was queued again."""

    post_ids: Sequence[str]

    @classmethod
    def of(cls, post_ids: Sequence[UUID]) -> "Retried":
        """Show the ids of posts."""
        return cls(post_ids=[spell(Prefix.POST, post_id) for post_id in post_ids])


class Resolve(Body):
    """What a person found out about a post whose outcome could not be learnt."""

    outcome: Literal["published", "not_published"]
    uri: str | None = Field(default=None, max_length=URL_MAX_CHARS)

    def to_resolution(self) -> Resolution:
        """For the use cases."""
        return Resolution(is_published=self.outcome == "published", uri=self.uri)


class Canceled(View):
    """It will not go out."""

    id: str
    status: PostStatus

    @classmethod
    def of(cls, post: PostRow) -> "Canceled":
        """Show a canceled post."""
        return cls(id=spell(Prefix.POST, post.id), status=post.status)


class ViolationView(View):
    """A broken rule, and what to do."""

    rule: str
    field: str
    message: str
    remediation: str
    limit: Left[int | float | str] = None
    actual: Left[int | float | str] = None
    unit: Left[str] = None

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
        )


class PreviewView(View):
    """The exact first request that would be sent, without what authenticates it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any

    @classmethod
    def of(cls, preview: Preview) -> "PreviewView":
        """Show a preview."""
        return cls(method=preview.method, url=preview.url, headers=preview.headers, body=preview.body)


class JudgedView(View):
    """What preflight says of one target."""

    account_id: str
    platform: str
    valid: bool
    violations: Sequence[ViolationView]
    warnings: Sequence[ViolationView]
    preview: Left[PreviewView] = None

    @classmethod
    def of(cls, verdict: TargetVerdict) -> "JudgedView":
        """Show a verdict."""
        return cls(
            account_id=spell(Prefix.ACCOUNT, verdict.account_id),
            platform=verdict.platform,
            valid=not verdict.violations,
            violations=[ViolationView.of(found) for found in verdict.violations],
            warnings=[ViolationView.of(found) for found in verdict.warnings],
            preview=None if verdict.preview is None else PreviewView.of(verdict.preview),
        )


class Validated(View):
    """What preflight says of a request. Nothing was stored, nothing was sent."""

    valid: bool
    targets: Sequence[JudgedView]


class MomentView(View):
    """One thing that happened to a post."""

    at: Moment
    kind: str
    message: str
    data: Mapping[str, Any]


class Timeline(View):
    """What happened to a post, first to last."""

    data: Sequence[MomentView]

    @classmethod
    def of(cls, moments: Sequence[TimelineEntry]) -> "Timeline":
        """Show a timeline."""
        return cls(
            data=[MomentView(at=found.at, kind=found.kind, message=found.message, data=found.data) for found in moments]
        )


class BulkPost(CreatePost):
    """One request of a bulk, with its own key."""

    idempotency_key: str | None = Field(default=None, pattern=r"^[\x21-\x7e]{1,255}$")


class Bulk(Body):
    """Up to 100 requests; each is carried out by itself, and none is waited for."""

    posts: Sequence[Any] = Field(min_length=1, max_length=BULK_MAX)


class BulkAnswer(View):
    """What one request of a bulk was answered."""

    status: int
    body: Any


class BulkAnswers(View):
    """The answers, in the order of the requests."""

    data: Sequence[BulkAnswer]
