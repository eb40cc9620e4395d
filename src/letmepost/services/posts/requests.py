"""A parsed request to publish, before it is validated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from letmepost.domain.content import MediaKind, OnUnsupported
from letmepost.domain.fitting.fit import Fit
from letmepost.domain.lengths import Lengths
from letmepost.domain.schedules import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRequest:
    """A media item with exactly one source. Without `kind`, its bytes determine the kind.

    Without `fit`, that of the target applies. `thumbnail` has a kind and a source only.
    """

    kind: MediaKind | None = None
    alt_text: str | None = None
    title: str | None = None
    media_id: UUID | None = None
    url: str | None = None
    data: bytes | None = field(default=None, repr=False)
    fit: Fit | None = None
    thumbnail: "MediaRequest | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRequest:
    """A continuation post."""

    text: str
    media: Sequence[MediaRequest] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRequest:
    """The content to publish. In a target, only the fields named in `given` override the request's defaults."""

    text: str = ""
    media: Sequence[MediaRequest] = ()
    first_comment: str | None = None
    thread: Sequence[ThreadRequest] = ()
    options: Mapping[str, Any] | None = None
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRequest:
    """The target of a post: an account by id, or the only account on a platform.

    `fit` applies to all of its media items that have none of their own.
    """

    account_id: UUID | None
    platform: str | None
    content: ContentRequest
    fit: Fit | None = None


@dataclass(frozen=True, slots=True)
class LateRule:
    """The action for a post that could not be published in time."""

    within_s: int
    then: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRequest:
    """One `POST /v1/posts`. `content.options` is by platform name; a target's options are those of its platform.

    Without `late`, the rule of the organization applies. `lengths` is shared by all targets, and by the items of a
    bulk request.
    """

    targets: Sequence[TargetRequest]
    content: ContentRequest
    on_unsupported: OnUnsupported = OnUnsupported.REJECT
    schedule: Schedule | None = None
    is_draft: bool = False
    refuse_duplicates_within_s: int = 0
    profile_id: UUID | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    late: LateRule | None = None
    lengths: Lengths = field(default_factory=Lengths, compare=False, repr=False)
