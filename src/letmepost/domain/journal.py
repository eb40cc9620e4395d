"""The journal of a flow: what was done under each step's name, and what that means for the next run.

It belongs to one revision of one post. A PREPARE is journaled by its reply; a PUBLISH first by its intent (the complete
request without its signature), then by its reply. After a crash or a pause the flow runs from its start, and `decide`
says for each call whether it is sent, answered from the journal, or asked about.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias
from uuid import UUID

from letmepost.domain.flow import Auth, Call, Effect, FormFile, Intent, MediaRange, Reply

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


def encode_call(call: Call) -> bytes:
    """The call as canonical JSON: what an intent stores, and what a fingerprint is taken of.

    All but `valid_for_s`, which is about the reply and may differ from run to run.
    """
    value: dict[str, Any] = {
        "method": call.method,
        "url": call.url,
        "headers": dict(call.headers),
        "query": [list(pair) for pair in call.query],
        "json": call.json,
        "form": call.form,
        "body": _encode_body(call.body),
        "effect": call.effect,
        "step": call.step,
        "idempotent": call.idempotent,
        "auth": call.auth,
        "timeout_s": call.timeout_s,
    }
    if call.multipart is not None:  # where it is not, a fingerprint that an earlier release took stays true
        value["multipart"] = [(name, _encode_field(content)) for name, content in call.multipart]
    return json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _encode_body(body: bytes | MediaRange | None) -> dict[str, Any] | None:
    if isinstance(body, bytes):
        return {"base64": base64.b64encode(body).decode()}
    return (
        None if body is None else {"media": str(body.media_id), "first": body.first_byte, "length": body.length_bytes}
    )


def _encode_field(content: str | FormFile) -> str | dict[str, Any]:
    if isinstance(content, str):
        return content
    return {"file": _encode_body(content.media), "name": content.filename, "type": content.content_type}


def _plain(value: object) -> dict[str, Any]:
    """A mapping that is no dict, as one: options are read-only and may stand in a request as they are."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def decode_call(data: bytes) -> Call:
    """The call that `encode_call` wrote."""
    value = json.loads(data)
    return Call(
        **{
            **value,
            "query": tuple((name, text) for name, text in value["query"]),
            "body": _decode_body(value["body"]),
            "multipart": _decode_fields(value.get("multipart")),
            "effect": Effect(value["effect"]),
            "auth": Auth(value["auth"]),
        }
    )


def _decode_body(value: Mapping[str, Any] | None) -> bytes | MediaRange | None:
    if value is None:
        return None
    return base64.b64decode(value["base64"]) if "base64" in value else _decode_range(value)


def _decode_fields(value: Sequence[Any] | None) -> tuple[tuple[str, str | FormFile], ...] | None:
    return None if value is None else tuple((name, _decode_field(content)) for name, content in value)


def _decode_field(value: Any) -> str | FormFile:
    if isinstance(value, str):
        return value
    return FormFile(media=_decode_range(value["file"]), filename=value["name"], content_type=value["type"])


def _decode_range(value: Mapping[str, Any]) -> MediaRange:
    return MediaRange(UUID(value["media"]), value["first"], value["length"])


def encode_reply(reply: Reply) -> bytes:
    """The reply as JSON, for the journal."""
    value = {
        "status": reply.status,
        "headers": dict(reply.headers),
        "body": base64.b64encode(reply.body).decode(),
        "received_at": reply.received_at.isoformat(),
    }
    return json.dumps(value).encode()


def decode_reply(data: bytes) -> Reply:
    """The reply that `encode_reply` wrote."""
    value = json.loads(data)
    return Reply(
        status=value["status"],
        headers=value["headers"],
        body=base64.b64decode(value["body"]),
        received_at=datetime.fromisoformat(value["received_at"]),
    )
