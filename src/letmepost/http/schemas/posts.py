"""Posts, as callers read them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from letmepost.domain.content import MediaKind
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.posts import PostStatus
from letmepost.gateways.upload_progress import UploadProgress
from letmepost.http.schemas.base import DescribedAs, Left, Moment, View
from letmepost.http.schemas.batches import (
    PostWarning,
    ThreadResult,
    first_uri,
    next_attempt_at,
    thread_results,
    warnings_of,
)
from letmepost.http.schemas.contents import FirstComment
from letmepost.http.schemas.fitting import FitView
from letmepost.http.schemas.lateness import LatenessView
from letmepost.http.schemas.schedules import PostSchedule
from letmepost.http.schemas.stored_errors import ERROR_DETAILS
from letmepost.services.posts.read import PostDetail
from letmepost.storage.posts.posts import AttemptRow, PostView


class AccountOfPost(View):
    """The account of a post."""

    id: str
    platform: str
    platform_account_id: str
    display_name: str | None


class ThumbnailView(View):
    """The thumbnail of a media item."""

    media_id: str


class MediaReferenceView(View):
    """A media item of a post."""

    kind: MediaKind
    media_id: str
    alt_text: Left[str] = None
    title: Left[str] = None
    fit: Left[Annotated[Mapping[str, str], DescribedAs(FitView)]] = None
    thumbnail: Left[ThumbnailView] = None


class PostThreadPartView(View):
    """A continuation post."""

    text: str
    media: Sequence[MediaReferenceView]


class PostRead(View):
    """A post."""

    model_config = ConfigDict(title="Post")

    id: str
    batch_id: str
    profile_id: str
    account_id: str
    account: AccountOfPost
    platform: str
    status: PostStatus
    text: str
    media_refs: Annotated[Sequence[Mapping[str, Any]], DescribedAs(Sequence[MediaReferenceView])]
    first_comment: Left[Annotated[Mapping[str, str], DescribedAs(FirstComment)]] = None
    thread: Left[Annotated[Sequence[Mapping[str, Any]], DescribedAs(Sequence[PostThreadPartView])]] = None
    options: Left[Mapping[str, Any]] = Field(
        default=None, description="The options of the post's platform, with the names of that platform's schema."
    )
    metadata: Mapping[str, str]
    scheduled_at: Moment | None
    schedule: Left[Annotated[Mapping[str, str], DescribedAs(PostSchedule)]] = Field(
        default=None, description="The wall time that `scheduledAt` was computed from. Left out if none was sent."
    )
    published_at: Moment | None
    unpublished_at: Left[Moment] = None
    removed_at: Left[Moment] = None
    next_attempt_at: Left[Moment] = None
    platform_uri: str | None
    platform_cid: str | None
    url: Left[str] = None
    first_comment_uri: Left[str] = None
    thread_results: Left[Sequence[ThreadResult]] = None
    warnings: Left[Sequence[PostWarning]] = None
    error: Left[Annotated[Mapping[str, Any], ERROR_DETAILS]] = None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def fields(cls, view: PostView) -> dict[str, Any]:
        """What is shown of a post."""
        post, content = view.post, view.content
        account_id = format_id(Prefix.ACCOUNT, post.account_id)
        comment, thread = content["first_comment"], content["thread"]
        return {
            "id": format_id(Prefix.POST, post.id),
            "batch_id": format_id(Prefix.BATCH, post.batch_id),
            "profile_id": format_id(Prefix.PROFILE, post.profile_id),
            "account_id": account_id,
            "account": AccountOfPost(
                id=account_id,
                platform=post.platform,
                platform_account_id=view.platform_account_id,
                display_name=view.display_name,
            ),
            "platform": post.platform,
            "status": post.status,
            "text": content["text"],
            "media_refs": [_media_ref(item) for item in content["media"]],
            "first_comment": None if comment is None else {"text": comment},
            "thread": [{"text": part["text"], "media": [_media_ref(item) for item in part["media"]]} for part in thread]
            or None,
            "options": content["options"] or None,
            "metadata": post.metadata,
            "scheduled_at": post.requested_at if view.is_scheduled else None,
            "schedule": post.wall_time if view.is_scheduled else None,
            "published_at": post.published_at,
            "unpublished_at": post.unpublished_at,
            "removed_at": post.removed_at,
            "next_attempt_at": next_attempt_at(post),
            "platform_uri": first_uri(post),
            "platform_cid": post.cid,
            "url": post.url,
            "first_comment_uri": post.extras.get("firstComment", {}).get("uri"),
            "thread_results": thread_results(post),
            "warnings": warnings_of(post),
            "error": post.error,
            "created_at": post.created_at,
            "updated_at": post.updated_at,
        }

    @classmethod
    def of(cls, view: PostView) -> "PostRead":
        """Show a post."""
        return cls(**cls.fields(view))


class PlatformCallView(View):
    """A call to a platform. `status`: null if there was no response."""

    step: str | None
    method: str
    host: str
    path: str
    status: int | None
    ms: int = Field(description="The duration in milliseconds.")


class PostAttemptView(View):
    """An attempt, with the calls that were made. The parts of an upload are one entry."""

    id: str
    attempt_number: int
    started_at: Moment
    finished_at: Moment | None
    succeeded: bool
    outcome: Left[str] = None
    error_code: Left[str] = None
    error_message: Left[str] = None
    error: Left[Annotated[Mapping[str, Any], ERROR_DETAILS]] = None
    waited_ms: int
    platform_ms: Left[int] = None
    calls: Annotated[Sequence[Mapping[str, Any]], DescribedAs(Sequence[PlatformCallView])]

    @classmethod
    def of(cls, attempt: AttemptRow) -> "PostAttemptView":
        """Show a try."""
        error = attempt.error or {}
        return cls(
            id=format_id(Prefix.ATTEMPT, attempt.id),
            attempt_number=attempt.number,
            started_at=attempt.started_at,
            finished_at=attempt.finished_at,
            succeeded=attempt.outcome == PostStatus.PUBLISHED,
            outcome=attempt.outcome,
            error_code=error.get("code"),
            error_message=error.get("message"),
            error=attempt.error,
            waited_ms=attempt.waited_ms,
            platform_ms=attempt.platform_ms,
            calls=attempt.calls,
        )


class UploadProgressView(View):
    """How much of a media item the platform has. It is updated every five seconds."""

    step: str = Field(description="The name of the upload, as in `attempts[].calls[].step`.")
    sent_bytes: int
    total_bytes: int

    @classmethod
    def of(cls, progress: UploadProgress) -> "UploadProgressView":
        """Show the progress of an upload."""
        return cls(step=progress.step, sent_bytes=progress.sent_bytes, total_bytes=progress.total_bytes)


class PostWithAttempts(PostRead):
    """A post with every attempt, and how late it is."""

    model_config = ConfigDict(title="PostDetail")

    lateness: Left[LatenessView] = Field(default=None, description="Left out before the post's time.")
    progress: Left[UploadProgressView] = Field(
        default=None, description="Left out unless a media item is being sent in parts."
    )
    attempts: Sequence[PostAttemptView]

    @classmethod
    def detail(cls, detail: PostDetail) -> "PostWithAttempts":
        """Show a post with its tries."""
        return cls(
            **cls.fields(detail.view),
            lateness=None if detail.lateness is None else LatenessView.of(detail.lateness),
            progress=None if detail.progress is None else UploadProgressView.of(detail.progress),
            attempts=[PostAttemptView.of(attempt) for attempt in detail.attempts],
        )


class PostPage(View):
    """A page of posts, newest first."""

    data: Sequence[PostRead]
    next_cursor: str | None


def _media_ref(item: Mapping[str, Any]) -> dict[str, Any]:
    ref = {
        "kind": item["kind"],
        "mediaId": _media_id(item),
        "altText": item["alt_text"],
        "title": item["title"],
        "fit": item.get("fit"),
        "thumbnail": {"mediaId": _media_id(item["thumbnail"])} if "thumbnail" in item else None,
    }
    return {name: value for name, value in ref.items() if value is not None}


def _media_id(item: Mapping[str, Any]) -> str:
    return format_id(Prefix.MEDIA, UUID(item.get("source_id", item["media_id"])))
