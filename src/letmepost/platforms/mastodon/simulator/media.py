"""Media items: uploaded, processed, and attached to one status.

Small files are kept for the pages of posts. They cannot be downloaded by the protocol. Frame rates, and the dimensions
of other files than PNG and GIF, are not read. Source: https://docs.joinmastodon.org/methods/media/, and
app/models/media_attachment.rb, app/models/concerns/attachmentable.rb and app/services/post_status_service.rb of
https://github.com/mastodon/mastodon (checked 2026-11-29).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator.files import (
    StoredFile,
    append_part,
    as_media,
    file_in_form,
    no_bytes,
    shown,
    without_bytes,
)
from letmepost.platforms._kit.simulator.pages import picture_url, post_url, redirect_to
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms._kit.simulator.wire import json_reply, multipart_of
from letmepost.platforms.mastodon.simulator.accounts import Account, scenario_of
from letmepost.platforms.mastodon.simulator.wire import Refused, invalid, next_id, not_found
from letmepost.platforms.simulation import SimulatedCall, SimulatedMedia, SimulatedReply, State

IMAGE_SIZE = 16 * 1024 * 1024
VIDEO_SIZE = 99 * 1024 * 1024
IMAGE_MATRIX = 7680 * 4320
GIF_MATRIX = 1280 * 720
DESCRIPTION = 1500
ATTACHMENTS = 4
_KEPT_S = 86_400.0
_STARTS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif", b"\x1aE\xdf\xa3": "video/webm"}
_BRANDS = {b"heic": "image/heic", b"mif1": "image/heif", b"avif": "image/avif", b"qt  ": "video/quicktime"}
_CONVERTED = {"image/gif": "gifv"}


class Media(TypedDict):
    """A media item. `status`: the status that shows it. `ready_at` is None if the processing never ends."""

    id: str
    account: str
    type: str
    description: str | None
    made_at: float
    ready_at: float | None
    is_broken: bool
    file: StoredFile
    thumbnail: StoredFile | None
    status: str | None


def upload(state: State, call: SimulatedCall, account: Account) -> SimulatedReply:
    """`POST /api/v2/media`: images are processed at once, videos and GIFs later."""
    scenario, now = scenario_of(account), call.now.timestamp()
    refuse_attempt(state, account["id"], scenario, call.now, shows_post=False, is_upload=True)
    fields, file = _form(call)
    mime = _mime(file.first)
    _check_size(file, mime)
    if scenario.stops_upload and is_first_response(state, f"upload/{account['id']}"):
        raise Refused(503, "There was a temporary problem")
    is_later = mime.startswith("video/") or mime in _CONVERTED
    takes_s = scenario.processing_s if is_later else 0.0
    media_id = next_id(state, call.now)
    kept, stored = append_part(no_bytes(), file, f"media/{media_id}")
    media = Media(
        id=media_id,
        account=account["id"],
        type=_CONVERTED.get(mime, mime.partition("/")[0]),
        description=_description(fields.get("description") or None),
        file=kept,
        thumbnail=None,
        made_at=now,
        ready_at=None if takes_s is None else now + takes_s,
        is_broken=is_later and scenario.fails_processing,
        status=None,
    )
    state[f"media/{media['id']}"] = media
    status = 200 if _is_ready(media, call.now) else 202
    return replace(json_reply(_entity(media, call), status=status, delay_s=scenario.delay_s), stored=stored)


def show(state: State, call: SimulatedCall, account: Account, media_id: str) -> SimulatedReply:
    """`GET /api/v1/media/:id`: only of a media item that no status shows."""
    media = _unattached(state, account, media_id, call.now)
    if media is None:
        raise not_found()
    is_ready = _is_ready(media, call.now)
    if is_ready and media["is_broken"]:
        raise Refused(422, "Error processing thumbnail for uploaded media")
    return json_reply(_entity(media, call), status=200 if is_ready else 206)


def open_file(state: State, call: SimulatedCall, media_id: str) -> SimulatedReply:
    """`GET /media_attachments/:id/…`: the file of the status that shows it, or a picture that stands for it."""
    media: Media | None = state.get(f"media/{media_id}")
    status = None if media is None else state.get(f"status/{media['status']}")
    if status is None:
        return redirect_to(picture_url(call))
    index = [item["id"] for item in status["media_attachments"]].index(media_id)
    return redirect_to(f"{post_url(call, status['id'])}/media/{index}")


def set_thumbnail(state: State, call: SimulatedCall, account: Account, media_id: str) -> SimulatedReply:
    """`PUT /api/v1/media/:id` with a thumbnail: only of a media item that no status shows."""
    media = _unattached(state, account, media_id, call.now)
    if media is None:
        raise not_found()
    found = file_in_form(call, "thumbnail")
    if found is None or not _mime(found[1].first).startswith("image/"):
        raise invalid("Thumbnail content type is invalid")
    _check_size(found[1], _mime(found[1].first))
    changed: Media = {**media, "thumbnail": without_bytes(found[1])}
    state[f"media/{media_id}"] = changed
    return json_reply(_entity(changed, call))


def attachable(
    state: State, call: SimulatedCall, account: Account, asked: list[str], *, has_poll: bool
) -> list[dict[str, Any]]:
    """Return the media items for a new status, as the API shows them.

    Raises:
        Refused: 422; they cannot be shown together, or not yet. Unlike other reasons, these have no prefix.
    """
    if len(asked) > ATTACHMENTS or (asked and has_poll):
        raise Refused(422, f"Cannot attach more than {ATTACHMENTS} files")
    found = {one: _unattached(state, account, one, call.now) for one in asked}
    items = [item for item in found.values() if item is not None]
    if len(items) < len(found):
        lost = ", ".join(one for one, item in found.items() if item is None)
        raise Refused(422, f"Media {lost} not found or already attached to another post")
    if len(items) > 1 and any(item["type"] == "video" for item in items):
        raise Refused(422, "Cannot attach a video to a post that already contains images")
    if any(not _is_ready(item, call.now) or item["is_broken"] for item in items):
        raise Refused(422, "Cannot attach files that have not finished processing. Try again in a moment!")
    return [_entity(item, call) for item in items]


def attach(state: State, media_id: str, status_id: str) -> None:
    """Show a media item with a status."""
    state[f"media/{media_id}"] = {**state[f"media/{media_id}"], "status": status_id}


def files_of(state: State, media_ids: Iterable[str]) -> dict[str, Any]:
    """Return the video of a status and its thumbnail, for the record of the post; nothing if there is none."""
    found: list[Media] = [state[f"media/{one}"] for one in media_ids if f"media/{one}" in state]
    video = next((item for item in found if item["type"] == "video" and "file" in item), None)
    if video is None:
        return {}
    thumbnail = video.get("thumbnail")
    return {"video": shown(video["file"]), **({} if thumbnail is None else {"thumbnail": shown(thumbnail)})}


def shown_media(state: State, item: Mapping[str, Any]) -> SimulatedMedia:
    """Return a media item of a status, as the API shows it, for the page of the status."""
    media: Media | None = state.get(f"media/{item['id']}")
    kind = "video" if item["type"] == "video" else "image"
    return as_media(kind, None if media is None else media["file"], item["description"])


def _entity(media: Media, call: SimulatedCall) -> dict[str, Any]:
    """Return a media item as the API shows it: it has no URL until it is processed."""
    address = f"{call.root}/media_attachments/{media['id']}"
    return {
        "id": media["id"],
        "type": media["type"],
        "url": f"{address}/original" if _is_ready(media, call.now) else None,
        "preview_url": f"{address}/small",
        **dict.fromkeys(("remote_url", "preview_remote_url", "text_url")),
        "meta": {},
        "description": media["description"],
        "blurhash": "UFBWY:8_0Jxv4mx]t8t64.%M-:IUWGWAt6M}",
    }


def _unattached(state: State, account: Account, media_id: str, now: datetime) -> Media | None:
    """Return a media item of the account that no status shows yet, and that has not expired."""
    media: Media | None = state.get(f"media/{media_id}")
    if media is None or media["account"] != account["id"] or media["status"] is not None:
        return None
    return media if now.timestamp() < media["made_at"] + _KEPT_S else None


def _is_ready(media: Media, now: datetime) -> bool:
    """Return True if the processing has ended, with or without success."""
    return media["ready_at"] is not None and now.timestamp() >= media["ready_at"]


def _form(call: SimulatedCall) -> tuple[Mapping[str, str], Received]:
    """Return the text fields and the file of an upload. A large file must be the last field."""
    found = file_in_form(call, "file")
    if found is None and multipart_of(call) is None:
        raise Refused(400, "Bad Request")
    if found is None or not found[1].size_bytes:
        raise invalid("File can't be blank")
    return found


def _check_size(file: Received, mime: str) -> None:
    limit = VIDEO_SIZE if mime.startswith("video/") else IMAGE_SIZE
    if file.size_bytes >= limit:
        raise invalid(f"File file size must be less than {limit // (1024 * 1024)} MB")
    width, height = _dimensions(file.first)
    if not width or not height:
        raise Refused(422, "File type of uploaded media could not be verified")
    if width * height > (GIF_MATRIX if mime == "image/gif" else IMAGE_MATRIX):
        raise Refused(422, f"{width}x{height} images are not supported")


def _description(text: str | None) -> str | None:
    if text is not None and len(text) > DESCRIPTION:
        raise invalid(f"Description is too long (maximum is {DESCRIPTION} characters)")
    return text


def _mime(content: bytes) -> str:
    """Return the type that the first bytes show."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "video/mp4")
    mime = next((mime for start, mime in _STARTS.items() if content.startswith(start)), None)
    if mime is None:
        raise invalid("File content type is invalid, File is invalid")
    return mime


def _dimensions(content: bytes) -> tuple[int, int]:
    """Return width and height of a PNG or a GIF, and 1 for those of other types."""
    if content.startswith(b"\x89PNG"):
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content.startswith(b"GIF8"):
        return int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")
    return 1, 1
