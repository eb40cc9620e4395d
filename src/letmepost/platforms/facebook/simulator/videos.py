"""Videos: uploaded, processed and published, for the feed, as reels and as stories.

Source: fact sheet sections F2.4 to F2.6, after https://developers.facebook.com/docs/video-api/guides/reels-publishing
and Meta's own client, checked 2026-11-21. The bytes are not decoded, so the simulator does not know what a video shows.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator.files import StoredFile, append_part, file_in_form
from letmepost.platforms._kit.simulator.pages import post_url
from letmepost.platforms._meta.simulator.graph import Parameters, Refused, json_reply, wrong_parameter
from letmepost.platforms._meta.simulator.people import Page, next_id
from letmepost.platforms._meta.simulator.rupload import (
    UPLOAD_HOST,
    UploadFault,
    UploadRefused,
    VideoUpload,
    first_upload_fault,
    is_complete,
    new_upload,
    receive,
    uploading_phase,
)
from letmepost.platforms._meta.simulator.tokens import unsupported
from letmepost.platforms.facebook.simulator.scenarios import Scenario
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

CHUNK = "video_file_chunk"
UPLOAD_PATH = "/video-upload/"
_ARRIVES_AFTER_S = 1.0
_LIFETIME_S = 86_400.0
"""An upload that is not published is deleted after a day (not documented)."""
_THUMBNAIL_MAX_BYTES = 10_000_000
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_OTHER_RANGE = 1363037


class Video(TypedDict):
    """A video. `edge` is where it was started, `session` the id of an upload to the feed.

    `arrived_at` is None before every byte has arrived, `finished_at` before it is published, and `post` is the id of
    the post that shows it; None while it is processed, or if that fails.
    """

    id: str
    page: str
    edge: str
    session: str | None
    upload: VideoUpload
    arrived_at: float | None
    finished_at: float | None
    title: str
    description: str
    is_ai_generated: bool
    made_at: float
    post: str | None
    thumbnail: NotRequired[StoredFile]


def start(state: State, call: SimulatedCall, page: Page, edge: str) -> dict[str, Any]:
    """Begin an upload, and return the fields of the response."""
    given, upload = Parameters.of(call), new_upload()
    if edge == "videos":
        size = given.require("file_size")
        if not size.isdigit() or not int(size):
            raise wrong_parameter("(#100) Param file_size must be a positive number.")
        upload["size_bytes"] = int(size)
    video = Video(
        id=next_id(state),
        page=page["id"],
        edge=edge,
        session=next_id(state) if edge == "videos" else None,
        upload=upload,
        arrived_at=None,
        finished_at=None,
        title="",
        description="",
        is_ai_generated=False,
        made_at=call.now.timestamp(),
        post=None,
    )
    store(state, video)
    if video["session"] is None:
        version = call.path.split("/")[1]
        url = f"{call.root}/{UPLOAD_HOST}{UPLOAD_PATH}{version}/{video['id']}"
        return {"video_id": video["id"], "upload_url": url}
    state[f"video_session/{video['session']}"] = video["id"]
    return {"video_id": video["id"], "upload_session_id": video["session"]}


def store(state: State, video: Video) -> None:
    """Store a video."""
    state[f"video/{video['id']}"] = video


def find(state: State, video_id: str, page_id: str | None, now: datetime) -> Video | None:
    """Return a video of a Page, or None if it is not there any longer."""
    video: Video | None = state.get(f"video/{video_id}")
    if video is None or video["page"] != page_id:
        return None
    is_old = now.timestamp() - video["made_at"] >= _LIFETIME_S
    return None if is_old and video["finished_at"] is None else video


def wanted(video: Video, scenario: Scenario) -> dict[str, str]:
    """Return the bytes that the server needs next. With equal offsets, it has all."""
    at, size = video["upload"]["file"]["size_bytes"], video["upload"]["size_bytes"] or 0
    return {"start_offset": str(at), "end_offset": str(min(at + scenario.range_bytes, size))}


def transfer(state: State, call: SimulatedCall, page: Page, scenario: Scenario) -> SimulatedReply:
    """Receive a part of a feed video."""
    form = file_in_form(call, CHUNK)
    if form is None:
        raise Refused("(#324) Requires upload file", code=324)
    given, received = form
    video = _of_session(state, given.get("upload_session_id", ""), page, call.now)
    fault = first_upload_fault(state, scenario.upload_fault, page["id"], video["id"])
    if fault is UploadFault.EXPIRE:
        raise wrong_parameter("(#100) The upload session has expired.")
    is_first = video["upload"]["request_count"] == 0
    upload: VideoUpload = {**video["upload"], "request_count": video["upload"]["request_count"] + 1}
    store(state, {**video, "upload": upload})
    asked = wanted(video, scenario)
    length = int(asked["end_offset"]) - int(asked["start_offset"])
    if given.get("start_offset") != asked["start_offset"] or received.size_bytes > length:
        raise _other_range(asked)
    if is_first and fault is UploadFault.OFFSET:
        raise _other_range({**asked, "end_offset": str(int(asked["start_offset"]) + max(length // 2, 1))})
    if is_first and fault is not None and received.content is not None:
        received = Received.of(received.content[: len(received.content) // 2])
    file, stored = append_part(upload["file"], received, f"video/{video['id']}/{upload['request_count']}")
    upload = {**upload, "file": file}
    arrived_at = call.now.timestamp() if is_complete(upload) else None
    changed: Video = {**video, "upload": upload, "arrived_at": arrived_at}
    store(state, changed)
    if is_first and fault is UploadFault.STOP:
        failed = Refused("Service temporarily unavailable", code=2, status=503, is_transient=True)
        return replace(failed.reply(), stored=stored)
    return replace(json_reply(wanted(changed, scenario)), stored=stored)


def receive_bytes(state: State, call: SimulatedCall, page: Page, video_id: str, scenario: Scenario) -> SimulatedReply:
    """Receive the bytes of a reel or a story, at the upload host."""
    video = find(state, video_id, page["id"], call.now)
    if video is None or video["session"] is not None:
        raise UploadRefused("ProcessingFailedError", "The video does not exist.")
    fault = first_upload_fault(state, scenario.upload_fault, page["id"], video_id)
    upload, reply = receive(video["upload"], call, f"video/{video_id}", fault)
    arrived_at = call.now.timestamp() + _ARRIVES_AFTER_S if is_complete(upload) else None
    store(state, {**video, "upload": upload, "arrived_at": arrived_at})
    return reply


def set_thumbnail(state: State, call: SimulatedCall, video: Video) -> None:
    """`POST /{video}/thumbnails`: the file of an image. Source: fact sheet section F2.5."""
    form = file_in_form(call, "source")
    if form is None:
        raise Refused("(#324) Requires upload file", code=324)
    given, file = form
    if file.size_bytes > _THUMBNAIL_MAX_BYTES or not file.first.startswith(_PICTURES):
        raise wrong_parameter("(#100) The image is invalid.")
    if given.get("is_preferred") == "true":
        thumbnail = StoredFile(size_bytes=file.size_bytes, checksum=str(file.checksum), parts=None)
        store(state, {**video, "thumbnail": thumbnail})


def to_finish(state: State, call: SimulatedCall, page: Page, edge: str) -> Video:
    """Return the video that a call publishes, with its texts. It must have arrived, and not be published."""
    given, now = Parameters.of(call), call.now.timestamp()
    if edge == "videos":
        video = _of_session(state, given.require("upload_session_id"), page, call.now)
    else:
        found = find(state, given.require("video_id"), page["id"], call.now)
        if found is None or found["edge"] != edge:
            raise wrong_parameter("(#100) Param video_id is invalid.")
        video = found
    if video["arrived_at"] is None or now < video["arrived_at"]:
        raise Refused("There was a problem uploading your video file. Please try again.", code=6000)
    if video["finished_at"] is not None:
        raise wrong_parameter("(#100) The video has been published already.")
    if edge == "video_reels" and given.get("video_state") != "PUBLISHED":
        raise wrong_parameter("(#100) Param video_state must be one of {DRAFT, PUBLISHED, SCHEDULED}.")
    if edge == "video_stories" and (given.get("title") or given.get("description")):
        raise wrong_parameter("(#100) Stories have no title and no description.")
    return {
        **video,
        "title": given.get("title") or "",
        "description": given.get("description") or "",
        "is_ai_generated": given.get("is_ai_generated") == "true",
        "finished_at": now,
    }


def fields(video: Video, scenario: Scenario, call: SimulatedCall) -> dict[str, Any]:
    """Return the fields of a video: the post only when it is published."""
    name, processing, publishing = _phases(video, scenario, call.now.timestamp())
    is_published = publishing.get("publish_status") == "published"
    uploading = uploading_phase(video["upload"])
    if name == "uploading" and uploading["status"] == "complete":
        uploading["status"] = "in_progress"
    status = {
        "video_status": name,
        "uploading_phase": uploading,
        "processing_phase": processing,
        "publishing_phase": publishing,
    }
    post = video["post"] if is_published else None
    folder = "reel" if video["edge"] == "video_reels" or scenario.keeps_drafts else f"{video['page']}/videos"
    return {
        "id": video["id"],
        "status": status,
        "published": is_published,
        "permalink_url": f"/{folder}/{video['id']}/",
        **({} if post is None else {"post_id": post, "permalink_url": post_url(call, post)}),
    }


def _phases(video: Video, scenario: Scenario, now: float) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return the status of the whole, of the processing and of the publishing."""
    waiting = {"status": "not_started"}
    if video["arrived_at"] is None or now < video["arrived_at"]:
        return "uploading", waiting, waiting
    if video["finished_at"] is None or scenario.ignores_videos:
        return "upload_complete", waiting, waiting
    if scenario.video_error is not None:
        error = {"code": scenario.video_error, "message": "The video cannot be used."}
        return "error", {"status": "error", "errors": [error]}, waiting
    processing_s = scenario.video_processing_s
    if processing_s is None or now < video["finished_at"] + processing_s:
        return "processing", {"status": "in_progress"}, waiting
    done = {"status": "complete"}
    shown_as = "draft" if scenario.keeps_drafts else "published"
    return "ready", done, {**done, "publish_status": shown_as}


def is_shown(scenario: Scenario) -> bool:
    """Return True if a video that is published becomes visible."""
    is_processed = scenario.video_processing_s is not None and scenario.video_error is None
    return is_processed and not scenario.ignores_videos and not scenario.keeps_drafts


def _of_session(state: State, session: str, page: Page, now: datetime) -> Video:
    video = find(state, state.get(f"video_session/{session}", ""), page["id"], now)
    if video is None:
        raise unsupported(session)
    return video


def _other_range(asked: dict[str, str]) -> Refused:
    message = "Your video upload was interrupted. Please try again."
    return Refused(message, code=6001, subcode=_OTHER_RANGE, data=asked)
