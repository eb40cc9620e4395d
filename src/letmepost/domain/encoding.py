"""Calls and replies as bytes, for the journal and for fingerprints."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from letmepost.domain.flow import Auth, Call, Effect, FormFile, MediaRange, Reply


def encode_call(call: Call) -> bytes:
    """Return the call as canonical JSON, for intents and fingerprints.

    Without `valid_for_s`, which concerns the reply and may differ from run to run.
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
    if call.multipart is not None:  # left out if unused: fingerprints of earlier releases stay valid
        value["multipart"] = [(name, _encode_field(content)) for name, content in call.multipart]
    if call.reference is not None:
        value["reference"] = call.reference
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
    """Return a mapping as a dict: options are read-only mappings, and requests can contain them."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def decode_call(data: bytes) -> Call:
    """Return the call that `encode_call` encoded."""
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
    """Return the reply as JSON, for the journal."""
    value: dict[str, Any] = {
        "status": reply.status,
        "headers": dict(reply.headers),
        "body": base64.b64encode(reply.body).decode(),
        "received_at": reply.received_at.isoformat(),
    }
    if reply.parts:
        value["parts"] = reply.parts
    return json.dumps(value).encode()


def decode_reply(data: bytes) -> Reply:
    """Return the reply that `encode_reply` encoded."""
    value = json.loads(data)
    return Reply(
        status=value["status"],
        headers=value["headers"],
        body=base64.b64decode(value["body"]),
        received_at=datetime.fromisoformat(value["received_at"]),
        parts=tuple(value.get("parts", ())),
    )
