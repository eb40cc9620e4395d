"""Uploads of GIFs and videos: started, appended to in segments, and finalized.

Source: fact sheet sections 2.3 and 4, after https://docs.x.com/x-api/media and openapi.json 2.167, checked 2026-11-21;
for the segments that X's edge refuses https://github.com/abraham/twitteroauth/issues/1257, checked 2026-11-29.
"""

from dataclasses import replace
from itertools import count, takewhile

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator.files import join_parts, keep_part
from letmepost.platforms._kit.simulator.scenarios import is_first_response
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.simulation import SimulatedReply
from letmepost.platforms.twitter.simulator.endpoint import Request
from letmepost.platforms.twitter.simulator.media import (
    CATEGORIES,
    GIF,
    GIF_MAX_BYTES,
    IMAGE_MAX_BYTES,
    LIFETIME,
    VIDEO,
    UploadedMedia,
    begin,
    decode,
    is_json,
    own_media,
    processing,
    shown,
)
from letmepost.platforms.twitter.simulator.scenarios import VIDEO_MAX_BYTES
from letmepost.platforms.twitter.simulator.wire import (
    RefusedError,
    invalid,
    missing,
    read_json,
    read_multipart,
    unavailable,
)

SESSION_LIFETIME_S = 1_295_999
SEGMENT_MAX_INDEX = 999
PROCESSING_S = 1.0
NEVER_S = 10 * 365 * 86_400
_IMAGE_TYPES = frozenset(f"image/{name}" for name in ("jpeg", "png", "webp", "gif", "bmp", "tiff", "pjpeg"))
_VIDEO_TYPES = frozenset(f"video/{name}" for name in ("mp4", "webm", "mp2t", "quicktime"))
_VIDEO_STARTS = (b"\x1aE\xdf\xa3", b"G")
"""WebM, and MPEG-2 transport streams. MP4 and QuickTime have the name of a box at byte 4."""


def initialize(request: Request) -> SimulatedReply:
    """`POST /2/media/upload/initialize`."""
    request.refuse_attempt(is_upload=True)
    body = read_json(request.call)
    category, total = body.get("media_category"), body.get("total_bytes")
    if set(body) - {"media_category", "total_bytes", "media_type", "additional_owners", "shared"}:
        raise invalid("$: the schema does not allow additional properties")
    types = _VIDEO_TYPES if category == VIDEO else _IMAGE_TYPES
    if category not in CATEGORIES or body.get("media_type") not in types:
        raise invalid("$.media_category, $.media_type: does not have a value in the enumeration")
    if not isinstance(total, int) or not 0 < total <= _max_bytes(request, category):
        raise invalid("$.total_bytes: is too large, or missing")
    item = begin(request, category, total)
    request.state[f"media/{item['id']}"] = item
    return json_reply({"data": {**shown(item), "expires_after_secs": SESSION_LIFETIME_S}})


def append(request: Request) -> SimulatedReply:
    """`POST /2/media/upload/{id}/append`. The same index again replaces the segment."""
    item = own_media(request, request.target)
    index, content = _segment(request)
    if not index.isdecimal() or int(index) > SEGMENT_MAX_INDEX or not content:
        raise invalid("$.segment_index, $.media: is missing but it is required")
    if len(content) > request.scenario.segment_max_bytes:
        raise RefusedError(413, {"title": "Payload Too Large", "status": 413, "type": "about:blank", "detail": ""})
    if request.scenario.stops_upload and is_first_response(request.state, f"segment/{request.account['id']}"):
        raise unavailable()
    if int(index) == 0:
        request.state[f"media/{item['id']}"] = {**item, "is_bad": _is_bad(item, content)}
    key = _key(item, int(index))
    request.state[key], stored = keep_part(Received.of(content), key, item["total_bytes"])
    reply = json_reply({"data": {"expires_at": int(request.call.now.timestamp()) + SESSION_LIFETIME_S}})
    return replace(reply, stored=stored)


def finalize(request: Request) -> SimulatedReply:
    """`POST /2/media/upload/{id}/finalize`."""
    item, state = own_media(request, request.target), request.state
    if request.scenario.loses_upload and is_first_response(state, f"finalize/{request.account['id']}"):
        del state[f"media/{item['id']}"]
        raise missing("id", item["id"])
    keys = takewhile(state.__contains__, (_key(item, index) for index in count()))
    file, stored = join_parts(state[key] for key in keys)
    if file["size_bytes"] != item["total_bytes"]:
        raise invalid("Segments do not add up to provided total file size.")
    now = request.call.now
    final: UploadedMedia = {
        **item,
        "file": file,
        "ready_at": now.timestamp() + (NEVER_S if request.scenario.processes_forever else PROCESSING_S),
        "is_bad": item["is_bad"] or request.scenario.fails_processing,
        "until": (now + LIFETIME).timestamp(),
    }
    state[f"media/{item['id']}"] = final
    data = {**shown(final), "size": file["size_bytes"], **processing(final, now.timestamp())}
    return replace(json_reply({"data": data}), stored=stored)


def _key(item: UploadedMedia, index: int) -> str:
    return f"segment/{item['id']}/{index}"


def _max_bytes(request: Request, category: str) -> int:
    if category == VIDEO:
        return VIDEO_MAX_BYTES[request.scenario.subscription]
    return GIF_MAX_BYTES if category == GIF else IMAGE_MAX_BYTES


def _is_bad(item: UploadedMedia, content: bytes) -> bool:
    """Return True if the first bytes of a video are not those of a video."""
    return item["category"] == VIDEO and content[4:8] != b"ftyp" and not content.startswith(_VIDEO_STARTS)


def _segment(request: Request) -> tuple[str, bytes | None]:
    """Return the index and the bytes of a segment.

    Source: https://docs.x.com/x-api/media/append-media-upload, JSON or a multipart form, checked 2026-11-29.
    """
    if is_json(request):
        body = read_json(request.call)
        return str(body.get("segment_index")), decode(body.get("media"))
    fields = dict(read_multipart(request.call))
    return fields.get("segment_index", b"").decode(errors="replace"), fields.get("media")
