"""Why a post is late: what it waited for between its due time and its end, without gaps or overlaps.

Nothing is stored for it. It is computed from the attempts of the post, from those of its neighbors, and from its holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Delay(StrEnum):
    """A reason why a post waits."""

    QUEUE = "queue"
    ACCOUNT = "account"
    BUDGET = "budget"
    PLATFORM = "platform"
    PAUSE = "pause"
    PREPARING = "preparing"
    RULE = "rule"


WORDS: Mapping[Delay, str] = {
    Delay.QUEUE: "for a worker",
    Delay.ACCOUNT: "for its account, which was busy or could not be used",
    Delay.BUDGET: "for a limit of the platform to reset",
    Delay.PLATFORM: "for the platform",
    Delay.PAUSE: "for the end of a pause of publishing",
    Delay.PREPARING: "for its media items, and for records that are written before anything is sent",
    Delay.RULE: "for a person, because of its `late` rule",
}
"""Each delay in words, after "it waited"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt to publish the post.

    Args:
        ready_at: when it could have begun.
        finished_at: None if its worker was lost.
        platform: how long it waited for the platform.
        then: what the post waited for afterwards; None if this attempt ended it.
    """

    ready_at: datetime
    started_at: datetime
    finished_at: datetime | None
    platform: timedelta
    then: Delay | None


@dataclass(frozen=True, slots=True)
class Hold:
    """When a post was held between attempts, and why."""

    since: datetime
    delay: Delay


@dataclass(frozen=True, slots=True)
class Busy:
    """A period in which another post of the account was being published."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The record of a post from its due time to `until`.

    Args:
        tries: the attempts since it was due, first to last.
        holds, busy: in the order of their beginnings.
        ready_at: when the next attempt could begin; None if there is none before `until`.
    """

    due_at: datetime
    until: datetime
    tries: Sequence[Try]
    holds: Sequence[Hold] = ()
    busy: Sequence[Busy] = ()
    ready_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaitPeriod:
    """A period in which a post waited for one thing."""

    since: datetime
    until: datetime
    delay: Delay


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late a post is, or was at its end, and why. `waits` follow one another from its due time."""

    waits: Sequence[WaitPeriod]

    @property
    def ms(self) -> int:
        """Return the lateness in whole milliseconds."""
        return sum(self.by_delay.values())

    @property
    def by_delay(self) -> Mapping[Delay, int]:
        """Return the milliseconds of each delay, the longest first. Their sum is `ms`."""
        found: dict[Delay, int] = {}
        for wait in self.waits:
            found[wait.delay] = found.get(wait.delay, 0) + self.duration_ms(wait)
        return dict(sorted(((delay, ms) for delay, ms in found.items() if ms), key=lambda item: -item[1]))

    def duration_ms(self, wait: WaitPeriod) -> int:
        """Return the milliseconds of one wait. The sum of all waits is `ms`."""
        return self._offset(wait.until) - self._offset(wait.since)

    def describe(self) -> str:
        """Return a sentence for a person."""
        delays = self.by_delay
        if not delays:
            return "It is not late."
        longest = next(iter(delays))
        waited_s = delays[longest] / 1000
        return f"It is {self.ms / 1000:.3f} s late: it waited {waited_s:.3f} s {WORDS[longest]}."

    def _offset(self, moment: datetime) -> int:
        return (moment - self.waits[0].since) // timedelta(milliseconds=1)


def explain_lateness(record: Record) -> Lateness:
    """Return the waits of a post, up to the attempt that ended it."""
    return Lateness(tuple(wait for wait in _waits(record) if wait.until > wait.since))


def _waits(record: Record) -> Iterator[WaitPeriod]:
    # Only its account holds back a post that has no attempt.
    at, delay = record.due_at, Delay.ACCOUNT
    for tried in record.tries:
        began_at = min(max(tried.started_at, at), record.until)
        yield from _waiting(record, at, tried.ready_at, began_at, delay)
        if tried.finished_at is None:
            at, delay = began_at, Delay.QUEUE
            continue
        at = min(max(tried.finished_at, began_at), record.until)
        asked_at = max(began_at, at - tried.platform)
        yield WaitPeriod(began_at, asked_at, Delay.PREPARING)
        yield WaitPeriod(asked_at, at, Delay.PLATFORM)
        if tried.then is None:
            return
        delay = tried.then
    yield from _waiting(record, at, record.ready_at or record.until, record.until, delay)


def _waiting(
    record: Record, since: datetime, ready_at: datetime, until: datetime, delay: Delay
) -> Iterator[WaitPeriod]:
    """Yield the waits between two attempts: not ready, for `delay` or the reason of a hold, then ready."""
    ready_at = min(max(ready_at, since), until)
    for hold in record.holds:
        if since < hold.since < ready_at:
            yield WaitPeriod(since, hold.since, delay)
            since, delay = hold.since, hold.delay
    yield WaitPeriod(since, ready_at, delay)
    at = ready_at
    for busy in record.busy:
        begins, ends = min(max(busy.since, at), until), min(max(busy.until, at), until)
        yield WaitPeriod(at, begins, Delay.QUEUE)
        yield WaitPeriod(begins, ends, Delay.ACCOUNT)
        at = max(begins, ends)
    yield WaitPeriod(at, until, Delay.QUEUE)
