"""Reads how YouTube processes a video after the upload. Each read costs 1 unit, so there are at most 12.

https://developers.google.com/youtube/data/reference/rest/v3/videos (checked 2026-11-28): `status.uploadStatus` and
`processingDetails.processingStatus`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Flow, Pause, Reply, Warn
from letmepost.domain.refusals import Explanation
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms._kit.flows import fetch
from letmepost.platforms.youtube.api import items_in, read_video
from letmepost.platforms.youtube.refusals import (
    DUPLICATE,
    PROCESSING_FAILED,
    PROCESSING_UNCONFIRMED,
    VIDEO_REJECTED,
)
from letmepost.platforms.youtube.replies import explain
from letmepost.platforms.youtube.settings import YouTubeSettings

_STEP = "processing"
_WAIT_S = (15.0, 600.0)
"""The shortest and the longest wait. In between, it is as long as the time since the upload: it doubles each time."""
_GIVE_UP_AFTER_S = 1800.0
_UNREADABLE_WAIT_S = 120.0
_LATER = frozenset({FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED})


@dataclass(frozen=True, slots=True)
class State:
    """What YouTube reports about a video. `problem` is the warning if it cannot be used."""

    is_processed: bool = False
    problem: Explanation | None = None
    reason: str = ""


def await_processing(settings: YouTubeSettings, video_id: str, uploaded_at: datetime) -> Flow[bool]:
    """Wait until YouTube has processed a video, for half an hour at most. Return False if it cannot be used.

    It raises nothing: the video is published already.
    """
    while True:
        wait_s = _UNREADABLE_WAIT_S
        try:
            state, read_at = yield from fetch(
                read_video(settings, video_id, "status,processingDetails"), _read, explain
            )
        except PlatformFailure as failure:
            if failure.kind not in _LATER:
                yield _unconfirmed(failure.message)
                return True
        else:
            if state.problem is not None:
                yield Warn(state.problem.id, state.problem.describe(reason=state.reason))
            if state.is_processed or state.problem is not None:
                return state.problem is None
            shortest_s, longest_s = _WAIT_S
            wait_s = min(max((read_at - uploaded_at).total_seconds(), shortest_s), longest_s)
        try:
            yield Pause(_STEP, wait_s, _GIVE_UP_AFTER_S)
        except GaveUp:
            yield _unconfirmed("YouTube is still processing it.")
            return True


def _unconfirmed(reason: str) -> Warn:
    return Warn(PROCESSING_UNCONFIRMED.id, PROCESSING_UNCONFIRMED.describe(reason=reason))


def _read(reply: Reply) -> tuple[State, datetime] | None:
    """Return the state in a list of videos. A new video can be missing in it."""
    items = items_in(reply)
    return None if items is None else (state_of(items[0] if items else {}), reply.received_at)


def state_of(video: Mapping[str, Any]) -> State:
    """Return what YouTube reports about a video."""
    status, details = object_in(video, "status"), object_in(video, "processingDetails")
    match text_in(status, "uploadStatus"), text_in(details, "processingStatus"):
        case "rejected", _:
            reason = text_in(status, "rejectionReason") or "unknown"
            return State(problem=DUPLICATE if reason == "duplicate" else VIDEO_REJECTED, reason=reason)
        case "deleted", _:
            return State(problem=VIDEO_REJECTED, reason="deleted")
        case ("failed", _) | (_, "failed" | "terminated"):
            reason = text_in(status, "failureReason") or text_in(details, "processingFailureReason") or "unknown"
            return State(problem=PROCESSING_FAILED, reason=reason)
        case ("processed", _) | (_, "succeeded"):
            return State(is_processed=True)
    return State()
