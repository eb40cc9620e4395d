"""Posts under any order of outcomes: every outcome is a transition of the table."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from letmepost.domain.errors import FailureKind
from letmepost.domain.posts import TERMINAL, TRANSITIONS, Cause, PostStatus
from letmepost.services.publishing import outcomes
from letmepost.services.publishing.outcomes import Outcome
from tests.services.test_outcomes import NOW, PARTS, VIOLATION, failure, post

BY_CALLERS = [
    Cause.CANCELED,
    Cause.RETRIED,
    Cause.RELEASED,
    Cause.RESOLVED_PUBLISHED,
    Cause.RESOLVED_NOT_PUBLISHED,
    Cause.RESOLVED_PARTLY,
]


class PostMachine(RuleBasedStateMachine):
    """A post with its attempts and outcomes, and changes by callers between the attempts."""

    def __init__(self) -> None:
        super().__init__()
        self._now = NOW
        self._post = post(status=PostStatus.QUEUED, ready_at=NOW, due_at=NOW)
        self._is_claimed = False

    @rule(seconds=st.floats(0, 4000))
    def wait(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    @precondition(lambda self: not self._is_claimed and self._post.ready_at is not None)
    @rule()
    def claim(self) -> None:
        """Claim the post, as workers do. A published or held post keeps its status."""
        self._is_claimed = True
        if self._post.status in TRANSITIONS[Cause.CLAIMED].sources:
            self._post = self._post._replace(status=TRANSITIONS[Cause.CLAIMED].target)
        if outcomes.is_too_late(self._post, self._now) or self._post.status is PostStatus.HELD:
            missed = outcomes.too_late(self._post)
            if missed is not None:
                self._end(missed)

    @precondition(lambda self: self._is_claimed)
    @rule(kind=st.sampled_from(FailureKind), retry_in_s=st.none() | st.integers(0, 9000), is_uncertain=st.booleans())
    def fail(self, kind: FailureKind, retry_in_s: int | None, *, is_uncertain: bool) -> None:
        retry_at = None if retry_in_s is None else self._now + timedelta(seconds=retry_in_s)
        refused = failure(kind, retry_at)
        if self._post.status is PostStatus.PUBLISHED:
            self._end(outcomes.extras_failed(self._post, refused, self._now, 0.0))
        else:
            is_uncertain = is_uncertain and not self._post.parts
            self._end(outcomes.failed(self._post, refused, self._now, 0.0, is_uncertain=is_uncertain))

    @precondition(lambda self: self._is_claimed and self._post.status is PostStatus.PUBLISHING)
    @rule(outcome=st.sampled_from([outcomes.broken_rules, outcomes.media_missing, outcomes.unconfirmed]))
    def refuse(self, outcome: object) -> None:
        given = {outcomes.broken_rules: [VIOLATION], outcomes.media_missing: {}, outcomes.unconfirmed: "no reply"}
        self._end(outcome(self._post, given[outcome]))  # type: ignore[index,operator]  # three functions, three shapes

    @precondition(lambda self: self._is_claimed)
    @rule(waits=st.booleans())
    def go_live(self, *, waits: bool) -> None:
        """Make the post visible. Its extras may need another run."""
        if self._post.status is not PostStatus.PUBLISHED:
            self._move(Cause.LIVE)
            self._post = self._post._replace(extras_until=self._now + outcomes.EXTRAS_WITHIN)
        self._end(outcomes.paused(self._now + timedelta(seconds=5)) if waits else outcomes.finished(self._post))

    @precondition(lambda self: self._is_claimed and self._post.status is not PostStatus.PUBLISHED)
    @rule()
    def hand_over(self) -> None:
        self._move(Cause.HANDED_OVER)
        self._end(outcomes.finished(self._post))

    @precondition(lambda self: self._is_claimed and self._post.status is PostStatus.PUBLISHING)
    @rule()
    def show_a_part(self) -> None:
        self._post = self._post._replace(parts=PARTS)

    @precondition(lambda self: not self._is_claimed and self._post.status is PostStatus.QUEUED)
    @rule(outcome=st.sampled_from([outcomes.broken_rules, outcomes.media_missing]))
    def reject_early(self, outcome: object) -> None:
        given = {outcomes.broken_rules: [VIOLATION], outcomes.media_missing: {}}
        self._end(outcome(self._post, given[outcome]))  # type: ignore[index,operator]  # two functions, two shapes

    @precondition(lambda self: not self._is_claimed)
    @rule(cause=st.sampled_from(BY_CALLERS))
    def interfere(self, cause: Cause) -> None:
        """Change the post as the services do: only from the allowed statuses."""
        if self._post.status in TRANSITIONS[cause].sources:
            self._move(cause)
            is_open = self._post.status is PostStatus.QUEUED
            self._post = self._post._replace(ready_at=self._now if is_open else None, due_at=self._now)

    @invariant()
    def post_is_settled_or_checked_again(self) -> None:
        if not self._is_claimed and self._post.status not in TERMINAL:
            assert self._post.ready_at is not None

    def _end(self, outcome: Outcome) -> None:
        if outcome.cause is not None:
            self._move(outcome.cause)
        changes = dict(outcome.changes)
        assert changes.pop("status", self._post.status) == self._post.status, "the cause leads to another status"
        self._post = self._post._replace(**changes)
        self._is_claimed = False

    def _move(self, cause: Cause) -> None:
        row = TRANSITIONS[cause]
        assert self._post.status in row.sources, f"{self._post.status} cannot move by {cause}"
        self._post = self._post._replace(status=row.target)


TestPost = PostMachine.TestCase
TestPost.settings = settings(max_examples=100, stateful_step_count=30)
