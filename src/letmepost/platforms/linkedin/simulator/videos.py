"""Videos: uploaded in parts with ETags, ended by a call that names every part, and processed.

Source: fact sheet section 2.4. The parts have the size that LinkedIn uses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.files import StoredFile, join_parts, keep_part, shown, without_bytes
from letmepost.platforms._kit.simulator.scenarios import is_first_response
from letmepost.platforms.linkedin.simulator import assets
from letmepost.platforms.linkedin.simulator.members import scenario_of
from letmepost.platforms.linkedin.simulator.quotas import spend
from letmepost.platforms.linkedin.simulator.restli import (
    RestliError,
    denied,
    digits,
    invalid,
    json_body,
    not_found,
    success,
)
from letmepost.platforms.linkedin.simulator.scenarios import SCENARIOS
from letmepost.platforms.linkedin.simulator.tokens import authenticate
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

PART_BYTES = 4_194_304
VIDEO_MAX_BYTES = 500_000_000
PROCESSING = timedelta(seconds=3)
_NEVER = timedelta(days=36_500)
_CAPTIONS = "captions"
_THUMBNAIL = "thumbnail"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_THUMBNAIL_MAX_BYTES = 10_000_000


class Video(TypedDict):
    """A video. `token` is repeated when its upload ends. `file` is None until then."""

    token: str
    total_bytes: int
    file: StoredFile | None


def act(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /rest/videos?action=initializeUpload`, and `?action=finalizeUpload`."""
    action = {"initializeUpload": _begin, "finalizeUpload": _finalize}.get(dict(call.query).get("action", ""))
    if action is None:
        raise RestliError(400, "ILLEGAL_ARGUMENT", "Unknown action")
    return action(state, call)


def take_bytes(state: State, call: SimulatedCall, name: str) -> SimulatedReply:
    """`PUT` to an upload URL, of any media item. A part of a video is named by the ETag of the response."""
    upload = assets.open_upload(state, call, name)
    part = upload.get("part")
    if part is None:
        return assets.take_bytes(state, call, upload)
    if SCENARIOS[upload["scenario"]].stops_upload and is_first_response(state, f"part/{upload['urn']}"):
        raise RestliError(503, "SERVICE_UNAVAILABLE", "Service Unavailable", number=0)
    received = call.received
    if part == _THUMBNAIL and not (
        received.first.startswith(_PICTURES) and received.size_bytes <= _THUMBNAIL_MAX_BYTES
    ):
        raise RestliError(400, "ILLEGAL_ARGUMENT", "The thumbnail is not a JPEG or PNG of at most 10 MB")
    key, is_added = f"part/{upload['urn']}/{part}", part in {_CAPTIONS, _THUMBNAIL}
    video: Video = state[f"video/{upload['urn']}"]
    file, stored = (without_bytes(received), {}) if is_added else keep_part(received, key, video["total_bytes"])
    state[key] = file
    if part == 0 and received.first[4:8] != b"ftyp":
        key = f"asset/{upload['urn']}"
        state[key] = {**state[key], "is_bad": True}
    return replace(success(status=200, headers={"etag": f'"{received.checksum}"'}), stored=stored)


def read_video(state: State, call: SimulatedCall, urn: str) -> SimulatedReply:
    """`GET /rest/videos/{urn}`: members may read their own, too."""
    token = authenticate(state, call)
    asset: assets.Asset | None = state.get(f"asset/{urn}")
    if asset is None or f"video/{urn}" not in state:
        raise not_found()
    if asset["owner"] not in assets.authors(state, token):
        raise denied("GET /videos")
    spend(state, call, token["account_id"], "videos.get")
    status = assets.status_of(asset, call)
    failure = {"processingFailureReason": "Unsupported codec"} if status == "PROCESSING_FAILED" else {}
    return success({"id": urn, "owner": asset["owner"], "status": status, **failure})


def file_of(state: State, urn: str) -> StoredFile | None:
    """Return the file of a media item of any kind, or None if it has not been uploaded."""
    owner: Mapping[str, Any] = state.get(f"video/{urn}") or state.get(f"asset/{urn}") or {}
    return owner.get("file")


def files_of(state: State, urns: list[str]) -> Mapping[str, Any]:
    """Return what followers receive of the video among some media: its file, captions and thumbnail."""
    for urn in urns:
        video: Video | None = state.get(f"video/{urn}")
        if video is not None and video["file"] is not None:
            added = {name: state.get(f"part/{urn}/{name}") for name in (_CAPTIONS, _THUMBNAIL)}
            return {
                "video": shown(video["file"]),
                **{name: shown(file) for name, file in added.items() if file is not None},
            }
    return {}


def _begin(state: State, call: SimulatedCall) -> SimulatedReply:
    token, request = assets.authorize_upload(state, call, "videos")
    total = request.get("fileSizeBytes")
    if type(total) is not int or not 0 < total <= VIDEO_MAX_BYTES:
        raise invalid("INVALID_VALUE_FOR_FIELD", "/fileSizeBytes", "fileSizeBytes is not an allowed value")
    number = digits(call.entropy, "video")
    urn, expires_at = f"urn:li:video:C5{number}", assets.upload_ends_at(state, call, token)
    state[f"asset/{urn}"] = assets.Asset(noun="video", owner=request["owner"], ready_at=None, is_bad=False)
    state[f"video/{urn}"] = Video(token=f"token-{number}", total_bytes=total, file=None)
    instructions = [
        {
            "uploadUrl": assets.make_url(state, call, token, urn, expires_at, index),
            "firstByte": first,
            "lastByte": min(first + PART_BYTES, total) - 1,
        }
        for index, first in enumerate(range(0, total, PART_BYTES))
    ]
    value = {
        "uploadUrlsExpireAt": int(expires_at * 1000),
        "video": urn,
        "uploadInstructions": instructions,
        "uploadToken": f"token-{number}",
    }
    if request.get("uploadCaptions") is True:
        value["captionsUploadUrl"] = assets.make_url(state, call, token, urn, expires_at, _CAPTIONS)
    if request.get("uploadThumbnail") is True:
        value["thumbnailUploadUrl"] = assets.make_url(state, call, token, urn, expires_at, _THUMBNAIL)
    return success({"value": value})


def _finalize(state: State, call: SimulatedCall) -> SimulatedReply:
    token = authenticate(state, call, "w_member_social", "w_organization_social")
    spend(state, call, token["account_id"], "videos")
    request = json_body(call).get("finalizeUploadRequest")
    given = request if isinstance(request, dict) else {}
    urn = given.get("video")
    video: Video | None = state.get(f"video/{urn}")
    if video is None:
        raise not_found()
    asset: assets.Asset = state[f"asset/{urn}"]
    if asset["owner"] not in assets.authors(state, token):
        raise denied("POST /videos")
    parts = list(_parts(state, str(urn)))
    is_named = given.get("uploadedPartIds") == [part["checksum"] for part in parts]
    if video["file"] is not None or given.get("uploadToken") != video["token"] or not is_named:
        raise invalid("INVALID_VALUE_FOR_FIELD", "/uploadedPartIds", "The upload cannot be finalized")
    file, stored = join_parts(parts)
    scenario = scenario_of(state, token["account_id"])
    ready_at = (call.now + (_NEVER if scenario.never_ready else PROCESSING)).timestamp()
    is_bad = asset["is_bad"] or scenario.fails_processing or file["size_bytes"] != video["total_bytes"]
    state[f"video/{urn}"] = {**video, "file": file}
    state[f"asset/{urn}"] = {**asset, "ready_at": ready_at, "is_bad": is_bad}
    return replace(success(status=200), stored=stored)


def _parts(state: State, urn: str) -> Iterator[StoredFile]:
    """Yield the parts that have arrived, up to the first that is missing."""
    index = 0
    while (part := state.get(f"part/{urn}/{index}")) is not None:
        yield part
        index += 1
