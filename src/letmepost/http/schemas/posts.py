"""`POST /v1/posts` and what is read back."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from letmepost.domain.content import MediaKind
from letmepost.domain.errors import ErrorCode, InvalidRequest
from letmepost.domain.ids import Prefix, spell
from letmepost.domain.posts import BatchStatus, PostStatus, batch_status
from letmepost.http.schemas.base import Body, GivenMoment, Left, Moment, PageSize, View, find_id
from letmepost.services.callers import Caller
from letmepost.services.posts import PostDetail
from letmepost.services.requests import (
    ContentRequest,
    LateRule,
    MediaRequest,
    PostRequest,
    TargetRequest,
    ThreadRequest,
)
from letmepost.storage.posts import AttemptRow, BatchRow, PostFilter, PostRow, PostView

TARGETS_MAX = 25
THREAD_MAX = 24
MEDIA_MAX = 50
INLINE_MAX_BYTES = 5 * 1024 * 1024

Text = Annotated[str, Field(max_length=100_000)]
"""Longer than any network takes, and short enough to be counted at once."""


def _decoded(text: str) -> str:
    if len(text) > INLINE_MAX_BYTES * 4 // 3 + 4:
        raise PydanticCustomError("media.size_max", "has more than 5 MiB; upload it with POST /v1/media")
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        raise PydanticCustomError("base64", "is not base64") from None
    return text


class Media(Body):
    """An attachment with exactly one source."""

    kind: MediaKind
    alt_text: Text | None = None
    title: Text | None = None
    media_id: str | None = None
    url: Annotated[str, Field(max_length=2048)] | None = None
    bytes_base64: Annotated[str, AfterValidator(_decoded)] | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _one_source(self) -> "Media":
        if sum(source is not None for source in (self.media_id, self.url, self.bytes_base64)) != 1:
            raise PydanticCustomError("media.one_source", "needs exactly one of mediaId, url and bytesBase64")
        return self

    def to_request(self) -> MediaRequest:
        """For the use cases."""
        return MediaRequest(
            kind=self.kind,
            alt_text=self.alt_text,
            title=self.title,
            media_id=None if self.media_id is None else find_id(Prefix.MEDIA, self.media_id),
            url=self.url,
            data=None if self.bytes_base64 is None else base64.b64decode(self.bytes_base64),
        )


class FirstComment(Body):
    """Published as a reply or comment once the post is live."""

    text: Annotated[Text, Field(min_length=1)]


class Thread(Body):
    """A continuation post: a reply to the one before."""

    text: Text
    media: Sequence[Media] | None = Field(default=None, max_length=MEDIA_MAX)


class Content(Body):
    """What to publish; in a target, what to publish there instead."""

    text: Text | None = None
    media: Sequence[Media] | None = Field(default=None, max_length=MEDIA_MAX)
    first_comment: FirstComment | None = None
    thread: Annotated[Sequence[Thread], Field(max_length=THREAD_MAX)] | None = None
    options: Mapping[str, Any] | None = None

    def to_content(self) -> ContentRequest:
        """For the use cases; `given` names what was sent, be it null."""
        return ContentRequest(
            text=self.text or "",
            media=tuple(item.to_request() for item in self.media or ()),
            first_comment=None if self.first_comment is None else self.first_comment.text,
            thread=tuple(
                ThreadRequest(text=part.text, media=tuple(item.to_request() for item in part.media or ()))
                for part in self.thread or ()
            ),
            options=self.options,
            given=frozenset(_WIRE.get(name, name) for name in self.model_fields_set),
        )


_WIRE = {"first_comment": "firstComment"}


class Target(Content):
    """Where to publish: an account, or a platform with exactly one active account."""

    account_id: str | None = None
    platform: str | None = None

    @model_validator(mode="after")
    def _has_address(self) -> "Target":
        if self.account_id is None and self.platform is None:
            raise PydanticCustomError("target.address", "needs accountId or platform")
        return self


class Late(Body):
    """What to do with a post that could not go out in time."""

    within_s: int = Field(default=86_400, ge=0, le=604_800)
    then: Literal["publish", "skip", "hold"] = "skip"


class CreatePost(Content):
    """One request to publish. `options` holds each platform's own, by platform name."""

    targets: Sequence[Target]
    publish_now: bool | None = None
    scheduled_at: GivenMoment | None = None
    draft: bool | None = None
    profile_id: str | None = None
    metadata: Mapping[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]] | None = Field(
        default=None, max_length=20
    )
    late: Late = Late()
    refuse_duplicates_within_s: int = Field(default=0, ge=0, le=2_592_000)

    @model_validator(mode="after")
    def _is_consistent(self) -> "CreatePost":
        if not self.targets:
            raise PydanticCustomError("targets.required", "names no target")
        if len(self.targets) > TARGETS_MAX:
            raise PydanticCustomError("targets.max", "names more than 25 targets")
        if sum((bool(self.publish_now), self.scheduled_at is not None, bool(self.draft))) > 1:
            raise PydanticCustomError("mode_conflict", "publishNow, scheduledAt and draft exclude each other")
        return self

    def to_request(self) -> PostRequest:
        """For the use cases."""
        return PostRequest(
            targets=[
                TargetRequest(
                    account_id=None if target.account_id is None else find_id(Prefix.ACCOUNT, target.account_id),
                    platform=target.platform,
                    content=target.to_content(),
                )
                for target in self.targets
            ],
            content=self.to_content(),
            scheduled_at=self.scheduled_at,
            is_draft=bool(self.draft),
            refuse_duplicates_within_s=self.refuse_duplicates_within_s,
            profile_id=None if self.profile_id is None else find_id(Prefix.PROFILE, self.profile_id),
            metadata=self.metadata or {},
            late=LateRule(within_s=self.late.within_s, then=self.late.then),
        )


class PostWarning(View):
    """Something that did not stop the post."""

    code: str
    message: str


class ThreadResult(View):
    """Where a continuation post is."""

    uri: str
    cid: Left[str] = None
    url: Left[str] = None


class TargetResult(View):
    """What became of one target."""

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
    error: Left[Mapping[str, Any]] = None

    @classmethod
    def of(cls, post: PostRow) -> "TargetResult":
        """Show a post as the result of its target."""
        comment = post.extras.get("firstComment", {})
        following = [ThreadResult(**_place(part)) for part in post.parts if part["index"] > 0]
        return cls(
            account_id=spell(Prefix.ACCOUNT, post.account_id),
            platform=post.platform,
            post_id=spell(Prefix.POST, post.id),
            status=post.status,
            uri=_first_uri(post),
            cid=post.cid,
            url=post.url,
            published_at=post.published_at,
            next_attempt_at=post.ready_at if post.status is PostStatus.RETRYING else None,
            first_comment_uri=comment.get("uri"),
            first_comment_cid=comment.get("cid"),
            thread=following or None,
            warnings=[PostWarning(**warning) for warning in post.warnings] or None,
            error=post.error,
        )


class BatchView(View):
    """What became of a request."""

    id: str
    status: BatchStatus
    created_at: Moment
    scheduled_at: Left[Moment] = None
    results: Sequence[TargetResult]

    @classmethod
    def of(cls, batch: BatchRow) -> "BatchView":
        """Show a batch."""
        return cls(
            id=spell(Prefix.BATCH, batch.id),
            status=batch_status((post.status for post in batch.posts), scheduled=batch.is_scheduled),
            created_at=batch.created_at,
            scheduled_at=batch.posts[0].due_at if batch.is_scheduled and batch.posts else None,
            results=[TargetResult.of(post) for post in batch.posts],
        )


class AccountOfPost(View):
    """Whose post it is."""

    id: str
    platform: str
    platform_account_id: str
    display_name: str | None


class PostRead(View):
    """One post."""

    id: str
    batch_id: str
    profile_id: str
    account_id: str
    account: AccountOfPost
    platform: str
    status: PostStatus
    text: str
    media_refs: Sequence[Mapping[str, Any]]
    first_comment: Left[Mapping[str, str]] = None
    thread: Left[Sequence[Mapping[str, Any]]] = None
    options: Left[Mapping[str, Any]] = None
    metadata: Mapping[str, str]
    scheduled_at: Moment | None
    published_at: Moment | None
    unpublished_at: Left[Moment] = None
    next_attempt_at: Left[Moment] = None
    platform_uri: str | None
    platform_cid: str | None
    url: Left[str] = None
    first_comment_uri: Left[str] = None
    thread_results: Left[Sequence[ThreadResult]] = None
    warnings: Left[Sequence[PostWarning]] = None
    error: Left[Mapping[str, Any]] = None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def fields(cls, view: PostView) -> dict[str, Any]:
        """What is shown of a post."""
        post, content = view.post, view.content
        result = TargetResult.of(post)
        account_id = spell(Prefix.ACCOUNT, post.account_id)
        comment, thread = content["first_comment"], content["thread"]
        return {
            "id": result.post_id,
            "batch_id": spell(Prefix.BATCH, post.batch_id),
            "profile_id": spell(Prefix.PROFILE, post.profile_id),
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
            "scheduled_at": post.due_at if view.is_scheduled else None,
            "published_at": post.published_at,
            "unpublished_at": post.unpublished_at,
            "next_attempt_at": result.next_attempt_at,
            "platform_uri": result.uri,
            "platform_cid": post.cid,
            "url": post.url,
            "first_comment_uri": result.first_comment_uri,
            "thread_results": result.thread,
            "warnings": result.warnings,
            "error": post.error,
            "created_at": post.created_at,
            "updated_at": post.updated_at,
        }

    @classmethod
    def of(cls, view: PostView) -> "PostRead":
        """Show a post."""
        return cls(**cls.fields(view))


class AttemptView(View):
    """One try, with every call that was made."""

    id: str
    attempt_number: int
    started_at: Moment
    finished_at: Moment | None
    succeeded: bool
    outcome: Left[str] = None
    error_code: Left[str] = None
    error_message: Left[str] = None
    error: Left[Mapping[str, Any]] = None
    waited_ms: int
    platform_ms: Left[int] = None
    calls: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, attempt: AttemptRow) -> "AttemptView":
        """Show a try."""
        error = attempt.error or {}
        return cls(
            id=spell(Prefix.ATTEMPT, attempt.id),
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


class PostWithAttempts(PostRead):
    """One post, with every try."""

    attempts: Sequence[AttemptView]

    @classmethod
    def detail(cls, detail: PostDetail) -> "PostWithAttempts":
        """Show a post with its tries."""
        return cls(**cls.fields(detail.view), attempts=[AttemptView.of(attempt) for attempt in detail.attempts])


class PostQuery(BaseModel):
    """What a list of posts is narrowed to, and which page of it is wanted."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)

    profile_id: Sequence[str] = ()
    account_id: Sequence[str] = ()
    batch_id: Sequence[str] = ()
    platform: Sequence[str] = ()
    status: Sequence[str] = ()
    error_code: Sequence[str] = ()
    after: GivenMoment | None = None
    before: GivenMoment | None = None
    limit: PageSize = None
    cursor: str | None = None

    def to_filter(self, caller: Caller) -> PostFilter:
        """For the use cases, narrowed to what the caller may see.

        Raises:
            InvalidRequest: a word that does not exist, or another profile than the key's.
        """
        check_words("status", self.status, PostStatus)
        check_words("errorCode", self.error_code, ErrorCode)
        profile_ids = [find_id(Prefix.PROFILE, text) for text in self.profile_id]
        for profile_id in profile_ids:
            caller.narrow(profile_id)
        return PostFilter(
            profile_ids=[caller.profile_id] if caller.profile_id is not None else profile_ids,
            account_ids=[find_id(Prefix.ACCOUNT, text) for text in self.account_id],
            batch_ids=[find_id(Prefix.BATCH, text) for text in self.batch_id],
            platforms=self.platform,
            statuses=self.status,
            error_codes=self.error_code,
            created_after=self.after,
            created_before=self.before,
        )


class PostPage(View):
    """A page of posts, newest first."""

    data: Sequence[PostRead]
    next_cursor: str | None


def check_words(name: str, given: Sequence[str], known: type[StrEnum]) -> None:
    """Refuse a word that a filter does not know: it would find nothing, whatever there is.

    Raises:
        InvalidRequest: it is not among the known ones.
    """
    unknown = set(given) - set(known)
    if unknown:
        raise InvalidRequest(
            f"{name}: there is no {min(unknown)!r}.", rule=name, remediation=f"Choose among: {', '.join(known)}."
        )


def _place(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part.get(name) for name in ("uri", "cid", "url")}


def _first_uri(post: PostRow) -> str | None:
    """Where the post is; of a broken thread, where its first part is."""
    return post.uri or next((part["uri"] for part in post.parts if part["index"] == 0), None)


def _media_ref(item: Mapping[str, Any]) -> dict[str, Any]:
    ref = {
        "kind": item["kind"],
        "mediaId": spell(Prefix.MEDIA, UUID(item["media_id"])),
        "altText": item["alt_text"],
        "title": item["title"],
    }
    return {name: value for name, value in ref.items() if value is not None}
