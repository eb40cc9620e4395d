"""Upload sessions: opened with the metadata of a video, and filled with bytes until the video exists.

Source: fact sheet section 2.1, after the guide to resumable uploads. The last byte creates the video. The metadata and
the size are checked when a session is opened, and the bytes are not inspected.

The state's keys: `upload/<id>`, `moved/<id>` for the URL that a session had before.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypedDict
from urllib.parse import urlencode

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator.files import StoredFile, append_part, no_bytes
from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import is_first_response
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.youtube.simulator import videos
from letmepost.platforms.youtube.simulator.channels import Channel, Request, authenticate
from letmepost.platforms.youtube.simulator.rendering import show
from letmepost.platforms.youtube.simulator.scenarios import SessionFault
from letmepost.platforms.youtube.simulator.validation import read_metadata
from letmepost.platforms.youtube.simulator.wire import (
    UploadError,
    YouTubeError,
    forbidden,
    invalid,
    json_object,
    json_reply,
    missing,
    parts_in,
)

_FILE_MAX_BYTES = 274_877_906_944
_STEP_BYTES = 262_144
_SESSION_LIFETIME = timedelta(days=7)
"""Google documents no lifetime."""
_CHANNEL_REST = timedelta(hours=24)
_RANGE = re.compile(r"bytes (\*|(\d+)-(\d+))/(\d+)")
_TYPE = re.compile(r"video/[\w.+-]+|application/octet-stream")


class Upload(TypedDict):
    """An upload session of a channel. `parts`: of the response. `requests`: how many had bytes. `video`: its id."""

    id: str
    channel: str
    made_at: float
    parts: list[str]
    given: dict[str, Any]
    total_bytes: int
    file: StoredFile
    requests: int
    video: str | None
    is_expired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """A call to the URL of an upload. `is_moved`: it is the URL that the upload had before."""

    request: Request
    upload: Upload
    is_moved: bool

    @property
    def size_bytes(self) -> int:
        """Return how many bytes are stored."""
        return self.upload["file"]["size_bytes"]

    def save(self, **changes: Any) -> None:
        """Store the upload with these changes."""
        self.request.state[f"upload/{self.upload['id']}"] = {**self.upload, **changes}

    def is_first_of_channel(self) -> bool:
        """Return True once for each channel."""
        return is_first_response(self.request.state, f"upload/{self.upload['channel']}")


def open_session(request: Request) -> SimulatedReply:
    """`POST /upload/youtube/v3/videos`: checks the metadata, and returns the URL for the bytes."""
    call, query = request.call, dict(request.call.query)
    if query.get("uploadType") != "resumable":
        raise invalid("badRequest", "This server receives resumable uploads only.")
    if query.get("notifySubscribers", "true") not in {"true", "false"}:
        raise invalid("invalidParameter", "Invalid value for notifySubscribers.")
    parts, total_bytes = parts_in(call, videos.WRITTEN_PARTS), _declared_bytes(call)
    given = read_metadata(json_object(call), parts)
    _require_room(request)
    request.refuse_attempt(shows_post=True)
    upload = Upload(
        id=f"AEnB2U{letters(call.entropy, 'upload', 48)}",
        channel=request.channel["id"],
        made_at=request.now,
        parts=list(parts),
        given=given,
        total_bytes=total_bytes,
        file=no_bytes(),
        requests=0,
        video=None,
        is_expired=False,
    )
    request.state[f"upload/{upload['id']}"] = upload
    headers = {"location": _url(call, upload, upload["id"]), "x-guploader-uploadid": upload["id"]}
    return SimulatedReply(status=200, headers=headers, delay_s=request.scenario.delay_s)


def receive(state: State, call: SimulatedCall) -> SimulatedReply:
    """`PUT` to the URL of an upload: some bytes, or the question how many have arrived."""
    session = _find(state, call)
    upload, given = session.upload, call.headers.get("content-range")
    if upload["video"] is not None:
        return _completed(session, upload["video"], status=200)
    span = _span(given, upload["total_bytes"], call.received.size_bytes)
    if span is None or span.start != session.size_bytes or session.is_moved:
        return _incomplete(session, session.size_bytes)
    is_last = span.stop == upload["total_bytes"]
    if not is_last and len(span) % _STEP_BYTES:
        raise UploadError(400, f"The size of a part must be a multiple of {_STEP_BYTES} bytes.")
    session.request.refuse_attempt(shows_post=is_last, is_upload=not is_last)
    session.save(requests=upload["requests"] + 1)
    fault = session.request.scenario.session_fault
    if upload["requests"] == 0 and fault in {SessionFault.STOPS, SessionFault.KEEPS_HALF, SessionFault.MOVES}:
        return _first_part(session, fault)
    return _last_part(session) if is_last else _store(session, call.received)


def _find(state: State, call: SimulatedCall) -> _Session:
    """Return the session of a URL, which is a credential of its own. A token is checked if the call has one."""
    given = dict(call.query).get("upload_id", "")
    upload: Upload | None = state.get(f"upload/{state.get(f'moved/{given}', given)}")
    if upload is None:
        raise UploadError(404, "Not Found")
    if "authorization" in call.headers and authenticate(state, call)[1]["id"] != upload["channel"]:
        raise forbidden("The upload belongs to another channel.")
    if upload["is_expired"] or call.now.timestamp() >= upload["made_at"] + _SESSION_LIFETIME.total_seconds():
        raise UploadError(404, "Not Found")
    channel: Channel = state[f"channel/{upload['channel']}"]
    request = Request(state=state, call=call, channel=channel)
    return _Session(request=request, upload=upload, is_moved=given != upload["id"])


def _span(given: str | None, total_bytes: int, length_bytes: int) -> range | None:
    """Return the bytes that a call sends; None if it only asks how many have arrived."""
    if given is None:
        if length_bytes != total_bytes:
            raise UploadError(400, "The size of the body differs from X-Upload-Content-Length.")
        return range(length_bytes)
    found = _RANGE.fullmatch(given.strip())
    if found is None or int(found[4]) != total_bytes:
        raise UploadError(400, "Failed to parse Content-Range header.")
    if found[1] == "*":
        return None
    span = range(int(found[2]), int(found[3]) + 1)
    if len(span) != length_bytes or not span or span.stop > total_bytes:
        raise UploadError(400, "Failed to parse Content-Range header.")
    return span


def _first_part(session: _Session, fault: SessionFault) -> SimulatedReply:
    """Answer the first part of an upload that has a fault there."""
    request, received = session.request, session.request.call.received
    if fault is SessionFault.MOVES:
        moved = {**session.upload, "id": f"{session.upload['id']}-2", "requests": 1}
        request.state[f"upload/{moved['id']}"] = moved
        request.state[f"moved/{session.upload['id']}"] = moved["id"]
        del request.state[f"upload/{session.upload['id']}"]
        return _incomplete(_Session(request=request, upload=session.upload, is_moved=True), session.size_bytes)
    kept_bytes = received.size_bytes // 2 // _STEP_BYTES * _STEP_BYTES
    part = Received.of((received.content or b"")[:kept_bytes])
    if fault is SessionFault.KEEPS_HALF:
        return _store(session, part)
    return SimulatedReply(
        status=503,
        headers={"content-type": "text/html; charset=UTF-8"},
        body=b"<html><title>Error 503 (Service Unavailable)</title></html>",
        stored=_store(session, part).stored,
    )


def _store(session: _Session, part: Received) -> SimulatedReply:
    """Store the bytes of a part that is not the last one."""
    if not part.size_bytes:
        return _incomplete(session, session.size_bytes)
    file, stored = append_part(session.upload["file"], part, f"{session.upload['id']}/{session.size_bytes}")
    session.save(file=file, requests=session.upload["requests"] + 1)
    return _incomplete(session, file["size_bytes"], stored=stored)


def _last_part(session: _Session) -> SimulatedReply:
    """Store the last bytes, and create the video."""
    request, upload, scenario = session.request, session.upload, session.request.scenario
    if scenario.session_fault is SessionFault.EXPIRES and session.is_first_of_channel():
        session.save(is_expired=True)
        return UploadError(404, "Not Found").reply()
    file, stored = append_part(upload["file"], request.call.received, f"{upload['id']}/{session.size_bytes}")
    video = videos.create(request, upload["given"], file)
    expires = scenario.session_fault is SessionFault.EXPIRES_WHEN_DONE and session.is_first_of_channel()
    is_lost = scenario.loses_first_response and is_first_response(request.state, upload["id"])
    session.save(file=file, video=video["id"], is_expired=expires)
    return _completed(session, video["id"], status=201, stored=stored, dropped=expires or is_lost)


def _incomplete(session: _Session, size_bytes: int, **more: Any) -> SimulatedReply:
    """Return how many bytes have arrived. Servers use two forms of the header."""
    unit = "" if session.request.scenario.session_fault is SessionFault.KEEPS_HALF else "bytes="
    headers = {"range": f"{unit}0-{size_bytes - 1}"} if size_bytes else {}
    if session.is_moved:
        moved = session.request.state[f"moved/{dict(session.request.call.query)['upload_id']}"]
        headers["location"] = _url(session.request.call, session.upload, moved)
    return SimulatedReply(status=308, headers=headers, **more)


def _completed(session: _Session, video_id: str, *, status: int, **more: Any) -> SimulatedReply:
    request = session.request
    video = request.state.get(f"video/{video_id}")
    if video is None:
        raise UploadError(404, "Not Found")
    value = show(request.state, video, tuple(session.upload["parts"]), request.call)
    return replace(json_reply(value, status=status, delay_s=request.scenario.delay_s), **more)


def _url(call: SimulatedCall, upload: Upload, upload_id: str) -> str:
    query = {"uploadType": "resumable", "part": ",".join(upload["parts"]), "upload_id": upload_id}
    return f"{call.root}/upload/youtube/v3/videos?{urlencode(query)}"


def _declared_bytes(call: SimulatedCall) -> int:
    """Return the size of the file that will be uploaded."""
    kind, size = call.headers.get("x-upload-content-type", ""), call.headers.get("x-upload-content-length", "")
    if not _TYPE.fullmatch(kind):
        message = f"Media type '{kind}' is not supported. Valid media types: [video/*, application/octet-stream]"
        raise invalid("badContent", message)
    if not size.isdecimal():
        raise missing("X-Upload-Content-Length")
    if not int(size):
        raise invalid("mediaBodyRequired", "The request does not include the video content.", location="body")
    if int(size) > _FILE_MAX_BYTES:
        raise YouTubeError(413, "uploadTooLarge", f"Media larger than: {_FILE_MAX_BYTES}")
    return int(size)


def _require_room(request: Request) -> None:
    """Refuse a session if the channel may not upload more videos today."""
    is_resting = request.now < request.channel["made_at"] + _CHANNEL_REST.total_seconds()
    if request.scenario.exhausted == "channel" and is_resting:
        message = "The user has exceeded the number of videos they may upload."
        raise invalid("uploadLimitExceeded", message, location="body")
