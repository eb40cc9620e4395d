"""Posts, their attempts and timelines, and the results of checks."""

from datetime import datetime
from typing import Any

from letmepost_client.models.base import Model
from letmepost_client.models.batches import PostWarning, ThreadResult
from letmepost_client.models.errors import ErrorDetails, Lateness


class AccountOfPost(Model):
    """The account of a post."""

    id: str
    platform: str
    platform_account_id: str
    display_name: str | None = None


class Fit(Model):
    """How an image may be converted: either `background` or `crop`."""

    background: str | None = None
    crop: str | None = None


class Thumbnail(Model):
    """The image that a platform shows before a video plays."""

    media_id: str


class MediaReference(Model):
    """A media item of a post."""

    kind: str
    media_id: str
    alt_text: str | None = None
    title: str | None = None
    thumbnail: Thumbnail | None = None
    fit: Fit | None = None


class FirstComment(Model):
    """A reply or comment that is published after the post."""

    text: str


class PostThreadPart(Model):
    """A continuation post."""

    text: str
    media: list[MediaReference]


class Schedule(Model):
    """A wall-clock time in a zone."""

    at: str
    zone: str


class Post(Model):
    """A post."""

    id: str
    batch_id: str
    profile_id: str
    account_id: str
    account: AccountOfPost
    platform: str
    status: str
    text: str
    media_refs: list[MediaReference]
    first_comment: FirstComment | None = None
    thread: list[PostThreadPart] = []
    options: dict[str, Any] | None = None
    metadata: dict[str, str]
    scheduled_at: datetime | None = None
    schedule: Schedule | None = None
    published_at: datetime | None = None
    unpublished_at: datetime | None = None
    removed_at: datetime | None = None
    next_attempt_at: datetime | None = None
    platform_uri: str | None = None
    platform_cid: str | None = None
    url: str | None = None
    first_comment_uri: str | None = None
    thread_results: list[ThreadResult] = []
    warnings: list[PostWarning] = []
    error: ErrorDetails | None = None
    created_at: datetime
    updated_at: datetime


class UploadProgress(Model):
    """How much of a media item the platform has. It is updated every five seconds."""

    step: str
    sent_bytes: int
    total_bytes: int


class PlatformCall(Model):
    """A call to a platform. `status`: null if there was no response."""

    step: str | None = None
    method: str
    host: str
    path: str
    status: int | None = None
    ms: int


class PostAttempt(Model):
    """An attempt, with the calls that were made. The parts of an upload are one entry."""

    id: str
    attempt_number: int
    started_at: datetime
    finished_at: datetime | None = None
    succeeded: bool
    outcome: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    error: ErrorDetails | None = None
    waited_ms: int
    platform_ms: int | None = None
    calls: list[PlatformCall]


class PostDetail(Post):
    """A post with every attempt, and how late it is."""

    lateness: Lateness | None = None
    progress: UploadProgress | None = None
    attempts: list[PostAttempt]


class CanceledPost(Model):
    """A post that will not be published."""

    id: str
    status: str


class TimelineEntry(Model):
    """An entry of a timeline. `kind` is for programs, `message` for people."""

    at: datetime
    kind: str
    message: str
    data: dict[str, Any]


class Violation(Model):
    """A broken rule, and how to fix it."""

    rule: str
    field: str
    message: str
    remediation: str
    limit: int | float | str | None = None
    actual: int | float | str | None = None
    unit: str | None = None
    command: str | None = None


class FittedMedia(Model):
    """How an image is converted before it is published.

    If the result would have more than `max_bytes` bytes, it is reduced in quality, and then in size.
    """

    field: str
    fit: Fit
    content_type: str
    width: int
    height: int
    max_bytes: int
    background: str | None = None
    cropped: bool


class RequestPreview(Model):
    """The first request that would be sent to the platform, without credentials."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any
    fit: list[FittedMedia] = []


class PublicationCost(Model):
    """What the platform charges the deployment's app for publishing. Retries and look-ups cost extra."""

    unit: str
    amount: int


class TargetValidation(Model):
    """The result of preflight for one target."""

    account_id: str
    platform: str
    valid: bool
    violations: list[Violation]
    warnings: list[Violation]
    preview: RequestPreview | None = None
    cost: PublicationCost | None = None


class PostValidation(Model):
    """The result of preflight. Nothing was stored, and nothing was sent."""

    valid: bool
    targets: list[TargetValidation]


class RetriedPosts(Model):
    """The posts that are queued again."""

    post_ids: list[str]
