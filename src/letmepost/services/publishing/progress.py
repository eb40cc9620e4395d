"""The progress of a post in an attempt: an immutable value that each announcement of the flow replaces."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from letmepost.domain.flow import Announcement, Extra, HandOver, Live, Part, Warn
from letmepost.domain.posts import TRANSITIONS, Cause, PostStatus
from letmepost.gateways.clock import Clock
from letmepost.services.events import post_event
from letmepost.services.posts.read_back import READ_BACK_AFTER
from letmepost.services.publishing.outcomes import EXTRAS_WITHIN
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.webhooks.events import NewEvent


@dataclass(frozen=True, slots=True)
class PostProgress:
    """A post with its visible parts.

    Args:
        post: the post as it is now.
        unsaved: the columns of the post that differ from the stored row.
        events: the events to write with these columns, each with its time.
    """

    post: PostRow
    unsaved: frozenset[str] = frozenset()
    events: tuple[tuple[NewEvent, datetime], ...] = ()

    @property
    def columns(self) -> Mapping[str, Any]:
        """The unsaved columns and their values."""
        return {name: getattr(self.post, name) for name in self.unsaved}

    def saved(self) -> "PostProgress":
        """Return this progress without unsaved columns and events."""
        return PostProgress(self.post)

    def change(self, now: datetime, values: Mapping[str, Any]) -> "PostProgress":
        """Set columns of the post."""
        post = self.post._replace(**{**values, "updated_at": now})
        return PostProgress(post, self.unsaved | {"updated_at", *values}, self.events)

    def emit(self, now: datetime, *events: NewEvent) -> "PostProgress":
        """Add events, in this order."""
        return PostProgress(self.post, self.unsaved, (*self.events, *((event, now) for event in events)))

    def announce(self, what: Announcement, clock: Clock, *, is_read_back: bool) -> "PostProgress":
        """Add an announcement of the flow: something is visible, or handed over to a person, or a warning.

        Args:
            is_read_back: True if the platform can be checked later for the post.
        """
        post, now = self.post, clock.now()
        match what:
            case Live():
                return self._live(what, clock, now, is_read_back=is_read_back)
            case HandOver():
                return self._handed_over(what, clock, now)
            case Part():
                part = {"index": what.index, "uri": what.uri, "cid": what.cid, "url": what.url}
                others = [known for known in post.parts if known["index"] != what.index]
                return self.change(now, {"parts": [*others, part]})
            case Extra():
                return self.change(now, {"extras": {**post.extras, what.name: {"uri": what.uri, "cid": what.cid}}})
            case Warn():
                warning = {"code": what.code, "message": what.message}
                return self if warning in post.warnings else self.change(now, {"warnings": [*post.warnings, warning]})

    def _live(self, live: Live, clock: Clock, now: datetime, *, is_read_back: bool) -> "PostProgress":
        if self.post.status is PostStatus.PUBLISHED:
            is_known = live.url is None or self.post.url is not None
            return self if is_known else self.change(now, {"url": live.url})
        transition = TRANSITIONS[Cause.LIVE]
        progress = self.change(
            now,
            {
                "status": transition.target,
                "uri": live.uri,
                "cid": live.cid,
                "url": live.url,
                "published_at": now,
                "extras_until": now + EXTRAS_WITHIN,
                "read_back_at": now + READ_BACK_AFTER if is_read_back else None,
                "failure_count": 0,
                "error": None,
            },
        )
        return progress.emit(now, post_event(clock, str(transition.event), progress.post))

    def _handed_over(self, what: HandOver, clock: Clock, now: datetime) -> "PostProgress":
        transition = TRANSITIONS[Cause.HANDED_OVER]
        if self.post.status not in transition.sources:
            message = f"a post that is {self.post.status} cannot be handed over"
            raise RuntimeError(message)
        ended = {"status": transition.target, "uri": what.uri, "failure_count": 0, "error": None}
        progress = self.change(now, ended)
        return progress.emit(now, post_event(clock, str(transition.event), progress.post._replace(url=what.url)))
