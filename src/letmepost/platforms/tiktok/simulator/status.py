"""The status of a task, and its cancellation. Source: fact sheet sections 2.3 and 2.6."""

from letmepost.platforms.simulation import SimulatedReply
from letmepost.platforms.tiktok.simulator.endpoint import Request
from letmepost.platforms.tiktok.simulator.tasks import CANCELED, Task, find_task, is_public, status_of, store
from letmepost.platforms.tiktok.simulator.wire import TikTokError, data_reply, json_object


def fetch(request: Request) -> SimulatedReply:
    """`POST /v2/post/publish/status/fetch/`. A post id is a number of up to 64 bits."""
    task, scenario = _own(request), request.scenario
    status = status_of(task, scenario, request.at)
    if scenario.forgets_tasks and not status.startswith("PROCESSING"):
        raise _unknown()
    ids = [task["post_id"]] if is_public(task, scenario, request.at) else []
    return data_reply(
        {
            "status": status,
            **({"fail_reason": task["fail_reason"]} if status == "FAILED" else {}),
            "publicaly_available_post_id": ids[0] if ids and scenario.shows_single_id else ids,
            "uploaded_bytes" if task["is_upload"] else "downloaded_bytes": task["file"]["size_bytes"],
        }
    )


def cancel(request: Request) -> SimulatedReply:
    """`POST /v2/post/publish/cancel/`. Only a download can be canceled."""
    task = _own(request)
    if status_of(task, request.scenario, request.at) != "PROCESSING_DOWNLOAD":
        raise TikTokError(400, "publish_not_cancellable", "The publishing task cannot be cancelled.")
    canceled: Task = {**task, "fail_reason": CANCELED}
    store(request.state, canceled)
    return data_reply({})


def _own(request: Request) -> Task:
    publish_id = json_object(request.call).get("publish_id")
    task = find_task(request.state, publish_id) if isinstance(publish_id, str) else None
    if task is None:
        raise _unknown()
    if task["account"] != request.account["id"]:
        message = "The user did not authorize the app to read this publish_id."
        raise TikTokError(400, "token_not_authorized_for_specified_publish_id", message)
    return task


def _unknown() -> TikTokError:
    return TikTokError(400, "invalid_publish_id", "The publish_id does not exist.")
