"""Videos: registered, uploaded to a storage that follows S3, and processed.

Source: fact sheet section 2.3.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html (checked 2026-11-29)
"""

from typing import TypedDict

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator.files import StoredFile, append_part, file_in_form, no_bytes
from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms._kit.simulator.wire import json_reply, multipart_of
from letmepost.platforms.pinterest.simulator.accounts import User, scenario_of
from letmepost.platforms.pinterest.simulator.wire import PinterestError, forbidden, invalid, json_object, next_id
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

UPLOAD_PATH = "/media-upload/"
VIDEO_MAX_BYTES = 2_000_000_000
PROCESSING_S = 2.0
POLICY_LIFETIME_S = 3600.0


class Video(TypedDict):
    """A video. `file` is None until it has been uploaded, and `fields` are those that its form must have."""

    id: str
    user: str
    fields: dict[str, str]
    expires_at: float
    file: StoredFile | None
    uploaded_at: float


class _S3Error(Exception):
    """A refusal of the storage, in its own format."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code)
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        headers = {"content-type": "application/xml"}
        self._reply = SimulatedReply(status=status, headers=headers, body=body.encode())

    def reply(self) -> SimulatedReply:
        return self._reply


def register(state: State, call: SimulatedCall, user: User) -> SimulatedReply:
    """`POST /media`."""
    if json_object(call).get("media_type") != "video":
        raise invalid("Invalid request: media_type violates constraint: enum=video.")
    scenario = scenario_of(user)
    refuse_attempt(state, user["id"], scenario, call.now, shows_post=False, is_upload=True)
    media_id = next_id(state)
    is_expired = scenario.expires_first_policy and is_first_response(state, f"policy/{user['id']}")
    video = Video(
        id=media_id,
        user=user["id"],
        fields={
            "x-amz-date": call.now.strftime("%Y%m%dT%H%M%SZ"),
            "x-amz-signature": letters(call.entropy, "signature", 64),
            "x-amz-security-token": letters(call.entropy, "security token", 64),
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "key": f"uploads/video:{user['id']}:{media_id}",
            "policy": letters(call.entropy, "policy", 64),
            "x-amz-credential": "SIMULATED/20261129/us-east-1/s3/aws4_request",
            "Content-Type": "multipart/form-data",
        },
        expires_at=call.now.timestamp() + (0 if is_expired else POLICY_LIFETIME_S),
        file=None,
        uploaded_at=0.0,
    )
    state[f"media/{media_id}"] = video
    upload = {"upload_url": f"{call.root}{UPLOAD_PATH}", "upload_parameters": video["fields"]}
    return json_reply({"media_id": media_id, "media_type": "video", **upload}, status=201)


def upload(state: State, call: SimulatedCall) -> SimulatedReply:
    """The upload of a form to the storage, which knows no tokens: its fields authorize it."""
    try:
        video, received = _authorized(state, call)
        user: User = state[f"user/{video['user']}"]
        scenario = scenario_of(user)
        refuse_attempt(state, user["id"], scenario, call.now, shows_post=False, is_upload=True)
    except _S3Error as error:
        return error.reply()
    except PinterestError:
        return _S3Error(503, "SlowDown", "Please reduce your request rate.").reply()
    file, stored = append_part(no_bytes(), received, f"media/{video['id']}")
    state[f"media/{video['id']}"] = {**video, "file": file, "uploaded_at": call.now.timestamp()}
    is_lost = scenario.loses_first_upload and is_first_response(state, f"upload/{user['id']}")
    return SimulatedReply(status=204, delay_s=scenario.delay_s, dropped=is_lost, stored=stored)


def _authorized(state: State, call: SimulatedCall) -> tuple[Video, Received]:
    """Return the registered video that a form belongs to, and the file in the form."""
    found = file_in_form(call, "file")
    if "authorization" in call.headers:
        raise _S3Error(400, "InvalidArgument", "Only one auth mechanism allowed")
    if found is None or not _is_file_last(call):
        raise _S3Error(400, "InvalidArgument", "POST requires exactly one file upload per request.")
    fields, received = found
    video: Video | None = state.get(f"media/{fields.get('key', '').rpartition(':')[2]}")
    if video is None or fields != video["fields"]:
        raise _S3Error(403, "AccessDenied", "Invalid according to Policy")
    if call.now.timestamp() >= video["expires_at"]:
        raise _S3Error(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    if received.size_bytes > VIDEO_MAX_BYTES:
        raise _S3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    return video, received


def show(state: State, call: SimulatedCall, user: User, media_id: str) -> SimulatedReply:
    """`GET /media/{media}`."""
    video = _own(state, user, media_id)
    status = status_of(state, video, call.now.timestamp())
    return json_reply({"media_id": media_id, "media_type": "video", "status": status})


def status_of(state: State, video: Video, moment: float) -> str:
    """Return the state of a video at a moment."""
    if video["file"] is None:
        return "registered"
    scenario = scenario_of(state[f"user/{video['user']}"])
    if moment < video["uploaded_at"] + PROCESSING_S or scenario.never_processes_videos:
        return "processing"
    return "failed" if scenario.fails_videos else "succeeded"


def ready_file(state: State, call: SimulatedCall, user: User, media_id: str) -> StoredFile:
    """Return the file of a video that a Pin can show.

    Raises:
        PinterestError: there is no such video, or it is not processed.
    """
    video = _own(state, user, media_id)
    if video["file"] is None or status_of(state, video, call.now.timestamp()) != "succeeded":
        raise invalid("Sorry! We could not save your Pin: the video is not ready.")
    return video["file"]


def _own(state: State, user: User, media_id: str) -> Video:
    video: Video | None = state.get(f"media/{media_id}")
    if video is None:
        raise PinterestError(404, 404, "Media not found.")
    if video["user"] != user["id"]:
        raise forbidden()
    return video


def _is_file_last(call: SimulatedCall) -> bool:
    """Return True if no field follows the file. In a large form, it is the only place where the file is found."""
    fields = multipart_of(call) if call.body else None
    return fields is None or fields[-1][0] == "file"
