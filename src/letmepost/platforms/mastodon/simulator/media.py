"""Media items: uploaded, processed, described, and attached to one status.

Only the facts of a file are stored: it cannot be downloaded from the simulator. Source:
https://docs.joinmastodon.org/methods/media/, and app/models/media_attachment.rb and concerns/attachmentable.rb of
https://github.com/mastodon/mastodon (checked 2026-11-29).
"""

from datetime import datetime
from typing import Any, TypedDict

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.mastodon.simulator.people import Person, scenario_of
from letmepost.platforms.mastodon.simulator.wire import Parameters, Refused, invalid, json_reply, next_id, not_found

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
    person: str
    type: str
    mime: str
    description: str | None
    focus: list[float] | None
    size: list[int] | None
    made_at: float
    ready_at: float | None
    is_broken: bool
    status: str | None


def upload(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    """`POST /api/v2/media`: images are processed at once, videos and GIFs later."""
    given, scenario = Parameters.of(call), scenario_of(person)
    content = given.values.get("file")
    if not isinstance(content, bytes) or not content:
        raise invalid("File can't be blank")
    mime = _mime(content)
    if mime is None:
        raise invalid("File content type is invalid, File is invalid")
    is_later = mime.startswith("video/") or mime in _CONVERTED
    _check_size(content, mime)
    takes_s = scenario.processing_s if is_later else 0.0
    media = Media(
        id=next_id(state, call.now),
        person=person["id"],
        type=_CONVERTED.get(mime, mime.partition("/")[0]),
        mime=mime,
        description=_description(given),
        focus=_focus(given),
        size=_dimensions(content),
        made_at=call.now.timestamp(),
        ready_at=None if takes_s is None else call.now.timestamp() + takes_s,
        is_broken=is_later and scenario.fails_processing,
        status=None,
    )
    state[f"media/{media['id']}"] = media
    return json_reply(entity(media, call.root, call.now), status=200 if is_ready(media, call.now) else 202)


def show(state: State, call: SimulatedCall, person: Person, media_id: str) -> SimulatedReply:
    """`GET /api/v1/media/:id`: only of a media item that no status shows."""
    media = unattached(state, person, media_id, call.now)
    if media is None:
        raise not_found()
    if not is_ready(media, call.now):
        return json_reply(entity(media, call.root, call.now), status=206)
    if media["is_broken"]:
        raise Refused(422, "Error processing thumbnail for uploaded media")
    return json_reply(entity(media, call.root, call.now))


def update(state: State, call: SimulatedCall, person: Person, media_id: str) -> SimulatedReply:
    """`PUT /api/v1/media/:id`: change the alt text and the focus."""
    media = unattached(state, person, media_id, call.now)
    if media is None:
        raise not_found()
    given = Parameters.of(call)
    if "description" in given.values:
        media = {**media, "description": _description(given)}
    if given.text("focus") is not None:
        media = {**media, "focus": _focus(given)}
    state[f"media/{media_id}"] = media
    return json_reply(entity(media, call.root, call.now))


def unattached(state: State, person: Person, media_id: str, now: datetime) -> Media | None:
    """Return a media item of the account that no status shows yet, and that has not expired."""
    media: Media | None = state.get(f"media/{media_id}")
    if media is None or media["person"] != person["id"] or media["status"] is not None:
        return None
    return media if now.timestamp() < media["made_at"] + _KEPT_S else None


def attachable(state: State, now: datetime, person: Person, asked: list[str]) -> list[Media]:
    """Return the media items for a new status, or raise `Refused` if they cannot be shown together."""
    if len(asked) > ATTACHMENTS:
        raise invalid(f"Cannot attach more than {ATTACHMENTS} files")
    found = [(one, unattached(state, person, one, now)) for one in asked]
    lost = [one for one, item in found if item is None]
    if lost:
        raise invalid(f"Media {', '.join(lost)} not found or already attached to another post")
    items = [item for _, item in found if item is not None]
    if len(items) > 1 and any(item["type"] in {"video", "audio"} for item in items):
        raise invalid("Cannot attach a video to a post that already contains images")
    if any(not is_ready(item, now) or item["is_broken"] for item in items):
        raise invalid("Cannot attach files that have not finished processing. Try again in a moment!")
    return items


def is_ready(media: Media, now: datetime) -> bool:
    """Return True if the processing has ended, with or without success."""
    return media["ready_at"] is not None and now.timestamp() >= media["ready_at"]


def entity(media: Media, root: str, now: datetime) -> dict[str, Any]:
    """Return a media item as the API shows it: it has no URL until it is processed."""
    address = f"{root}/media_attachments/{media['id']}"
    width, height = media["size"] or (640, 480)
    size = {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
    focus = {} if media["focus"] is None else {"focus": {"x": media["focus"][0], "y": media["focus"][1]}}
    return {
        "id": media["id"],
        "type": media["type"],
        "url": f"{address}/original" if is_ready(media, now) else None,
        "preview_url": f"{address}/small",
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": {"original": size, "small": size, **focus},
        "description": media["description"],
        "blurhash": "UFBWY:8_0Jxv4mx]t8t64.%M-:IUWGWAt6M}",
    }


def _check_size(content: bytes, mime: str) -> None:
    limit = VIDEO_SIZE if mime.startswith("video/") else IMAGE_SIZE
    if len(content) >= limit:
        raise invalid(f"File file size must be less than {limit // (1024 * 1024)} MB")
    width, height = _dimensions(content) or (1, 1)
    if not width or not height:
        raise Refused(422, "File type of uploaded media could not be verified")
    if width * height > (GIF_MATRIX if mime == "image/gif" else IMAGE_MATRIX):
        raise Refused(422, f"{width}x{height} images are not supported")


def _description(given: Parameters) -> str | None:
    text = given.text("description")
    if text is not None and len(text) > DESCRIPTION:
        raise invalid(f"Description is too long (maximum is {DESCRIPTION} characters)")
    return text


def _focus(given: Parameters) -> list[float] | None:
    x, _, y = (given.text("focus") or "").partition(",")
    try:
        return [float(x), float(y)]
    except ValueError:
        return None


def _mime(content: bytes) -> str | None:
    """Return the type that the first bytes show, or None if the server does not support it."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "video/mp4")
    return next((mime for start, mime in _STARTS.items() if content.startswith(start)), None)


def _dimensions(content: bytes) -> list[int] | None:
    """Return width and height of a PNG or a GIF; None for other types."""
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        return [int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")]
    if content.startswith(b"GIF8") and len(content) >= 10:
        return [int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")]
    return None
