"""The results of requests to publish."""

from datetime import datetime

from letmepost_client.models.base import Model
from letmepost_client.models.errors import ErrorDetails


class PostWarning(Model):
    """A problem that did not prevent publication. `field` is the path in the request."""

    code: str
    message: str
    field: str | None = None


class ThreadResult(Model):
    """A published continuation post."""

    uri: str
    cid: str | None = None
    url: str | None = None


class TargetResult(Model):
    """The result of a target."""

    account_id: str
    platform: str
    post_id: str
    status: str
    uri: str | None = None
    cid: str | None = None
    url: str | None = None
    published_at: datetime | None = None
    next_attempt_at: datetime | None = None
    first_comment_uri: str | None = None
    first_comment_cid: str | None = None
    thread: list[ThreadResult] = []
    warnings: list[PostWarning] = []
    error: ErrorDetails | None = None


class BatchData(Model):
    """The result of a request: one post for each target."""

    id: str
    status: str
    created_at: datetime
    scheduled_at: datetime | None = None
    results: list[TargetResult]
