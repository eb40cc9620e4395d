"""Why a post is late: what it waited for between its due time and its end, without a gap and without an overlap.

Nothing is kept for it: it follows from the tries of the post, from those of its neighbours, and from when it was held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Delay(StrEnum):
    """What a post waits for."""

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
    Delay.PREPARING: "for its media, and for what is put on record before anything is sent",
    Delay.RULE: "for a person, as its `late` rule says",
}
"""What each delay is, after the words "it waited"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try of the post.

    Args:
        ready_at: since when it could have begun.
        finished_at: None when nobody brought it to its end: its worker was lost.
        platform: how much of it was spent waiting for the platform.
        then: what the post waited for afterwards; None when this was its end.
    """

    ready_at: datetime
    started_at: datetime
    finished_at: datetime | None
    platform: timedelta
    then: Delay | None


@dataclass(frozen=True, slots=True)
class Hold:
    """From when on a post was held between tries, and what for."""

    since: datetime
    delay: Delay


@dataclass(frozen=True, slots=True)
class Busy:
    """While another post of the account was being published."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that is known of a post from its due time to `until`.

    Args:
        tries: those since it was due, first to last.
        holds, busy: in the order in which they began.
        ready_at: since when the next try could begin; None when there is none to come before `until`.
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
    """How late a post is, or was when it came to its end, and why: `waits` follow one another from its due time on."""

    waits: Sequence[WaitPeriod]

    @property
    def ms(self) -> int:
        """How late, in whole milliseconds."""
        return sum(self.by_delay.values())

    @property
    def by_delay(self) -> Mapping[Delay, int]:
        """Milliseconds by what was waited for, the longest first. They sum up to `ms`."""
        found: dict[Delay, int] = {}
        for wait in self.waits:
            found[wait.delay] = found.get(wait.delay, 0) + self.duration_ms(wait)
        return dict(sorted(((delay, ms) for delay, ms in found.items() if ms), key=lambda item: -item[1]))

    def duration_ms(self, wait: WaitPeriod) -> int:
        """How long one of the waits was, so that all of them sum up to `ms`."""
        return self._offset(wait.until) - self._offset(wait.since)

    def describe(self) -> str:
        """For a person."""
        delays = self.by_delay
        if not delays:
            return "It is not late."
        longest = next(iter(delays))
        waited_s = delays[longest] / 1000
        return f"It is {self.ms / 1000:.3f} s late, {waited_s:.3f} s of which it waited {WORDS[longest]}."

    def _offset(self, moment: datetime) -> int:
        return (moment - self.waits[0].since) // timedelta(milliseconds=1)


def explain_lateness(record: Record) -> Lateness:
    """Where the time has gone. What comes after a try that was the post's end is not counted."""
    return Lateness(tuple(wait for wait in _waits(record) if wait.until > wait.since))


def _waits(record: Record) -> Iterator[WaitPeriod]:
    # Nothing but its account holds back a post that nobody has tried.
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
    """Between two tries: first not ready, for `delay` or what it was held for meanwhile, then ready."""
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
