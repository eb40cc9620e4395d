"""The instructions with which a platform describes its calls.

A flow is a generator that yields instructions and receives replies. It has no socket, clock, randomness, database or
token. So the same flow can be tested with a transcript, previewed without sending, run against a simulator, and
resumed after a crash. Its driver decides what a yield does.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from letmepost.domain.text import as_storable


class Effect(StrEnum):
    """What a call changes, and so what is allowed if its reply is lost.

    READ changes nothing and is always sent. WRITE changes something, may be repeated, and is not recorded (sign-in,
    refresh, revocation, deletion, a part of an upload). PREPARE creates something private, which is harmless if created
    twice: its reply is recorded. PUBLISH creates something that followers see: its request is recorded before it is
    sent, and it is never repeated without a check.
    """

    READ = "read"
    WRITE = "write"
    PREPARE = "prepare"
    PUBLISH = "publish"


class Auth(StrEnum):
    """The credential that signs a call: that of the connected account, or none."""

    ACCOUNT = "account"
    NONE = "none"


SLOWEST_BYTES_PER_S = 256 * 1024
"""A call that sends media more slowly than this on average is given up."""


@dataclass(frozen=True, slots=True)
class MediaRange:
    """Bytes of a stored media item, which the driver streams: `length_bytes` from `first_byte`."""

    media_id: UUID
    first_byte: int
    length_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFile:
    """A file in a multipart form: its bytes, and the name and type that the platform receives."""

    media: MediaRange
    filename: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request of a platform.

    At most one of `json`, `form`, `multipart` and `body` is set. Its repr shows none of them, because they can contain
    passwords. The fields of a multipart form are sent in their order.

    Args:
        step: the name of the call in the journal, unique in its flow. Required for PREPARE and PUBLISH.
        idempotent: True if sending the same bytes again changes nothing: a PUBLISH without a reply can be repeated.
        valid_for_s: how long the reply of a PREPARE replaces a new call; None for the lifetime of the journal.
        timeout_s: from the first byte sent to the last byte received, without the time that bytes of media take.
        reference: what a reconciliation must know and the request does not contain, such as the id of an upload. It is
            recorded and never sent.
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
    reference: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a call that the journal cannot name."""
        if (self.step is None) != (self.effect in {Effect.READ, Effect.WRITE}):
            message = (
                f"{self.method} {self.url}: a {self.effect} call {'needs' if self.step is None else 'has no'} step"
            )
            raise ValueError(message)

    def at(self, url: str) -> "Call":
        """Return the call to another URL. What is in its query can be secret, so it is moved to `query`."""
        address, _, query = url.partition("?")
        return replace(self, url=address, query=tuple(parse_qsl(query, keep_blank_values=True)))

    @property
    def media_bytes(self) -> int:
        """How many bytes of media items the call sends."""
        files = [value.media for _, value in self.multipart or () if isinstance(value, FormFile)]
        ranges = [*files, self.body] if isinstance(self.body, MediaRange) else files
        return sum(one.length_bytes for one in ranges)

    @property
    def longest_s(self) -> float:
        """How long the call may take, from the first byte sent to the last byte received."""
        return self.timeout_s + self.media_bytes / SLOWEST_BYTES_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The reply of a server. Header names are in lower case.

    `received_at` is the only clock of a flow. `replayed` is True if the reply is from the journal of an earlier run.
    `parts` contains what an upload has kept of the reply to each part. `reference` is that of the call which published
    an upload in an earlier run: it may have been another session than the one that the flow has begun.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    received_at: datetime
    replayed: bool = False
    parts: tuple[str, ...] = ()
    reference: str | None = None

    @property
    def ok(self) -> bool:
        """Return True if the status is 2xx."""
        return 200 <= self.status < 300

    def data(self) -> Mapping[str, Any]:
        """Return the body as a JSON object; empty if it is anything else, such as an HTML page or half a reply.

        Unpaired surrogates and NUL become U+FFFD: no later call could contain them.
        """
        try:
            value = json.loads(self.body)
            if b"\\u" in self.body or not self.body.isascii():
                value = as_storable(value)
        except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError; nesting can be too deep
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An instruction to send a media item in parts, one after another. A later run resumes it.

    The flow receives the reply to the last part, with `Reply.parts`. If the probe shows that the server has every byte
    already, it receives the reply to the probe. A reply that ends the upload early (a 4xx, a Retry-After, an expired
    session) goes to the flow as it is. A later run that finds the upload complete receives the recorded reply.

    A part without a reply, or with another 5xx, is sent again. With a probe, the server's offset decides where to
    continue. Without one, the journal contains how many parts are done, and after a crash at most one of them is sent
    again.

    Args:
        step: the name of the upload in the journal. A part has none, and is not recorded on its own.
        media: the bytes to send, at least one. Offsets count from its first byte.
        chunk_bytes: the length of a part; the last one may be shorter. A sequence contains the length of every part.
        send: returns the WRITE that sends the bytes from an offset, with a length in bytes.
        probe: the READ whose reply contains the server's offset; None if the platform has no such call.
        offset_of: returns how many bytes the server has, from a reply to the probe or to a part. None if the reply does
            not contain it: a part with a 2xx is then stored whole. A range contains the bytes that the server asks for
            next, instead of a part of `chunk_bytes`. Required with a probe.
        moved_to: returns the URL of all later calls if a reply contains a new one. A later run begins with the first
            URL. It raises `PlatformFailure` for a URL that must not receive the bytes.
        is_new: True if the session was created in this run (its reply is not `replayed`), so it needs no probe.
        keep: returns what the flow needs of the reply to each part, such as its ETag. Only without a probe.
        last: PUBLISH if the platform publishes when it has the last byte. The call with that byte is then recorded
            before it is sent, and reconciled like every PUBLISH. Only with a probe.
    """

    step: str
    media: MediaRange
    chunk_bytes: int | Sequence[int]
    send: Callable[[int, int], Call]
    probe: Call | None = None
    offset_of: Callable[[Reply], int | range | None] | None = None
    moved_to: Callable[[Reply], str | None] | None = None
    is_new: bool = False
    keep: Callable[[Reply], str] | None = None
    last: Effect = Effect.WRITE

    def __post_init__(self) -> None:
        """Raise ValueError for an upload that cannot be sent or resumed."""
        chunks = [self.chunk_bytes] if isinstance(self.chunk_bytes, int) else self.chunk_bytes
        if self.media.length_bytes < 1 or min(chunks, default=0) < 1:
            raise ValueError(f"{self.step}: an upload and its parts contain at least one byte")
        if not isinstance(self.chunk_bytes, int) and sum(chunks) != self.media.length_bytes:
            raise ValueError(f"{self.step}: the parts have {sum(chunks)} bytes, the media {self.media.length_bytes}")
        if (self.probe is None) != (self.offset_of is None) or (self.probe and self.probe.effect is not Effect.READ):
            raise ValueError(f"{self.step}: a probe is a read, and needs offset_of")
        if self.probe is not None and self.keep is not None:
            raise ValueError(f"{self.step}: an upload with a probe keeps nothing of its parts")
        if self.last is not Effect.WRITE and (self.last is not Effect.PUBLISH or self.probe is None):
            raise ValueError(f"{self.step}: the last part is a write, or a publish with a probe")

    @property
    def part_count(self) -> int:
        """Return the number of parts."""
        if isinstance(self.chunk_bytes, int):
            return -(-self.media.length_bytes // self.chunk_bytes)
        return len(self.chunk_bytes)

    def part(self, first_byte: int, end: int | None = None) -> Call:
        """Return the call that sends the bytes from `first_byte` to `end`, by default to the end of a part."""
        end = self.end_of_part(first_byte) if end is None else end
        call = self.send(first_byte, end - first_byte)
        if call.effect is not Effect.WRITE:
            raise ValueError(f"{self.step}: a part is a write, not a {call.effect}")
        is_published = self.last is Effect.PUBLISH and end == self.media.length_bytes
        return replace(call, effect=Effect.PUBLISH, step=self.step) if is_published else call

    def end_of_part(self, first_byte: int) -> int:
        """Return the offset after the part from `first_byte`. In the middle of a listed part, it is the rest of it."""
        if isinstance(self.chunk_bytes, int):
            return min(first_byte + self.chunk_bytes, self.media.length_bytes)
        ends = list(accumulate(self.chunk_bytes))
        return ends[bisect_right(ends, first_byte)]


@dataclass(frozen=True, slots=True)
class Pause:
    """An instruction to end this run, and to run the flow from its start after `seconds`.

    No resource is held during the pause. The journal keeps the name, the first time and the number of waits. Once
    `give_up_after_s` have passed since the first wait, `GaveUp` is thrown into the flow instead.

    Args:
        step: the step that is waited for, or a name that begins with it and `-`. After `Forget` or `Void` of that step,
            its waits start over.
    """

    step: str
    seconds: float
    give_up_after_s: float


@dataclass(frozen=True, slots=True)
class Forget:
    """An instruction to run a PREPARE step again, once: its result is lost (an expired container, a deleted blob)."""

    step: str


@dataclass(frozen=True, slots=True)
class Void:
    """The report that a step had no effect after all: the platform accepted a post, and then refused it for good.

    The step may be sent again. Only for what the platform itself reports as ended: anything else stays in doubt.
    """

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The report that a post of a thread is visible. `index` 0 is the first. A later failure is then `partial`."""

    index: int
    uri: str
    cid: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The report that the whole post is visible: `published` is committed here. Only extras follow.

    A second report adds the URL, if the platform states it later.
    """

    uri: str
    cid: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """The report that the platform has the post, and that a person must finish it at `url`. The flow ends here.

    `uri`: the platform's id of the unfinished post, by which it can report later that the person published it.
    """

    url: str
    uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """The report that an extra, such as a first comment, is visible."""

    name: str
    uri: str
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class Warn:
    """A warning for the caller that does not stop the post."""

    code: str
    message: str


Announcement: TypeAlias = Part | Live | HandOver | Extra | Warn
Instruction: TypeAlias = Call | Upload | Pause | Forget | Void | Announcement
T = TypeVar("T")
Flow: TypeAlias = Generator[Instruction, Reply, T]


@dataclass(frozen=True, slots=True)
class Frozen:
    """The time and the randomness of a revision, fixed when it is first claimed.

    Record keys and creation dates derive from them, so that every run of the flow makes the same requests.
    """

    at: datetime
    entropy: bytes


@dataclass(frozen=True, slots=True)
class Intent:
    """A PUBLISH that was about to be sent at `started_at`, without a recorded reply."""

    call: Call
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a reconciliation that found the post. `reply` is the reply that the lost call would have had."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Absent:
    """The result of a reconciliation that proved that nothing was published."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The result of a reconciliation that could not find out, with the reason."""

    reason: str


Reconciled: TypeAlias = Found | Absent | Unknown
