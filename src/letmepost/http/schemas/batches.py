"""The answer to a request to publish."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.posts import BatchStatus, PostStatus
from letmepost.http.schemas.base import Left, Moment, View
from letmepost.http.schemas.stored_errors import ERROR_DETAILS
from letmepost.storage.posts.batches import BatchRow
from letmepost.storage.posts.posts import PostRow


class PostWarning(View):
    """A problem that did not prevent publication. `field` is the path in the request."""

    code: str
    message: str
    field: Left[str] = None


class ThreadResult(View):
    """A published continuation post."""

    uri: str
    cid: Left[str] = None
    url: Left[str] = None


class TargetResult(View):
    """The result of a target."""

    account_id: str
    platform: str
    post_id: str
    status: PostStatus
    uri: Left[str] = None
    cid: Left[str] = None
    url: Left[str] = None
    published_at: Left[Moment] = None
    next_attempt_at: Left[Moment] = None
    first_comment_uri: Left[str] = None
    first_comment_cid: Left[str] = None
    thread: Left[Sequence[ThreadResult]] = None
    warnings: Left[Sequence[PostWarning]] = None
    error: Left[Annotated[Mapping[str, Any], ERROR_DETAILS]] = None

    @classmethod
    def of(cls, post: PostRow) -> "TargetResult":
        """Show a post as the result of its target."""
        comment = post.extras.get("firstComment", {})
        return cls(
            account_id=format_id(Prefix.ACCOUNT, post.account_id),
            platform=post.platform,
            post_id=format_id(Prefix.POST, post.id),
            status=post.status,
            uri=first_uri(post),
            cid=post.cid,
            url=post.url,
            published_at=post.published_at,
            next_attempt_at=next_attempt_at(post),
            first_comment_uri=comment.get("uri"),
            first_comment_cid=comment.get("cid"),
            thread=thread_results(post),
            warnings=warnings_of(post),
            error=post.error,
        )


class BatchView(View):
    """The result of a request: one post for each target."""

    id: str
    status: BatchStatus
    created_at: Moment
    scheduled_at: Left[Moment] = None
    results: Sequence[TargetResult]

    @classmethod
    def of(cls, batch: BatchRow) -> "BatchView":
        """Show a batch."""
        return cls(
            id=format_id(Prefix.BATCH, batch.id),
            status=batch.status,
            created_at=batch.created_at,
            scheduled_at=batch.posts[0].requested_at if batch.is_scheduled and batch.posts else None,
            results=[TargetResult.of(post) for post in batch.posts],
        )


def first_uri(post: PostRow) -> str | None:
    """Return where the post is; for a broken thread, where its first part is."""
    return post.uri or next((part["uri"] for part in post.parts if part["index"] == 0), None)


def next_attempt_at(post: PostRow) -> datetime | None:
    """Return when a post is tried again; None if it does not wait for that."""
    return post.ready_at if post.status is PostStatus.RETRYING else None


def thread_results(post: PostRow) -> list[ThreadResult] | None:
    """Return where the continuation posts of a thread are; None if there are none."""
    return [ThreadResult(**_place(part)) for part in post.parts if part["index"] > 0] or None


def warnings_of(post: PostRow) -> list[PostWarning] | None:
    """Return the warnings of a post; None if there are none."""
    return [PostWarning(**warning) for warning in post.warnings] or None


def _place(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part.get(name) for name in ("uri", "cid", "url")}
