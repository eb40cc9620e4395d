"""Videos, and how the API shows them. Source: fact sheet sections 2.1, 2.7 and 2.8."""

from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.files import StoredFile
from letmepost.platforms._kit.simulator.pages import picture_url, post_url
from letmepost.platforms.simulation import SimulatedCall, State
from letmepost.platforms.youtube.simulator.scenarios import SCENARIOS, Scenario
from letmepost.platforms.youtube.simulator.wire import format_time, read_time, resource

_SIZES = {"default": (120, 90), "medium": (320, 180), "high": (480, 360)}
_COUNTS = ("viewCount", "likeCount", "dislikeCount", "favoriteCount", "commentCount")


class Video(TypedDict):
    """A video.

    `given`: its metadata, by part. `was_public`: it was public or unlisted before its metadata was last changed.
    """

    id: str
    number: int
    channel: str
    made_at: float
    given: dict[str, Any]
    file: StoredFile
    was_public: bool
    has_thumbnail: bool


def show(state: State, video: Video, wanted: tuple[str, ...], call: SimulatedCall) -> dict[str, Any]:
    """Return the parts of a video that are wanted."""
    return resource("video", parts_of(state, video, call), wanted)


def privacy_of(video: Video, now: float) -> tuple[str, str | None]:
    """Return the privacy of a video, and when it will become public."""
    status = video["given"]["status"]
    publish_at = read_time(status.get("publishAt"))
    if publish_at is None:
        return status.get("privacyStatus", "public"), None
    return ("public", None) if publish_at.timestamp() <= now else ("private", format_time(publish_at.timestamp()))


def is_processed(state: State, video: Video, now: float) -> bool:
    """Return True if the processing of a video has ended."""
    processing_s = _scenario(state, video).processing_s
    return processing_s is not None and video["made_at"] + processing_s <= now


def thumbnails_of(call: SimulatedCall) -> dict[str, Any]:
    """Return the thumbnails of any video."""
    url = picture_url(call)
    return {size: {"url": url, "width": width, "height": height} for size, (width, height) in _SIZES.items()}


def _scenario(state: State, video: Video) -> Scenario:
    return SCENARIOS[state[f"channel/{video['channel']}"]["scenario"]]


def parts_of(state: State, video: Video, call: SimulatedCall) -> dict[str, Any]:
    """Return every part of a video."""
    now = call.now.timestamp()
    given, is_done = video["given"], is_processed(state, video, now)
    return {
        "id": video["id"],
        "snippet": _snippet(state, video, thumbnails_of(call)),
        "status": _status(state, video, now),
        "statistics": dict.fromkeys(_COUNTS, "0"),
        "contentDetails": {
            "dimension": "2d",
            "definition": "hd",
            "licensedContent": False,
            "projection": "rectangular",
        },
        "processingDetails": _processing(state, video, now),
        "fileDetails": {"fileName": "video.mp4", "fileType": "video", "fileSize": str(video["file"]["size_bytes"])}
        if is_done
        else {},
        "suggestions": {},
        "player": {"embedHtml": f'<iframe src="{post_url(call, video["id"])}"></iframe>'},
        "localizations": given.get("localizations", {}),
        "recordingDetails": given.get("recordingDetails", {}),
        "paidProductPlacementDetails": given.get("paidProductPlacementDetails", {"hasPaidProductPlacement": False}),
    }


def _snippet(state: State, video: Video, thumbnails: dict[str, Any]) -> dict[str, Any]:
    """Return the snippet. A tag that contains commas is read as several tags."""
    snippet = {"description": "", "categoryId": "22", **video["given"].get("snippet", {})}
    if "tags" in snippet:
        snippet["tags"] = [name.strip() for tag in snippet["tags"] for name in tag.split(",") if name.strip()]
    return {
        **snippet,
        "publishedAt": format_time(video["made_at"]),
        "channelId": video["channel"],
        "channelTitle": state[f"channel/{video['channel']}"]["title"],
        "thumbnails": thumbnails,
        "liveBroadcastContent": "none",
        "localized": {"title": snippet["title"], "description": snippet["description"]},
    }


def _status(state: State, video: Video, now: float) -> dict[str, Any]:
    status, scenario = video["given"]["status"], _scenario(state, video)
    privacy, publish_at = privacy_of(video, now)
    upload_status = scenario.upload_status if is_processed(state, video, now) else "uploaded"
    reason = {"failed": "failureReason", "rejected": "rejectionReason"}.get(upload_status)
    defaults = {"license": "youtube", "embeddable": True, "publicStatsViewable": True}
    return {
        **defaults,
        **{name: value for name, value in status.items() if name != "publishAt"},
        "uploadStatus": upload_status,
        "privacyStatus": privacy,
        **({} if publish_at is None else {"publishAt": publish_at}),
        "madeForKids": status.get("selfDeclaredMadeForKids", False),
        **({} if reason is None else {reason: scenario.reason}),
    }


def _processing(state: State, video: Video, now: float) -> dict[str, Any]:
    is_done, scenario = is_processed(state, video, now), _scenario(state, video)
    available = "available" if is_done else "inProgress"
    common = {"fileDetailsAvailability": available, "thumbnailsAvailability": available}
    if not is_done:
        progress = {"partsTotal": "1000", "partsProcessed": "500", "timeLeftMs": "1000"}
        return {"processingStatus": "processing", "processingProgress": progress, **common}
    ended = {"failed": "failed", "rejected": "terminated"}.get(scenario.upload_status, "succeeded")
    reason = {"processingFailureReason": "transcodeFailed"} if ended == "failed" else {}
    return {"processingStatus": ended, **reason, **common}
