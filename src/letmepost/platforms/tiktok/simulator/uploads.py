"""Uploads of videos, part by part. Source: fact sheet section 2.2. The upload URL is the credential.

Content-Range in a response has the number of bytes that have arrived, as the documentation describes it.
"""

import hmac
import re
from dataclasses import replace

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator.files import append_part
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms._kit.simulator.wire import content_type
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.tiktok.simulator.accounts import get_account, scenario_of
from letmepost.platforms.tiktok.simulator.scenarios import Scenario
from letmepost.platforms.tiktok.simulator.tasks import Task, find_task, store

_TYPES = frozenset({"video/mp4", "video/quicktime", "video/webm"})
_RANGE = re.compile(r"bytes ([0-9]{1,12})-([0-9]{1,12})/([0-9]{1,12})")


def upload(state: State, call: SimulatedCall) -> SimulatedReply:
    """`PUT /video/`."""
    task = _find(state, call)
    if task is None:
        return SimulatedReply(status=404)
    scenario = scenario_of(get_account(state, task["account"]))
    refuse_attempt(state, task["account"], scenario, call.now, shows_post=False, is_upload=True)
    status = _refusal(task, call)
    if status is not None:
        return _reply(status, task, scenario)
    if scenario.once in {"upload_stops", "offset_short"} and is_first_response(state, f"half/{task['account']}"):
        reply = _append(state, call, task, _first_half(call.received), scenario)
        return replace(reply, status=503) if scenario.once == "upload_stops" else reply
    reply = _append(state, call, task, call.received, scenario)
    is_lost = scenario.once == "chunk_lost" or (scenario.loses_first_response and reply.status == 201)
    return replace(reply, dropped=is_lost and is_first_response(state, task["account"]), delay_s=scenario.delay_s)


def _find(state: State, call: SimulatedCall) -> Task | None:
    """Return the task that an upload URL belongs to."""
    query = dict(call.query)
    known = state.get(f"upload/{query.get('upload_id', '')}")
    if known is None or not hmac.compare_digest(known["token"].encode(), query.get("upload_token", "").encode()):
        return None
    return find_task(state, known["task"])


def _refusal(task: Task, call: SimulatedCall) -> int | None:
    """Return the status with which a part is refused; None if it is accepted."""
    if call.now.timestamp() >= task["upload_until"]:
        return 403
    found = _RANGE.fullmatch(call.headers.get("content-range", ""))
    if found is None or content_type(call) not in _TYPES:
        return 400
    first, last, total = map(int, found.groups())
    size = call.received.size_bytes
    is_whole = size == last - first + 1 and call.headers.get("content-length", str(size)) == str(size)
    if not is_whole or total != task["size_bytes"]:
        return 400
    if first != task["file"]["size_bytes"]:
        return 416
    return None if _ends_chunk(task, last + 1) else 400


def _ends_chunk(task: Task, end: int) -> bool:
    """Return True if a part may end before this byte. The last chunk contains the rest of the video."""
    inner_end = (task["chunk_count"] - 1) * task["chunk_bytes"]
    return end == task["size_bytes"] or (end <= inner_end and end % task["chunk_bytes"] == 0)


def _append(state: State, call: SimulatedCall, task: Task, received: Received, scenario: Scenario) -> SimulatedReply:
    """Store bytes. With the last one, the task is complete."""
    file, stored = append_part(task["file"], received, f"{task['id']}/{task['file']['size_bytes']}")
    is_complete = file["size_bytes"] == task["size_bytes"]
    changed: Task = {**task, "file": file, "complete_at": call.now.timestamp() if is_complete else None}
    store(state, changed)
    return replace(_reply(201 if is_complete else 206, changed, scenario), stored=stored)


def _first_half(received: Received) -> Received:
    """Return the first half of a body; nothing if the body is not kept."""
    return Received.of((received.content or b"")[: received.size_bytes // 2])


def _reply(status: int, task: Task, scenario: Scenario) -> SimulatedReply:
    count = task["file"]["size_bytes"] - scenario.counts_inclusively
    return SimulatedReply(status=status, headers={"content-range": f"bytes 0-{max(count, 0)}/{task['size_bytes']}"})
