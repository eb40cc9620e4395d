"""Thumbnails and captions of videos. Source: fact sheet sections 2.2 and 2.3."""

import json
import re
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.wire import content_type
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply
from letmepost.platforms.youtube.simulator.channels import Request
from letmepost.platforms.youtube.simulator.rendering import thumbnails_of
from letmepost.platforms.youtube.simulator.videos import own_video
from letmepost.platforms.youtube.simulator.wire import (
    YouTubeError,
    forbidden,
    format_time,
    invalid,
    json_reply,
    parts_in,
    resource,
    with_etag,
)

_THUMBNAIL_MAX_BYTES = 52_428_800
_STARTS = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n"}
_CAPTIONS_MAX_BYTES = 104_857_600
_NAME_MAX_CHARACTERS = 150
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_HEAD = re.compile(rb".*?\r?\n\r?\n", re.DOTALL)
_PARTS = frozenset({"id", "snippet"})


class Caption(TypedDict):
    """A track of captions."""

    id: str
    video: str
    language: str
    name: str
    is_draft: bool
    size_bytes: int
    made_at: float


def set_thumbnail(request: Request) -> SimulatedReply:
    """`POST /upload/youtube/v3/thumbnails/set`: the bytes of an image."""
    video = own_video(request, request.parameter("videoId"))
    request.refuse_attempt()
    if not request.scenario.has_thumbnails:
        message = "The authenticated user doesn't have permissions to upload and set custom video thumbnails."
        raise forbidden(message, domain="youtube.thumbnail")
    kind, received = content_type(request.call), request.call.received
    if kind not in {*_STARTS, "application/octet-stream"}:
        message = f"Media type '{kind}' is not supported. Valid media types: [image/jpeg, image/png]"
        raise invalid("badContent", message)
    if not received.size_bytes:
        raise YouTubeError(400, "mediaBodyRequired", "The request has no image.", domain="youtube.thumbnail")
    if received.size_bytes > _THUMBNAIL_MAX_BYTES:
        raise YouTubeError(413, "uploadTooLarge", f"Media larger than: {_THUMBNAIL_MAX_BYTES}")
    if not received.first.startswith(tuple(_STARTS.values())):
        raise YouTubeError(400, "invalidImage", "The provided image content is invalid.", domain="youtube.thumbnail")
    request.state[f"video/{video['id']}"] = {**video, "has_thumbnail": True}
    shown = {"kind": "youtube#thumbnailSetResponse", "items": [thumbnails_of(request.call)]}
    return json_reply(with_etag(shown), delay_s=request.scenario.delay_s)


def add_caption(request: Request) -> SimulatedReply:
    """`POST /upload/youtube/v3/captions`: JSON and the file, as multipart/related."""
    wanted = parts_in(request.call, _PARTS)
    request.refuse_attempt()
    snippet, content = _related(request.call)
    video_id, language, name = snippet.get("videoId"), snippet.get("language"), snippet.get("name")
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language) or not isinstance(name, str):
        raise _invalid("invalidMetadata", "The request contains invalid metadata values.")
    if len(name) > _NAME_MAX_CHARACTERS:
        raise _invalid("nameTooLong", "The specified caption track name is too long.")
    if not content:
        raise _invalid("contentRequired", "The request does not contain the caption track contents.")
    if len(content) > _CAPTIONS_MAX_BYTES:
        raise YouTubeError(413, "uploadTooLarge", f"Media larger than: {_CAPTIONS_MAX_BYTES}")
    video = own_video(request, video_id)
    if any((known["language"], known["name"]) == (language, name) for known in _captions(request, video["id"])):
        message = "The specified video already contains a caption track with the given language and name."
        raise YouTubeError(409, "captionExists", message, domain="youtube.caption")
    caption = Caption(
        id=f"AUieDa{letters(request.call.entropy, 'caption', 40)}",
        video=video["id"],
        language=language,
        name=name,
        is_draft=snippet.get("isDraft") is True,
        size_bytes=len(content),
        made_at=request.now,
    )
    request.state[f"caption/{caption['id']}"] = caption
    return json_reply(resource("caption", _show(caption), wanted), delay_s=request.scenario.delay_s)


def list_captions(request: Request) -> SimulatedReply:
    """`GET /youtube/v3/captions` of a video."""
    wanted, video = parts_in(request.call, _PARTS), own_video(request, request.parameter("videoId"))
    rows = [resource("caption", _show(caption), wanted) for caption in _captions(request, video["id"])]
    return json_reply(with_etag({"kind": "youtube#captionListResponse", "items": rows}))


def _captions(request: Request, video_id: str) -> list[Caption]:
    found: list[Caption] = [request.state[key] for key in request.state if key.startswith("caption/")]
    return [caption for caption in found if caption["video"] == video_id]


def _related(call: SimulatedCall) -> tuple[dict[str, Any], bytes]:
    """Return the snippet and the file of a body with two parts (RFC 2387)."""
    boundary = _BOUNDARY.search(call.headers.get("content-type", ""))
    if content_type(call) != "multipart/related" or boundary is None:
        raise _invalid("invalidMetadata", "The request is not multipart/related.")
    pieces = re.split(rb"\r?\n--" + re.escape(boundary[1].encode()), b"\n" + call.body)
    if len(pieces) != 4 or not pieces[-1].startswith(b"--"):  # the text before, two parts, and the text after
        raise _invalid("contentRequired", "The request does not contain the caption track contents.")
    metadata, content = (_HEAD.sub(b"", piece, count=1) for piece in pieces[1:3])
    try:
        snippet = json.loads(metadata)["snippet"]
    except (ValueError, RecursionError, KeyError, TypeError):
        snippet = None
    if not isinstance(snippet, dict):
        raise _invalid("invalidMetadata", "The request contains invalid metadata values.")
    return snippet, content


def _invalid(reason: str, message: str) -> YouTubeError:
    return YouTubeError(400, reason, message, domain="youtube.caption")


def _show(caption: Caption) -> dict[str, Any]:
    return {
        "id": caption["id"],
        "snippet": {
            "videoId": caption["video"],
            "lastUpdated": format_time(caption["made_at"]),
            "trackKind": "standard",
            "language": caption["language"],
            "name": caption["name"],
            "audioTrackType": "unknown",
            "isCC": False,
            "isDraft": caption["is_draft"],
            "status": "serving",
        },
    }
