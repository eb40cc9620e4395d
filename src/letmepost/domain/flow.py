"""The vocabulary in which a platform says what it wants done.

A flow is a generator. It yields instructions and receives replies; it has no socket, clock, randomness, database or
token. That is why the same flow can be tested by a transcript, previewed without sending, played against a simulator
and resumed after a crash: whoever drives it decides what a yield means.
"""

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar
from uuid import UUID


class Effect(StrEnum):
    """What a call changes, hence what may be done when its reply is lost.

    READ changes nothing and is always sent live. PREPARE makes something private that is harmless if made twice.
    PUBLISH makes something that followers see: its request is recorded before it is sent, and it is never repeated
    blindly.
    """

    READ = "read"
    PREPARE = "prepare"
    PUBLISH = "publish"


class Auth(StrEnum):
    """Which credential signs a call: the connected account's, the deployment's own app, or none."""

    ACCOUNT = "account"
    APP = "app"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MediaRange:
    """Bytes of a stored medium, streamed by the driver: `length_bytes` from `first_byte` on."""

    media_id: UUID
    first_byte: int
    length_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFile:
    """A file in a multipart form: its bytes, and what the platform is told of its name and type."""

    media: MediaRange
    filename: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request that a platform wants made.

    At most one of `json`, `form`, `multipart` and `body` is set. Its repr shows none of them: calls that connect carry
    passwords. The fields of a multipart form are sent in their order.

    Args:
        step: the call's name in the journal, unique in its flow; every PREPARE and PUBLISH has one.
        idempotent: sending the same bytes again changes nothing more, so a PUBLISH without a reply may be repeated.
        valid_for_s: how long the reply of a PREPARE may stand in for a new call; None means for as long as the
            journal lives.
        timeout_s: from the first byte sent to the last byte received.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Sequence[tuple[str, str]] = field(default=(), repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    multipart: Sequence[tuple[str, str | FormFile]] | None = field(default=None, repr=False)
    body: bytes | MediaRange | None = field(default=None, repr=False)
    effect: Effect = Effect.READ
    step: str | None = None
    idempotent: bool = False
    auth: Auth = Auth.ACCOUNT
    valid_for_s: float | None = None
    timeout_s: float = 20.0

    def __post_init__(self) -> None:
        """Refuse a call that the journal could not name."""
        if (self.step is None) != (self.effect is Effect.READ):
            message = (
                f"{self.method} {self.url}: a {self.effect} call {'needs' if self.step is None else 'has no'} step"
            )
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered. Header names are in lower case.

    `received_at` is a flow's only clock. `replayed` is true when the reply comes from the journal of an earlier run.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    received_at: datetime
    replayed: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def data(self) -> Mapping[str, Any]:
        """The body as a JSON object; empty when it is anything else (a proxy's HTML page, half a reply)."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError; nesting can be without end
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Pause:
    """Not ready yet: end this run and run the flow again from its start after `seconds`.

    Nothing is held meanwhile. The name, the first moment and the number of waits stay in the journal; once
    `give_up_after_s` have gone by since the first, `GaveUp` is thrown into the flow instead.
    """

    step: str
    seconds: float
    give_up_after_s: float


@dataclass(frozen=True, slots=True)
class Forget:
    """What the PREPARE step made has died (an expired container, a lost blob): make it again, once."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One post of a thread is visible. `index` 0 is the first; a break after it leaves the post `partial`."""

    index: int
    uri: str
    cid: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """All of the post is visible: `published` is committed here. What follows are extras."""

    uri: str
    cid: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """An extra (a first comment) is visible: its name, and where."""

    name: str
    uri: str
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class Warn:
    """Something that the caller should know and that does not stop the post."""

    code: str
    message: str


Instruction: TypeAlias = Call | Pause | Forget | Part | Live | Extra | Warn
T = TypeVar("T")
Flow: TypeAlias = Generator[Instruction, Reply, T]


@dataclass(frozen=True, slots=True)
class Frozen:
    """The moment and the randomness of a revision, fixed when it is first claimed.

    Record keys and creation dates are derived from them, so that every run of the flow asks for the same thing.
    """

    at: datetime
    entropy: bytes


@dataclass(frozen=True, slots=True)
class Intent:
    """A PUBLISH that was about to be sent at `started_at`, and has no reply on record."""

    call: Call
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """Reconciliation: it was published. `reply` is what the lost call would have answered."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Absent:
    """Reconciliation: it was surely not published."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Reconciliation: it cannot be learnt, and why."""

    reason: str


Reconciled: TypeAlias = Found | Absent | Unknown
