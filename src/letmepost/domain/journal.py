"""The journal of a flow: what was done under each step's name, and what that means for the next run.

It belongs to one revision of one post. A PREPARE is journaled by its reply; a PUBLISH first by its intent (the complete
request without its signature), then by its reply. After a crash or a pause the flow runs from its start, and `decide`
says for each call whether it is sent, answered from the journal, or asked about.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol, TypeAlias

from letmepost.domain.encoding import encode_call
from letmepost.domain.flow import Call, Effect, Intent, Reply

CONNECTING_MAX_S = 15.0
"""How long a call may take to reach its server, before its own timeout begins: never less than the client's limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is on record of one step.

    A PUBLISH with `intent` and no `reply` is in doubt. `forgotten_count` says how often a PREPARE was made anew.
    """

    name: str
    fingerprint: bytes = b""
    intent: Intent | None = None
    reply: Reply | None = None
    valid_until: datetime | None = None
    forgotten_count: int = 0
    paused_at: datetime | None = None
    pause_count: int = 0

    @property
    def in_doubt(self) -> bool:
        """Whether something was sent of which nobody knows the outcome."""
        return self.intent is not None and self.reply is None


@dataclass(frozen=True, slots=True)
class Send:
    """Send the call; for a PUBLISH, record its intent first."""

    call: Call


@dataclass(frozen=True, slots=True)
class Replay:
    """Answer from the journal."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Repeat:
    """In doubt, but repeating changes nothing more: send the recorded bytes again."""

    call: Call


@dataclass(frozen=True, slots=True)
class Ask:
    """In doubt: let the platform's `reconcile` look for what the intent may have made."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Wait:
    """In doubt, and too early to ask: the lost call may still be under way."""

    until: datetime


Decision: TypeAlias = Send | Replay | Repeat | Ask | Wait


def decide(call: Call, step: Step | None, now: datetime, visibility_delay_s: float) -> Decision:
    """What to do about a call of a flow, given what is on record of its step.

    Args:
        visibility_delay_s: how long the platform may take to show what it has accepted.
    """
    if step is None or call.effect is Effect.READ:
        return Send(call)
    if call.effect is Effect.PREPARE and not step.in_doubt:
        return _decide_prepare(call, step, now)
    if step.reply is not None:
        return Replay(replace(step.reply, replayed=True))
    if step.intent is None:
        return Send(call)
    if step.intent.call.idempotent:
        return Repeat(step.intent.call)
    earliest = may_ask_at(step.intent, visibility_delay_s)
    return Ask(step.intent) if now >= earliest else Wait(earliest)


def may_ask_at(intent: Intent, visibility_delay_s: float) -> datetime:
    """When the platform's word on an intent counts: before that, absent may mean not yet."""
    longest_s = CONNECTING_MAX_S + intent.call.timeout_s + visibility_delay_s
    return intent.started_at + timedelta(seconds=longest_s)


def begins_within_s(intent: Intent, now: datetime) -> float:
    """Seconds left for the intent's call to reach its server: `may_ask_at` counts on no more. Negative when it is late.

    Putting the intent on record, or this process, may have been slow.
    """
    return CONNECTING_MAX_S - (now - intent.started_at).total_seconds()


def _decide_prepare(call: Call, step: Step, now: datetime) -> Decision:
    if step.reply is None or step.fingerprint != fingerprint(call):
        return Send(call)
    if step.valid_until is not None and now >= step.valid_until:
        return Send(call)
    return Replay(replace(step.reply, replayed=True))


def fingerprint(call: Call) -> bytes:
    """32 bytes that are equal for calls that ask for the same thing."""
    return sha256(encode_call(call)).digest()


class Journal(Protocol):
    """Where steps are put on record.

    Every method but `record` commits before it returns, together with all replies that have waited. `flush` commits
    those alone, and is called before anything is sent without an intent.
    """

    async def intend(self, step: str, fingerprint: bytes, intent: Intent) -> None:
        """The call is about to be sent."""

    async def record(self, step: str, fingerprint: bytes, reply: Reply, valid_for_s: float | None) -> None:
        """The call was answered."""

    async def close(self, step: str) -> None:
        """The call was surely not executed: it may be sent anew."""

    async def doubt(self, step: str) -> None:
        """What was answered says nothing: the intent stays, the reply goes."""

    async def forget(self, step: str) -> None:
        """What the step made has died: it may be made anew."""

    async def pause(self, step: str, now: datetime) -> None:
        """The flow waits."""

    async def flush(self) -> None:
        """What has been recorded is on record."""
