"""The statuses of a post, and the transitions between them.

`TRANSITIONS` is the only table of them. The worker's writes, the events, `POST /v1/posts` and the documentation use it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class PostStatus(StrEnum):
    """The status of a post."""

    DRAFT = "draft"
    QUEUED = "queued"
    PUBLISHING = "publishing"
    RETRYING = "retrying"
    HELD = "held"
    PUBLISHED = "published"
    PARTIAL = "partial"
    REJECTED = "rejected"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    AWAITING_USER = "awaiting_user"
    CANCELED = "canceled"


class BatchStatus(StrEnum):
    """The status of a batch, derived from its posts and never stored."""

    DRAFT = "draft"
    QUEUED = "queued"
    PUBLISHING = "publishing"
    HELD = "held"
    PUBLISHED = "published"
    PARTIAL_FAILED = "partial_failed"
    FAILED = "failed"
    CANCELED = "canceled"


class Cause(StrEnum):
    """The reason of a transition."""

    ACCEPTED = "accepted"
    CLAIMED = "claimed"
    LIVE = "live"
    BROKE = "broke"
    REJECTED = "rejected"
    TRANSIENT = "transient"
    USED_UP = "used_up"
    HELD = "held"
    RELEASED = "released"
    UNLEARNABLE = "unlearnable"
    HANDED_OVER = "handed_over"
    RESOLVED_PUBLISHED = "resolved_published"
    RESOLVED_NOT_PUBLISHED = "resolved_not_published"
    RESOLVED_PARTLY = "resolved_partly"
    CANCELED = "canceled"
    RETRIED = "retried"


@dataclass(frozen=True, slots=True)
class Transition:
    """The statuses before, the status after, and the event that announces it (None: only the timeline shows it)."""

    sources: frozenset[PostStatus]
    target: PostStatus
    event: str | None


def _from(*sources: PostStatus, to: PostStatus, event: str | None) -> Transition:
    return Transition(frozenset(sources), to, event)


_S = PostStatus
TRANSITIONS: Mapping[Cause, Transition] = MappingProxyType(
    {
        Cause.ACCEPTED: _from(_S.DRAFT, to=_S.QUEUED, event="post.queued"),
        Cause.CLAIMED: _from(_S.QUEUED, _S.RETRYING, to=_S.PUBLISHING, event=None),
        # From HELD, too: a post that was sent before its account was lost may turn out to be published or handed over.
        Cause.LIVE: _from(_S.PUBLISHING, _S.HELD, to=_S.PUBLISHED, event="post.published"),
        Cause.BROKE: _from(_S.PUBLISHING, to=_S.PARTIAL, event="post.partial"),
        # From QUEUED if a media item by URL turns out to be unusable long before the post is due.
        Cause.REJECTED: _from(_S.PUBLISHING, _S.QUEUED, to=_S.REJECTED, event="post.rejected"),
        Cause.TRANSIENT: _from(_S.PUBLISHING, to=_S.RETRYING, event="post.retrying"),
        Cause.USED_UP: _from(_S.PUBLISHING, _S.RETRYING, _S.QUEUED, _S.HELD, to=_S.FAILED, event="post.failed"),
        Cause.HELD: _from(_S.PUBLISHING, _S.QUEUED, _S.RETRYING, to=_S.HELD, event="post.held"),
        Cause.RELEASED: _from(_S.HELD, to=_S.QUEUED, event="post.queued"),
        Cause.UNLEARNABLE: _from(_S.PUBLISHING, _S.HELD, to=_S.UNCONFIRMED, event="post.unconfirmed"),
        Cause.HANDED_OVER: _from(_S.PUBLISHING, _S.HELD, to=_S.AWAITING_USER, event="post.awaiting_user"),
        Cause.RESOLVED_PUBLISHED: _from(_S.UNCONFIRMED, _S.AWAITING_USER, to=_S.PUBLISHED, event="post.published"),
        Cause.RESOLVED_NOT_PUBLISHED: _from(_S.UNCONFIRMED, _S.AWAITING_USER, to=_S.FAILED, event="post.failed"),
        # The parts of the thread before the unconfirmed one are visible.
        Cause.RESOLVED_PARTLY: _from(_S.UNCONFIRMED, to=_S.PARTIAL, event="post.partial"),
        Cause.CANCELED: _from(_S.DRAFT, _S.QUEUED, _S.RETRYING, _S.HELD, to=_S.CANCELED, event="post.canceled"),
        Cause.RETRIED: _from(_S.FAILED, _S.REJECTED, _S.CANCELED, _S.PARTIAL, to=_S.QUEUED, event="post.queued"),
    }
)


@dataclass(frozen=True, slots=True)
class Exit:
    """How long a post may stay in a status, and what is decided then."""

    deadline: str
    decision: str


_AN_HOUR_MORE = ", plus one hour while the platform is asked for content that may be visible"
_GIVEN_UP = "`failed`, or `unconfirmed` if content may be visible, or `partial` if some is"
EXITS: Mapping[PostStatus, Exit] = MappingProxyType(
    {
        _S.QUEUED: Exit(
            "its time", "a worker publishes it, or applies its `late` rule if it is later than `late.withinS`"
        ),
        _S.PUBLISHING: Exit(
            "the end of its worker's lease, or of the wait that the platform requested",
            "the next worker continues from the journal",
        ),
        _S.RETRYING: Exit(
            f"`nextAttemptAt`, at most `late.withinS` after its time{_AN_HOUR_MORE}",
            f"another attempt, and finally {_GIVEN_UP}",
        ),
        _S.HELD: Exit(
            f"`late.withinS` after its time{_AN_HOUR_MORE}; 30 days after it if held by its `late` rule", _GIVEN_UP
        ),
    }
)
"""The statuses with a deadline. The other statuses are settled, or a draft's."""

UNSETTLED = frozenset({PostStatus.QUEUED, PostStatus.PUBLISHING, PostStatus.RETRYING})
"""The statuses in which the response to an immediate post still waits."""

TERMINAL = frozenset(PostStatus) - UNSETTLED - {PostStatus.DRAFT, PostStatus.HELD}
"""The statuses that a post does not leave by itself."""

_UNFINISHED = {
    frozenset({PostStatus.QUEUED}): BatchStatus.QUEUED,
    frozenset({PostStatus.DRAFT}): BatchStatus.DRAFT,
}
_FAILED = frozenset({PostStatus.REJECTED, PostStatus.FAILED, PostStatus.CANCELED})


def batch_status(statuses: Iterable[PostStatus], *, scheduled: bool) -> BatchStatus:
    """Return the status of a batch with posts in these statuses; at least one.

    Canceled posts do not count while others are unfinished.

    Args:
        scheduled: True if the batch was scheduled. Its queued posts wait for their time; those of an immediate batch
            count as running.
    """
    found = set(statuses)
    rest = found - {PostStatus.CANCELED}
    running = UNSETTLED - {PostStatus.QUEUED} if scheduled else UNSETTLED
    if rest & running:
        return BatchStatus.PUBLISHING
    if PostStatus.HELD in rest:
        return BatchStatus.HELD
    if rest & {PostStatus.QUEUED, PostStatus.DRAFT}:
        return _UNFINISHED.get(frozenset(rest), BatchStatus.PUBLISHING)
    if found == {PostStatus.PUBLISHED}:
        return BatchStatus.PUBLISHED
    if found <= _FAILED:
        return BatchStatus.FAILED if rest else BatchStatus.CANCELED
    return BatchStatus.PARTIAL_FAILED
