"""Uploaded blobs: their facts, and whether a record may refer to them.

The bytes of small blobs are kept for the pages of posts. They cannot be downloaded by the protocol.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypedDict

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator.files import StoredFile, append_part, as_media, no_bytes, shown
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.bluesky.simulator import limits
from letmepost.platforms.bluesky.simulator.scenarios import SCENARIOS
from letmepost.platforms.bluesky.simulator.sessions import authenticate
from letmepost.platforms.bluesky.simulator.syntax import blob_cid
from letmepost.platforms.bluesky.simulator.xrpc import XRPCError, payload_too_large
from letmepost.platforms.simulation import SimulatedCall, SimulatedMedia, SimulatedReply, State

BLOB_MAX_BYTES = 52_428_800
"""A server sets its own limit, published in `describeServer`. This is the documented limit of Bluesky's own servers."""

COLLECTED_AFTER = timedelta(hours=6)
"""When an unreferenced blob is deleted: after "hours"; the exact time is unconfirmed."""


class Blob(TypedDict):
    """The facts of a blob. `is_used` is True when a record refers to it, which prevents its deletion."""

    mime_type: str
    file: StoredFile
    uploaded_at: float
    is_used: bool


def upload_blob(state: State, call: SimulatedCall) -> SimulatedReply:
    """`com.atproto.repo.uploadBlob`. The same bytes result in the same blob."""
    account = authenticate(state, call)
    did, scenario = account["did"], SCENARIOS[account["scenario"]]
    headers = limits.spend(state, limits.UPLOADS, did, 1, call.now)
    refuse_attempt(state, did, scenario, call.now, shows_post=False, is_upload=True)
    received = call.received
    if received.size_bytes > BLOB_MAX_BYTES:
        raise payload_too_large()
    cid = cid_of(received)
    mime_type = sniff(received.first) or call.headers.get("content-type") or "application/octet-stream"
    file, stored = append_part(no_bytes(), received, f"blob/{did}/{cid}")
    reference = store_blob(state, did, cid, mime_type, file, call.now)
    is_lost = scenario.loses_first_video and mime_type.startswith("video/") and is_first_response(state, f"video/{did}")
    reply = json_reply({"blob": reference}, headers=headers, delay_s=scenario.delay_s, dropped=is_lost)
    return replace(reply, stored=stored)


def cid_of(received: Received) -> str:
    """Return the content id of bytes that were received."""
    return blob_cid(bytes.fromhex(received.sha256 or ""))  # only files inside a form have none


def store_blob(state: State, did: str, cid: str, mime_type: str, file: StoredFile, now: datetime) -> dict[str, Any]:
    """Store the facts of a blob, and return the reference to it."""
    key = f"blob/{did}/{cid}"
    known: Blob | None = state.get(key)
    is_used = known is not None and known["is_used"]
    state[key] = Blob(mime_type=mime_type, file=file, uploaded_at=now.timestamp(), is_used=is_used)
    return {"$type": "blob", "ref": {"$link": cid}, "mimeType": mime_type, "size": file["size_bytes"]}


def shown_video(state: State, did: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the video that a post shows, or nothing."""
    media = _media_of(record)
    if media.get("$type") != "app.bsky.embed.video":
        return {}
    return {"video": shown(state[f"blob/{did}/{media['video']['ref']['$link']}"]["file"])}


def shown_media(state: State, did: str, record: Mapping[str, Any]) -> list[SimulatedMedia]:
    """Return the images or the video of a post."""

    def item(kind: str, description: str | None, reference: Mapping[str, Any]) -> SimulatedMedia:
        blob: Blob = state[f"blob/{did}/{reference['ref']['$link']}"]
        return as_media(kind, blob["file"], description)

    media = _media_of(record)
    if media.get("$type") == "app.bsky.embed.video":
        return [item("video", media.get("alt"), media["video"])]
    images = media.get("images") or media.get("items") or ()
    return [item("image", image["alt"], image["image"]) for image in images]


def _media_of(record: Mapping[str, Any]) -> Mapping[str, Any]:
    embed: Mapping[str, Any] = record.get("embed", {})
    media: Mapping[str, Any] = embed["media"] if embed.get("$type") == "app.bsky.embed.recordWithMedia" else embed
    return media


def use_blobs(state: State, did: str, record: object, now: datetime) -> None:
    """Check every blob that the record refers to, then keep them permanently.

    Raises:
        XRPCError: BlobNotFound; or InvalidMimeType or InvalidSize for a first reference that differs from the upload's
            response.
    """
    used = {}
    for reference in _references(record):
        cid = reference["ref"]["$link"]
        key = f"blob/{did}/{cid}"
        used[key] = _check(state.get(key), reference, cid, now)
    for key, blob in used.items():
        if not blob["is_used"]:
            state[key] = {**blob, "is_used": True}


def _check(blob: Blob | None, reference: dict[str, Any], cid: str, now: datetime) -> Blob:
    if blob is None or not (blob["is_used"] or now.timestamp() < _collected_at(blob)):
        raise XRPCError(400, "BlobNotFound", f"Could not find blob: {cid}")
    if blob["is_used"]:
        return blob  # compared only at the first reference
    if reference["mimeType"] != blob["mime_type"]:
        found = f"Expected: {blob['mime_type']}, Got: {reference['mimeType']}"
        raise XRPCError(400, "InvalidMimeType", f"Referenced Mimetype does not match stored blob. {found}")
    if reference["size"] != blob["file"]["size_bytes"]:
        found = f"Expected: {blob['file']['size_bytes']}, Got: {reference['size']}"
        raise XRPCError(400, "InvalidSize", f"Referenced Size does not match stored blob. {found}")
    return blob


def _collected_at(blob: Blob) -> float:
    return blob["uploaded_at"] + COLLECTED_AFTER.total_seconds()


def _references(value: object) -> Iterator[dict[str, Any]]:
    """Yield every blob reference inside a record."""
    if isinstance(value, dict):
        if value.get("$type") == "blob":
            yield value
            return
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def sniff(data: bytes) -> str | None:
    """Return the type that the first bytes show, whatever the header states."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp":
        return "video/mp4"
    starts = {
        b"\xff\xd8\xff": "image/jpeg",
        b"\x89PNG\r\n\x1a\n": "image/png",
        b"GIF87a": "image/gif",
        b"GIF89a": "image/gif",
        b"\x1a\x45\xdf\xa3": "video/webm",
    }
    return next((mime for start, mime in starts.items() if data.startswith(start)), None)
