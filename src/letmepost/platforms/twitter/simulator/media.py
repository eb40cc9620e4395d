"""Media items: images that are uploaded in one piece, the processing of others, and alt texts.

The bytes of small media items are kept for the pages of posts. They cannot be downloaded by the protocol.
Source: fact sheet sections 2.3 and 4, after https://docs.x.com/x-api/media and openapi.json 2.167, checked 2026-11-21.
"""

import base64
import math
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypedDict

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator.files import StoredFile, append_part, no_bytes
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.simulation import SimulatedReply
from letmepost.platforms.twitter.simulator.accounts import snowflake
from letmepost.platforms.twitter.simulator.endpoint import Request
from letmepost.platforms.twitter.simulator.wire import forbidden, invalid, missing, read_json, read_multipart

LIFETIME = timedelta(seconds=86_400)
IMAGE_MAX_BYTES = 5_000_000
GIF_MAX_BYTES = 15_000_000
ALT_TEXT_MAX_CHARS = 1000
VIDEO = "tweet_video"
GIF = "tweet_gif"
CATEGORIES = frozenset({"tweet_image", GIF, VIDEO})
"""The categories that the simulator supports; the API has more."""
_CHECK_AFTER_MAX_S = 30
_KEY_PREFIXES = {GIF: "16", VIDEO: "13"}


class UploadedMedia(TypedDict):
    """A media item. `ready_at` and `file` are None until it is finalized; `is_bad` if it cannot be processed."""

    id: str
    account_id: str
    category: str
    total_bytes: int
    file: StoredFile | None
    ready_at: float | None
    is_bad: bool
    until: float
    alt_text: str | None


def upload(request: Request) -> SimulatedReply:
    """`POST /2/media/upload`: an image in one piece."""
    request.refuse_attempt(is_upload=True)
    category, content = _one_shot(request)
    if category is None:
        raise invalid("$.media_category: is missing but it is required")
    if category not in CATEGORIES - {VIDEO}:
        raise invalid(f"$.media_category: does not have a value in the enumeration {sorted(CATEGORIES)}")
    if content is None or not content:
        raise invalid("$.media: is missing but it is required")
    if len(content) > (GIF_MAX_BYTES if category == GIF else IMAGE_MAX_BYTES) or _sniff(content) is None:
        raise invalid("The media could not be read")
    item = begin(request, category, len(content))
    item["ready_at"] = request.call.now.timestamp()
    item["file"], stored = append_part(no_bytes(), Received.of(content), f"media/{item['id']}")
    request.state[f"media/{item['id']}"] = item
    data = {**shown(item), "size": len(content), "image": {"image_type": _sniff(content), "w": 1, "h": 1}}
    return replace(json_reply({"data": data}), stored=stored)


def status(request: Request) -> SimulatedReply:
    """`GET /2/media/upload`. `command=STATUS` is optional."""
    query = dict(request.call.query)
    if query.get("command", "STATUS") != "STATUS":
        raise invalid("The `command` query parameter value is not one of [STATUS]")
    item = own_media(request, query.get("media_id", ""))
    return json_reply({"data": {**shown(item), **processing(item, request.call.now.timestamp())}})


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
    item = own_media(request, body["id"])
    if item["category"] == VIDEO:
        raise invalid("$.metadata.alt_text: is supported for images and GIFs only")
    request.state[f"media/{item['id']}"] = {**item, "alt_text": text}
    return json_reply({"data": {"id": item["id"], "associated_metadata": {"alt_text": {"text": text}}}})


def own_media(request: Request, media_id: str) -> UploadedMedia:
    """Return a media item that this account has uploaded."""
    item: UploadedMedia | None = request.state.get(f"media/{media_id}")
    if item is None or request.call.now.timestamp() >= item["until"]:
        raise missing("media_id", media_id)
    if item["account_id"] != request.account["id"]:
        raise forbidden()
    return item


def media_key(item: UploadedMedia) -> str:
    """Return the key of a media item in posts."""
    return f"{_KEY_PREFIXES.get(item['category'], '3')}_{item['id']}"


def begin(request: Request, category: str, total_bytes: int) -> UploadedMedia:
    """Return a new media item without bytes."""
    now = request.call.now
    return UploadedMedia(
        id=snowflake(request.state, now, request.call.entropy),
        account_id=request.account["id"],
        category=category,
        total_bytes=total_bytes,
        file=None,
        ready_at=None,
        is_bad=False,
        until=(now + LIFETIME).timestamp(),
        alt_text=None,
    )


def shown(item: UploadedMedia) -> dict[str, Any]:
    """Return a media item as the API shows it."""
    lifetime_s = int(LIFETIME.total_seconds())
    return {"id": item["id"], "media_key": media_key(item), "expires_after_secs": lifetime_s}


def processing(item: UploadedMedia, moment: float) -> dict[str, Any]:
    """Return how far the processing of a media item is; nothing if it is not processed."""
    if item["ready_at"] is None:
        return {}
    if moment < item["ready_at"]:
        check_after_s = min(math.ceil(item["ready_at"] - moment), _CHECK_AFTER_MAX_S)
        return {"processing_info": {"state": "pending", "check_after_secs": check_after_s}}
    if item["is_bad"]:
        error = {"code": 1, "name": "InvalidMedia", "message": "Unsupported video format"}
        return {"processing_info": {"state": "failed", "error": error}}
    return {"processing_info": {"state": "succeeded", "progress_percent": 100}}


def _one_shot(request: Request) -> tuple[str | None, bytes | None]:
    """Return the category and the bytes. A category after the bytes is ignored."""
    if is_json(request):
        body = read_json(request.call)
        return body.get("media_category"), decode(body.get("media"))
    category = None
    for name, content in read_multipart(request.call):
        if name == "media":
            return category, content
        if name == "media_category":
            category = content.decode(errors="replace")
    return category, None


def is_json(request: Request) -> bool:
    """Return True if the body of a call is JSON."""
    return "application/json" in request.call.headers.get("content-type", "")


def decode(media: object) -> bytes | None:
    """Return the bytes that are Base64 in JSON, or None if they are not."""
    try:
        return base64.b64decode(str(media), validate=True) if media is not None else None
    except ValueError:
        return None


def _sniff(data: bytes) -> str | None:
    """Return the type that the first bytes show."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    starts = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
    return next((mime for start, mime in starts.items() if data.startswith(start)), None)
