"""Containers: their validation and their status.

Source: fact sheet sections 2.0 to 2.2, after
https://developers.facebook.com/docs/instagram-platform/content-publishing, checked 2026-11-28.
"""

import json
from datetime import datetime
from typing import Any, TypedDict

from letmepost.platforms._meta.simulator.graph import Parameters, Refused, shown, wrong_parameter
from letmepost.platforms._meta.simulator.people import next_id
from letmepost.platforms._meta.simulator.rupload import (
    UploadRefused,
    VideoUpload,
    first_upload_fault,
    is_complete,
    new_upload,
    receive,
    uploading_phase,
)
from letmepost.platforms.instagram.simulator import validation
from letmepost.platforms.instagram.simulator.accounts import Caller
from letmepost.platforms.instagram.simulator.scenarios import SCENARIOS, Scenario
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

LIFETIME_S = 86_400.0
_TEXTS = {
    "IN_PROGRESS": "In Progress: Media is still being processed.",
    "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
    "EXPIRED": "Expired: The container was not published within 24 hours and has expired.",
    "PUBLISHED": "Published: Media has been published.",
}


class Container(TypedDict):
    """A container. `media` is the id of the published post, None before.

    `ready_at` is None if the container never becomes ready, or not before its video has arrived. `upload` is None if
    the server fetches the media item.
    """

    id: str
    account: str
    kind: str
    is_child: bool
    parameters: dict[str, str]
    made_at: float
    ready_at: float | None
    error: int | None
    media: str | None
    upload: VideoUpload | None


def make(state: State, call: SimulatedCall, caller: Caller) -> Container:
    """Check the parameters of a container, and store it."""
    given = Parameters.of(call)
    kind, is_child = given.get("media_type") or "IMAGE", given.get("is_carousel_item") == "true"
    _check(state, given, caller, kind, is_child=is_child, now=call.now)
    scenario = caller.scenario
    upload = new_upload() if given.get("upload_type") is not None else None
    is_waiting = upload is not None or scenario.processing_s is None
    container = Container(
        id=next_id(state),
        account=caller.account["id"],
        kind=kind,
        is_child=is_child,
        parameters={
            name: value for name, value in given.values.items() if name not in {"access_token", "appsecret_proof"}
        },
        made_at=call.now.timestamp(),
        ready_at=None if is_waiting else _ready_at(call.now, scenario),
        error=None if kind == "CAROUSEL" else scenario.media_error,
        media=None,
        upload=upload,
    )
    state[f"container/{container['id']}"] = container
    return container


def receive_video(state: State, call: SimulatedCall, caller: Caller, container: Container) -> SimulatedReply:
    """`POST` to the upload host: the bytes of a container's video, or a part of them."""
    if container["upload"] is None or container["account"] != caller.account["id"]:
        raise UploadRefused("ProcessingFailedError", "The container receives no video.")
    fault = first_upload_fault(state, caller.scenario.upload_fault, caller.account["id"], container["id"])
    upload, reply = receive(container["upload"], call, f"video/{container['id']}", fault)
    ready_at = _ready_at(call.now, caller.scenario) if is_complete(upload) else None
    state[f"container/{container['id']}"] = {**container, "upload": upload, "ready_at": ready_at}
    return reply


def show(state: State, container: Container, call: SimulatedCall) -> SimulatedReply:
    """`GET /{container}`."""
    scenario = SCENARIOS[state[f"account/{container['account']}"]["scenario"]]
    status = status_of(container, call.now)
    error = f"Error: Media upload has failed with error code {container['error']}"
    fields = {"id": container["id"], "status_code": status, "status": _TEXTS.get(status, error)}
    if status == "ERROR" and scenario.hides_status_code:
        fields["status_code"] = ""
    phases = {} if container["upload"] is None else {"video_status": _phases(container["upload"], status)}
    return shown({**fields, **phases}, Parameters.of(call))


def _phases(upload: VideoUpload, status: str) -> dict[str, Any]:
    names = {"FINISHED": "complete", "PUBLISHED": "complete", "ERROR": "error"}
    processing = names.get(status, "in_progress" if is_complete(upload) else "not_started")
    return {"uploading_phase": uploading_phase(upload), "processing_phase": {"status": processing}}


def status_of(container: Container, now: datetime) -> str:
    """Return the status of a container."""
    if container["media"] is not None:
        return "PUBLISHED"
    if now.timestamp() - container["made_at"] >= LIFETIME_S:
        return "EXPIRED"
    if container["ready_at"] is None or now.timestamp() < container["ready_at"]:
        return "IN_PROGRESS"
    return "FINISHED" if container["error"] is None else "ERROR"


def children_of(state: State, container: Container) -> list[Container]:
    """Return the containers of a carousel's media items."""
    return [state[f"container/{one}"] for one in _ids(container["parameters"].get("children", ""))]


def not_ready() -> Refused:
    """Return the refusal of a container that is still processed."""
    return Refused("The media is not ready to be published. Please wait a moment.", code=9007, subcode=2207027)


def _ready_at(now: datetime, scenario: Scenario) -> float | None:
    return None if scenario.processing_s is None else now.timestamp() + scenario.processing_s


def _check(state: State, given: Parameters, caller: Caller, kind: str, *, is_child: bool, now: datetime) -> None:
    allowed = {"IMAGE", "VIDEO"} if is_child else {"IMAGE", "CAROUSEL", "STORIES", "REELS"}
    if kind not in allowed:  # a single video is a reel
        raise Refused("The media type is unknown or not simulated.", code=100, subcode=2207023)
    validation.check_place(given, kind, is_child=is_child)
    validation.check_texts(given)
    validation.check_people(given, is_story=kind == "STORIES", is_video=kind in {"REELS", "VIDEO"})
    validation.check_reel(given, kind, has_trials=not caller.scenario.has_no_trials)
    validation.check_location(given)
    validation.check_add_ons(given, is_allowed=caller.login == "facebook_login")
    if kind == "CAROUSEL":
        _check_children(state, given, caller, now)
    else:
        validation.check_media(given, kind, may_upload=caller.login == "facebook_login")


def _check_children(state: State, given: Parameters, caller: Caller, now: datetime) -> None:
    ids = _ids(given.require("children"))
    if len(ids) not in validation.CHILDREN:
        message = "Carousels need at least 2 photos/videos, and no more than 10 photos/videos."
        raise Refused(message, code=100, subcode=2207028)
    for one in ids:
        child: Container | None = state.get(f"container/{one}")
        if child is None or child["account"] != caller.account["id"] or not child["is_child"]:
            raise wrong_parameter("param children has an invalid container")
        if status_of(child, now) != "FINISHED":
            raise not_ready()


def _ids(children: str) -> list[str]:
    """Return the ids in a parameter: separated by commas, or a list in JSON, which Meta's own client sends."""
    try:
        found = json.loads(children) if children.startswith("[") else children.split(",")
    except ValueError:
        raise wrong_parameter("param children is not JSON") from None
    return [one for one in found if isinstance(one, str) and one]
