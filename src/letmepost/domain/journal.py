"""The journal of a flow: what is recorded of each step, and what that means for the next run.

It belongs to one revision of one post. A PREPARE is recorded with its reply. A PUBLISH is recorded first with its
intent (the complete request without its signature), then with its reply. An upload is one step: the reply to its last
part, or before that, how many parts are done if the platform cannot be asked. After a crash or a pause, the flow runs
from its start, and `decide` returns for each call if it is sent, answered from the journal, or reconciled.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol, TypeAlias

from letmepost.domain.encoding import encode_call
from letmepost.domain.flow import Call, Effect, Intent, Reply, Upload

CONNECTING_MAX_S = 15.0
"""How long a call may take to reach its server, before its own timeout begins; at least the limit of the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The record of one step.

    A PUBLISH with `intent` and no `reply` is in doubt. `forgotten_count` counts the repetitions of a PREPARE.
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
        """Return True if a request was sent, and its outcome is unknown."""
        return self.intent is not None and self.reply is None


@dataclass(frozen=True, slots=True)
class Send:
    """The decision to send the call. The intent of a PUBLISH is recorded first."""

    call: Call


@dataclass(frozen=True, slots=True)
class Replay:
    """The decision to use the reply in the journal."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Repeat:
    """The decision to send the recorded bytes again: the step is in doubt, but a repetition changes nothing."""

    call: Call


@dataclass(frozen=True, slots=True)
class Ask:
    """The decision to reconcile: the step is in doubt, and the platform looks for the result of the intent."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Wait:
    """The decision to wait: the step is in doubt, and the lost call may still be executed."""

    until: datetime


Decision: TypeAlias = Send | Replay | Repeat | Ask | Wait


def decide(call: Call, step: Step | None, now: datetime, visibility_delay_s: float) -> Decision:
    """Return what to do with a call of a flow, given the record of its step.

    Args:
        visibility_delay_s: the longest time until the platform shows what it has accepted.
    """
    if step is None or call.step is None:
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
    """Return when a reconciliation is reliable. Before that, an absent post may still appear."""
    longest_s = CONNECTING_MAX_S + intent.call.longest_s + visibility_delay_s
    return intent.started_at + timedelta(seconds=longest_s)


def begins_within_s(intent: Intent, now: datetime) -> float:
    """Return the seconds in which the call must reach its server, as `may_ask_at` assumes. Negative if it is too late.

    Recording the intent, or this process, may have been slow.
    """
    return CONNECTING_MAX_S - (now - intent.started_at).total_seconds()


def _decide_prepare(call: Call, step: Step, now: datetime) -> Decision:
    if step.reply is None or step.fingerprint != fingerprint(call):
        return Send(call)
    if step.valid_until is not None and now >= step.valid_until:
        return Send(call)
    return Replay(replace(step.reply, replayed=True))


def fingerprint(call: Call) -> bytes:
    """Return 32 bytes that are equal for calls with the same request."""
    return sha256(encode_call(call)).digest()


def upload_fingerprint(upload: Upload) -> bytes:
    """Return 32 bytes that are equal for uploads of the same parts to the same session."""
    chunks = upload.chunk_bytes if isinstance(upload.chunk_bytes, int) else tuple(upload.chunk_bytes)
    return sha256(encode_call(upload.part(0)) + repr((upload.media.length_bytes, chunks)).encode()).digest()


class Journal(Protocol):
    """The store of the steps of a flow.

    Every method but `record` commits before it returns, together with all recorded replies. `flush` commits those
    alone, and is called before anything is sent without an intent.
    """

    async def intend(self, step: str, fingerprint: bytes, intent: Intent) -> None:
        """Record that the call is about to be sent."""

    async def record(self, step: str, fingerprint: bytes, reply: Reply, valid_for_s: float | None) -> None:
        """Record the reply of the call, at the next commit."""

    async def close(self, step: str) -> None:
        """Record that the call was certainly not executed, so that it may be sent again."""

    async def doubt(self, step: str) -> None:
        """Discard an inconclusive reply, but keep the intent."""

    async def void(self, step: str) -> None:
        """Record that the step had no effect: it may run again, and waits for it start over."""

    async def forget(self, step: str) -> None:
        """Record that the result of the step is lost: the step may run again, and waits for it start over."""

    async def pause(self, step: str, now: datetime) -> None:
        """Record that the flow waits."""

    async def flush(self) -> None:
        """Commit the recorded replies."""
