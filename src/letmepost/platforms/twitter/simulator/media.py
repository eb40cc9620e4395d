"""Uploads: in one piece, or started, appended to and finalized; and their alt texts.

Only the size, type and owner of a media item are stored: media cannot be downloaded from the simulator. Source: fact
sheet sections 2.3 and 4, after https://docs.x.com/x-api/media and openapi.json 2.167, checked 2026-11-21.
"""

import base64
from datetime import timedelta
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.simulation import SimulatedReply, State
from letmepost.platforms.twitter.simulator.accounts import snowflake
from letmepost.platforms.twitter.simulator.endpoint import Request
from letmepost.platforms.twitter.simulator.wire import RefusedError, forbidden, invalid, read_json, read_multipart

LIFETIME = timedelta(seconds=86_400)
SESSION_LIFETIME_S = 1_295_999
SEGMENT_MAX_BYTES = 5 * 1024 * 1024
SEGMENT_MAX_INDEX = 999
PROCESSING_S = 1.0
IMAGE_MAX_BYTES = 5_000_000
GIF_MAX_BYTES = 15_000_000
ALT_TEXT_MAX_CHARS = 1000
NEVER_S = 10 * 365 * 86_400
_CATEGORIES = frozenset({"tweet_image", "tweet_gif"})
"""The categories that the simulator supports; the API has more."""
_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff", "image/pjpeg"})


class UploadedMedia(TypedDict):
    """The facts of a media item. `segments`: index → bytes; `ready_at` is None until it is finalized."""

    id: str
    account_id: str
    category: str
    total_bytes: int
    segments: dict[str, int]
    ready_at: float | None
    until: float
    alt_text: str | None


def upload(request: Request) -> SimulatedReply:
    """`POST /2/media/upload`: an image in one piece."""
    request.refuse_attempt(is_upload=True)
    category, content = _one_shot(request)
    if category is None:
        raise invalid("$.media_category: is missing but it is required")
    if category not in _CATEGORIES:
        raise invalid(f"$.media_category: does not have a value in the enumeration {sorted(_CATEGORIES)}")
    if content is None or not content:
        raise invalid("$.media: is missing but it is required")
    if len(content) > _max_bytes(category) or _sniff(content) is None:
        raise invalid("The media could not be read")
    item = _begin(request, category, len(content))
    item["ready_at"] = request.call.now.timestamp()
    request.state[f"media/{item['id']}"] = item
    data = {**_shown(item), "size": len(content), "image": {"image_type": _sniff(content), "w": 1, "h": 1}}
    return json_reply({"data": data})


def initialize(request: Request) -> SimulatedReply:
    """`POST /2/media/upload/initialize`."""
    request.refuse_attempt(is_upload=True)
    body = read_json(request.call)
    category, total = body.get("media_category"), body.get("total_bytes")
    if set(body) - {"media_category", "total_bytes", "media_type", "additional_owners", "shared"}:
        raise invalid("$: the schema does not allow additional properties")
    if category not in _CATEGORIES or body.get("media_type") not in _TYPES:
        raise invalid("$.media_category, $.media_type: does not have a value in the enumeration")
    if not isinstance(total, int) or not 0 < total <= _max_bytes(category):
        raise invalid("$.total_bytes: is too large, or missing")
    item = _begin(request, category, total)
    request.state[f"media/{item['id']}"] = item
    return json_reply({"data": {**_shown(item), "expires_after_secs": SESSION_LIFETIME_S}})


def append(request: Request) -> SimulatedReply:
    """`POST /2/media/upload/{id}/append`. The same index again replaces the segment."""
    item = own_media(request.state, request.account["id"], request.target)
    index, content = _segment(request)
    if not index.isdecimal() or int(index) > SEGMENT_MAX_INDEX or not content:
        raise invalid("$.segment_index, $.media: is missing but it is required")
    if len(content) > SEGMENT_MAX_BYTES:
        raise RefusedError(413, {"title": "Payload Too Large", "status": 413, "type": "about:blank", "detail": ""})
    segments = {**item["segments"], str(int(index)): len(content)}
    request.state[f"media/{item['id']}"] = {**item, "segments": segments}
    return json_reply({"data": {"expires_at": int(request.call.now.timestamp()) + SESSION_LIFETIME_S}})


def finalize(request: Request) -> SimulatedReply:
    """`POST /2/media/upload/{id}/finalize`."""
    item = own_media(request.state, request.account["id"], request.target)
    sizes = [item["segments"].get(str(index), 0) for index in range(len(item["segments"]))]
    if not all(sizes) or sum(sizes) != item["total_bytes"]:
        raise invalid("Segments do not add up to provided total file size.")
    now = request.call.now
    ready_at = now.timestamp() + (NEVER_S if request.scenario.processes_forever else PROCESSING_S)
    until = (now + LIFETIME).timestamp()
    final: UploadedMedia = {**item, "ready_at": ready_at, "until": until}
    request.state[f"media/{item['id']}"] = final
    return json_reply({"data": {**_shown(final), "size": sum(sizes), **_processing(final, now.timestamp())}})


def status(request: Request) -> SimulatedReply:
    """`GET /2/media/upload`. `command=STATUS` is optional."""
    query = dict(request.call.query)
    if query.get("command", "STATUS") != "STATUS":
        raise invalid("The `command` query parameter value is not one of [STATUS]")
    item = own_media(request.state, request.account["id"], query.get("media_id", ""))
    return json_reply({"data": {**_shown(item), **_processing(item, request.call.now.timestamp())}})


def describe(request: Request) -> SimulatedReply:
    """`POST /2/media/metadata`."""
    body = read_json(request.call)
    metadata = body.get("metadata")
    alt_text = metadata.get("alt_text") if isinstance(metadata, dict) else None
    text = alt_text.get("text") if isinstance(alt_text, dict) else None
    if not isinstance(body.get("id"), str) or not isinstance(text, str):
        raise invalid("$.id, $.metadata: is missing but it is required")
    if len(text) > ALT_TEXT_MAX_CHARS:
        raise invalid("$.metadata.alt_text.text: is too long")
    item = own_media(request.state, request.account["id"], body["id"])
    request.state[f"media/{item['id']}"] = {**item, "alt_text": text}
    return json_reply({"data": {"id": item["id"], "associated_metadata": {"alt_text": {"text": text}}}})


def own_media(state: State, account_id: str, media_id: str) -> UploadedMedia:
    """Return a media item that this account has uploaded."""
    item: UploadedMedia | None = state.get(f"media/{media_id}")
    if item is None or item["account_id"] != account_id:
        raise forbidden()
    return item


def media_key(item: UploadedMedia) -> str:
    """Return the key of a media item in posts."""
    return f"{'16' if item['category'] == 'tweet_gif' else '3'}_{item['id']}"


def _begin(request: Request, category: str, total_bytes: int) -> UploadedMedia:
    now = request.call.now
    return UploadedMedia(
        id=snowflake(request.state, now, request.call.entropy),
        account_id=request.account["id"],
        category=category,
        total_bytes=total_bytes,
        segments={},
        ready_at=None,
        until=(now + LIFETIME).timestamp(),
        alt_text=None,
    )


def _shown(item: UploadedMedia) -> dict[str, Any]:
    lifetime_s = int(LIFETIME.total_seconds())
    return {"id": item["id"], "media_key": media_key(item), "expires_after_secs": lifetime_s}


def _processing(item: UploadedMedia, moment: float) -> dict[str, Any]:
    if item["ready_at"] is None:
        return {}
    if moment >= item["ready_at"]:
        return {"processing_info": {"state": "succeeded", "progress_percent": 100}}
    return {"processing_info": {"state": "pending", "check_after_secs": 1}}


def _one_shot(request: Request) -> tuple[str | None, bytes | None]:
    """Return the category and the bytes. A category after the bytes is ignored."""
    if _is_json(request):
        body = read_json(request.call)
        return body.get("media_category"), _decode(body.get("media"))
    category = None
    for name, content in read_multipart(request.call):
        if name == "media":
            return category, content
        if name == "media_category":
            category = content.decode(errors="replace")
    return category, None


def _segment(request: Request) -> tuple[str, bytes | None]:
    """Return the index and the bytes of a segment.

    Source: https://docs.x.com/x-api/media/append-media-upload, JSON or a multipart form, checked 2026-11-29.
    """
    if _is_json(request):
        body = read_json(request.call)
        return str(body.get("segment_index")), _decode(body.get("media"))
    fields = dict(read_multipart(request.call))
    return fields.get("segment_index", b"").decode(errors="replace"), fields.get("media")


def _is_json(request: Request) -> bool:
    return "application/json" in request.call.headers.get("content-type", "")


def _decode(media: object) -> bytes | None:
    """Return the bytes that are Base64 in JSON, or None if they are not."""
    try:
        return base64.b64decode(str(media), validate=True) if media is not None else None
    except ValueError:
        return None


def _max_bytes(category: str) -> int:
    return GIF_MAX_BYTES if category == "tweet_gif" else IMAGE_MAX_BYTES


def _sniff(data: bytes) -> str | None:
    """Return the type that the first bytes show."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    starts = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
    return next((mime for start, mime in starts.items() if data.startswith(start)), None)
