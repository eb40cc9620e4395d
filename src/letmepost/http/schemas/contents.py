"""What a caller asks to be published."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StrictInt, ValidationInfo, field_validator, model_validator

from letmepost.domain import refusals
from letmepost.domain.content import MediaKind, OnUnsupported
from letmepost.domain.ids import MalformedIdError, Prefix, parse_id
from letmepost.domain.sizes import INLINE_MEDIA_MAX_BYTES, INLINE_MEDIA_MAX_CHARS, TEXT_MAX_CHARS, URL_MAX_CHARS
from letmepost.http.schemas.base import Body, body_profile_id, find_id
from letmepost.http.schemas.fitting import FitChoice, fit_of
from letmepost.http.schemas.platform_names import PlatformName, without_alias
from letmepost.http.schemas.platform_options import OPTIONS_BY_PLATFORM, OPTIONS_OF_ONE_PLATFORM
from letmepost.http.schemas.schedules import PublishTime
from letmepost.services.posts.requests import (
    ContentRequest,
    LateRule,
    MediaRequest,
    PostRequest,
    TargetRequest,
    ThreadRequest,
)
from letmepost.services.shapes import refused, shortened

TARGETS_MAX = 25


THREAD_MAX = 24


MEDIA_MAX = 50


Text = Annotated[str, Field(max_length=TEXT_MAX_CHARS)]


Metadata = Annotated[
    Mapping[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]] | None, Field(max_length=20)
]
"""A customer's own values, returned with the post."""


def _decoded(text: str) -> str:
    if len(text) > INLINE_MEDIA_MAX_CHARS:
        raise refused(refusals.media.SIZE_MAX, max_bytes=INLINE_MEDIA_MAX_BYTES)
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        raise refused(refusals.fields.NOT_BASE64) from None
    return text


class MediaSource(Body):
    """A file with exactly one source."""

    media_id: str | None = None
    url: Annotated[str, Field(max_length=URL_MAX_CHARS)] | None = Field(
        default=None,
        description="A public file. It is imported right after the request is accepted, even for a scheduled post. "
        "A file that cannot be fetched, or breaks a rule, rejects the post.",
    )
    bytes_base64: Annotated[str, AfterValidator(_decoded)] | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.media_id, self.url, self.bytes_base64)) != 1:
            raise refused(refusals.media.ONE_SOURCE)
        return self

    def to_request(self) -> MediaRequest:
        """Return the file as a request for a media item of any kind."""
        return MediaRequest(
            media_id=None if self.media_id is None else find_id(Prefix.MEDIA, self.media_id),
            url=self.url,
            data=None if self.bytes_base64 is None else base64.b64decode(self.bytes_base64),
        )


class MediaAttachment(MediaSource):
    """A media item with exactly one source."""

    alt_text: Text | None = None
    title: Text | None = None
    kind: MediaKind | None = Field(
        default=None,
        validate_default=True,
        description="Must match the bytes. Optional with `mediaId` and `bytesBase64`; required with `url`.",
    )
    fit: FitChoice = None
    thumbnail: MediaSource | None = Field(
        default=None, description="The image that the platform shows before the video plays. `fit` applies to it too."
    )

    @field_validator("kind")
    @classmethod
    def _kind_of_url(cls, kind: MediaKind | None, others: ValidationInfo) -> MediaKind | None:
        if kind is None and others.data.get("url") is not None:
            raise refused(refusals.media.KIND_OF_URL_REQUIRED)
        return kind

    def to_request(self) -> MediaRequest:
        """Return the media item as a request, with its thumbnail."""
        picture = None if self.thumbnail is None else self.thumbnail.to_request()
        return replace(
            super().to_request(),
            kind=self.kind,
            alt_text=self.alt_text,
            title=self.title,
            fit=fit_of(self.fit),
            thumbnail=None if picture is None else replace(picture, kind=MediaKind.IMAGE),
        )


class FirstComment(Body):
    """A reply or comment that is published after the post."""

    text: Annotated[Text, Field(min_length=1)]


class ContinuationPost(Body):
    """A continuation post: a reply to the one before."""

    text: Text
    media: Sequence[MediaAttachment] | None = Field(default=None, max_length=MEDIA_MAX)


class Content(Body):
    """What to publish."""

    text: Text | None = None
    media: Sequence[MediaAttachment] | None = Field(default=None, max_length=MEDIA_MAX)
    first_comment: FirstComment | None = None
    thread: Annotated[Sequence[ContinuationPost], Field(max_length=THREAD_MAX)] | None = None
    options: Annotated[Mapping[str, Any] | None, OPTIONS_OF_ONE_PLATFORM] = None

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
    platform: PlatformName | None = None
    fit: FitChoice = None

    @model_validator(mode="after")
    def _has_address(self) -> "Target":
        if self.account_id is None and self.platform is None:
            raise refused(refusals.posts.TARGET_ADDRESS)
        return self

    def account_uuid(self, index: int) -> UUID | None:
        """Return the UUID of the account; None if the target names a platform only.

        Raises:
            InvalidRequest: the id is malformed.
        """
        if self.account_id is None:
            return None
        try:
            return parse_id(Prefix.ACCOUNT, self.account_id)
        except MalformedIdError:
            raise refusals.posts.TARGET_ACCOUNT_NOT_CONNECTED(
                field=f"targets[{index}].accountId", which=f"has the id `{shortened(self.account_id)}`"
            ) from None


class PostLatePolicy(Body):
    """What happens to a post that could not be published in time."""

    within_s: StrictInt = Field(default=86_400, ge=0, le=604_800)
    then: Literal["publish", "skip", "hold"] = "skip"


class CreatePost(Content, PublishTime):
    """A request to publish. What it sets applies to every target that does not set it itself."""

    options: Annotated[Mapping[str, Any] | None, OPTIONS_BY_PLATFORM] = Field(
        default=None, description="Options by the name of the platform, for every target there."
    )
    targets: Sequence[Target]
    on_unsupported: OnUnsupported = Field(
        default=OnUnsupported.REJECT,
        description="What to do with content and options that a target's platform does not support. `reject`: reject "
        "the request. `omit`: omit each such item with a warning; a target with nothing left is still rejected.",
    )
    publish_now: StrictBool | None = None
    draft: StrictBool | None = None
    profile_id: str | None = None
    metadata: Metadata = None
    late: PostLatePolicy = Field(
        default=PostLatePolicy(),
        description="What happens to a post that could not be published in time. Without it, the rule of the "
        "organization applies, if it has one.",
    )
    refuse_duplicates_within_s: StrictInt = Field(default=0, ge=0, le=2_592_000)

    @field_validator("options")
    @classmethod
    def _name_platforms(cls, options: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        return None if options is None else {without_alias(name): value for name, value in options.items()}

    @model_validator(mode="after")
    def _is_consistent(self) -> "CreatePost":
        if not self.targets:
            raise refused(refusals.posts.TARGETS_REQUIRED, field="targets")
        if len(self.targets) > TARGETS_MAX:
            raise refused(refusals.posts.TARGETS_MAX, field="targets", count=len(self.targets), limit=TARGETS_MAX)
        if sum((bool(self.publish_now), self.to_schedule() is not None, bool(self.draft))) > 1:
            raise refused(refusals.posts.MODE_CONFLICT, field=None)
        return self

    def to_request(self) -> PostRequest:
        """For the use cases."""
        return PostRequest(
            targets=[
                TargetRequest(
                    account_id=target.account_uuid(index),
                    platform=target.platform,
                    content=target.to_content(),
                    fit=fit_of(target.fit),
                )
                for index, target in enumerate(self.targets)
            ],
            content=self.to_content(),
            on_unsupported=self.on_unsupported,
            schedule=self.to_schedule(),
            is_draft=bool(self.draft),
            refuse_duplicates_within_s=self.refuse_duplicates_within_s,
            profile_id=body_profile_id(self.profile_id),
            metadata=self.metadata or {},
            late=LateRule(self.late.within_s, self.late.then) if "late" in self.model_fields_set else None,
        )
