"""The upload host: it receives the bytes of a video in one request, and after an interruption the rest in another.

Source: fact sheet sections F2.5 of Facebook and 2.3 of Instagram, after
https://developers.facebook.com/docs/video-api/guides/reels-publishing, checked 2026-11-21.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Any, TypedDict

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator import wire
from letmepost.platforms._kit.simulator.files import StoredFile, append_part, no_bytes
from letmepost.platforms._meta.simulator.graph import json_reply
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

UPLOAD_HOST = "rupload.facebook.com"


class UploadFault(StrEnum):
    """What happens to the first request of an upload that has bytes."""

    STOP = "stop"
    """Half of the bytes are stored, and the server fails."""
    OFFSET = "offset"
    """Half of the bytes are stored, and the server refuses the rest."""
    SHORT = "short"
    """Half of the bytes are stored, and the server asks for the rest. The upload host has no such reply."""
    EXPIRE = "expire"
    """Nothing is stored, because the session has expired. It never works again."""


class VideoUpload(TypedDict):
    """An upload. `size_bytes` is what its first request has announced; None before."""

    size_bytes: int | None
    request_count: int
    file: StoredFile


class UploadRefused(wire.Refusal):
    """A refusal of the upload host, which has an envelope of its own."""

    def __init__(self, kind: str, message: str, *, status: int = 400, retriable: bool = False) -> None:
        info = {"retriable": retriable, "type": kind, "message": message}
        super().__init__(status, {"debug_info": info})


def new_upload() -> VideoUpload:
    """Return an upload without bytes."""
    return VideoUpload(size_bytes=None, request_count=0, file=no_bytes())


def is_complete(upload: VideoUpload) -> bool:
    """Return True if every byte has arrived."""
    return upload["file"]["size_bytes"] == upload["size_bytes"]


def as_graph_call(call: SimulatedCall) -> SimulatedCall:
    """Return a call to the upload host with its token in the form of the Graph API."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme != "OAuth" or not token:
        raise UploadRefused("NotAuthorizedError", "The authorization header must have the scheme OAuth.", status=401)
    return replace(call, headers={**call.headers, "authorization": f"Bearer {token}"})


def first_upload_fault(state: State, fault: UploadFault | None, account_id: str, upload_id: str) -> UploadFault | None:
    """Return a fault if it applies to an upload: only the first session of an account expires."""
    key = f"first_upload/{account_id}"
    state[key] = state.get(key, upload_id)
    return None if fault is UploadFault.EXPIRE and state[key] != upload_id else fault


def receive(
    upload: VideoUpload, call: SimulatedCall, name: str, fault: UploadFault | None
) -> tuple[VideoUpload, SimulatedReply]:
    """Return an upload after a request, and the response.

    Args:
        name: as in `append_part`.
        fault: what happens to the first request.
    """
    total = _number(call, "file_size")
    if _number(call, "offset") != upload["file"]["size_bytes"]:
        raise UploadRefused("OffsetInvalidError", "The offset is not the number of bytes received so far.")
    size = upload["file"]["size_bytes"] + call.received.size_bytes
    if upload["size_bytes"] not in {None, total} or size != total:
        raise UploadRefused("PartialRequestError", f"The request has {size} of {total} bytes.")
    is_hit = upload["request_count"] == 0 or fault is UploadFault.EXPIRE
    fault = fault if is_hit and fault is not UploadFault.SHORT else None
    counted: VideoUpload = {**upload, "size_bytes": total, "request_count": upload["request_count"] + 1}
    if fault is UploadFault.EXPIRE:
        return counted, UploadRefused("ProcessingFailedError", "Request processing failed").reply()
    arrived = call.received
    if fault is not None and arrived.content is not None:
        arrived = Received.of(arrived.content[: len(arrived.content) // 2])
    file, stored = append_part(upload["file"], arrived, f"{name}/{upload['request_count']}")
    reply = json_reply({"success": True}) if fault is None else _FAULTS[fault].reply()
    return {**counted, "file": file}, replace(reply, stored=stored)


def uploading_phase(upload: VideoUpload) -> dict[str, Any]:
    """Return the part of a video's status about its bytes."""
    count = upload["file"]["size_bytes"]
    status = "complete" if is_complete(upload) else "in_progress" if count else "not_started"
    size = {} if upload["size_bytes"] is None else {"source_file_size": upload["size_bytes"]}
    return {"status": status, "bytes_transferred": count, **size}


def _number(call: SimulatedCall, name: str) -> int:
    text = call.headers.get(name, "")
    if not (text.isascii() and text.isdigit()):
        raise UploadRefused("PartialRequestError", f"The header {name} must be a number of bytes.")
    return int(text)


_FAULTS = {
    UploadFault.STOP: UploadRefused("InternalError", "The server has failed.", status=503, retriable=True),
    UploadFault.OFFSET: UploadRefused("OffsetInvalidError", "The offset is not the number of bytes received so far."),
}
