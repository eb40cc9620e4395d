"""Videos: what they are, and how they are read, changed and deleted. Source: fact sheet sections 2.1, 2.7 and 8."""

from typing import Any

from letmepost.platforms._kit.simulator.files import StoredFile
from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms.simulation import SimulatedReply, State
from letmepost.platforms.youtube.simulator.channels import Request, require_own
from letmepost.platforms.youtube.simulator.rendering import Video, privacy_of, show
from letmepost.platforms.youtube.simulator.validation import (
    CATEGORIES,
    UNASSIGNABLE_CATEGORIES,
    read_metadata,
)
from letmepost.platforms.youtube.simulator.wire import (
    YouTubeError,
    forbidden,
    invalid,
    json_object,
    json_reply,
    next_number,
    not_found,
    page,
    parts_in,
    resource,
    with_etag,
)

_OWNER_PARTS = frozenset({"fileDetails", "processingDetails", "suggestions"})
_PARTS = _OWNER_PARTS | {
    "id",
    "snippet",
    "status",
    "statistics",
    "contentDetails",
    "localizations",
    "recordingDetails",
    "paidProductPlacementDetails",
    "player",
}
WRITTEN_PARTS = frozenset(
    {"snippet", "status", "localizations", "recordingDetails", "paidProductPlacementDetails", "id"}
)
_IDS_MAX = 50


def create(request: Request, given: dict[str, Any], file: StoredFile) -> Video:
    """Create the video of an upload that is complete."""
    status = {"privacyStatus": "public", **given.get("status", {})}
    if request.scenario.is_always_private:
        status = {**{name: value for name, value in status.items() if name != "publishAt"}, "privacyStatus": "private"}
    video = Video(
        id=letters(request.call.entropy, "video", 11),
        number=next_number(request.state),
        channel=request.channel["id"],
        made_at=request.now,
        given={**given, "status": status},
        file=file,
        was_public=status["privacyStatus"] != "private",
        has_thumbnail=False,
    )
    request.state[f"video/{video['id']}"] = video
    return video


def listing(request: Request) -> SimulatedReply:
    """`GET /youtube/v3/videos`, by ids."""
    wanted, found = parts_in(request.call, _PARTS), _requested(request)
    if any(video["channel"] != request.channel["id"] for video in found) and _OWNER_PARTS & set(wanted):
        raise forbidden("The request cannot access the file details of a video of another channel.")
    rows = [show(request.state, video, wanted, request.call) for video in found]
    return page(request.call, "videoListResponse", rows, default=_IDS_MAX, most=_IDS_MAX)


def update(request: Request) -> SimulatedReply:
    """`PUT /youtube/v3/videos`: replaces every field of the named parts."""
    request.refuse_attempt()
    parts, body = parts_in(request.call, WRITTEN_PARTS), json_object(request.call)
    video = own_video(request, body.get("id"))
    given = read_metadata(_merged(video, body, parts), WRITTEN_PARTS)
    if "snippet" in parts and "categoryId" not in given["snippet"]:
        raise invalid("invalidCategoryId", "The category is missing.", location="snippet.categoryId")
    was_public = video["was_public"] or privacy_of(video, request.now)[0] != "private"
    if "status" in parts and was_public and "publishAt" in given.get("status", {}):
        raise invalid("invalidPublishAt", "The video was published before.", location="status.publishAt")
    changed: Video = {**video, "given": {"status": {}, **given}, "was_public": was_public}
    request.state[f"video/{video['id']}"] = changed
    return json_reply(show(request.state, changed, parts, request.call), delay_s=request.scenario.delay_s)


def delete(request: Request) -> SimulatedReply:
    """`DELETE /youtube/v3/videos`, with the comments, captions and playlist entries of the video."""
    video = own_video(request, request.parameter("id"))
    request.refuse_attempt()
    for key in [key for key in request.state if key.startswith(("thread/", "caption/", "item/"))]:
        if request.state[key]["video"] == video["id"]:
            del request.state[key]
    del request.state[f"video/{video['id']}"]
    return SimulatedReply(status=204, stored=dict.fromkeys(video["file"]["parts"] or ()))


def statistics(request: Request) -> SimulatedReply:
    """`GET /youtube/v3/videos:batchGetStats`."""
    counts = {"statistics": dict.fromkeys(("viewCount", "likeCount", "commentCount"), "0")}
    rows = [resource("videoStats", {"id": video["id"], **counts}, counts) for video in _requested(request)]
    return json_reply(with_etag({"kind": "youtube#batchGetStatsResponse", "items": rows}))


def search(request: Request) -> SimulatedReply:
    """`GET /youtube/v3/search`, for the channel's own videos, newest first."""
    parts_in(request.call, {"id", "snippet"})
    query = dict(request.call.query)
    if query.get("forMine") != "true" or query.get("type") != "video":
        raise invalid("invalidSearchFilter", "This server only searches forMine=true with type=video.")
    rows = [
        with_etag({"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": video["id"]}})
        for video in listed_videos(request)
    ]
    return page(request.call, "searchListResponse", rows, default=5, most=_IDS_MAX)


def categories(request: Request) -> SimulatedReply:
    """`GET /youtube/v3/videoCategories`, the same for every region."""
    wanted = parts_in(request.call, {"id", "snippet"})
    request.parameter("regionCode")
    rows = [
        resource("videoCategory", {"id": name, "snippet": {"title": title, "assignable": name in CATEGORIES}}, wanted)
        for name, title in {**CATEGORIES, **UNASSIGNABLE_CATEGORIES}.items()
    ]
    return page(request.call, "videoCategoryListResponse", rows, default=_IDS_MAX, most=_IDS_MAX)


def own_video(request: Request, video_id: object) -> Video:
    """Return a video of the channel.

    Raises:
        YouTubeError: it does not exist, or belongs to another channel.
    """
    video: Video | None = request.state.get(f"video/{video_id}")
    if video is None:
        raise no_video(str(video_id))
    require_own(request, video["channel"], "video")
    return video


def no_video(video_id: str) -> YouTubeError:
    """Return the refusal of a video that does not exist."""
    return not_found("videoNotFound", f"The video {video_id} that the request refers to cannot be found.")


def all_videos(state: State) -> list[Video]:
    """Return every video, oldest first."""
    found: list[Video] = [state[key] for key in state if key.startswith("video/")]
    return sorted(found, key=lambda video: video["number"])


def listed_videos(request: Request) -> list[Video]:
    """Return the channel's videos as lists show them, newest first."""
    horizon = request.now - request.scenario.lag_s
    own = [video for video in all_videos(request.state) if video["channel"] == request.channel["id"]]
    return [video for video in reversed(own) if video["made_at"] <= horizon]


def _requested(request: Request) -> list[Video]:
    ids = request.parameter("id").split(",")
    if len(ids) > _IDS_MAX:
        raise invalid("invalidParameter", "The request names too many videos.")
    horizon = request.now - request.scenario.lag_s
    found: list[Video | None] = [request.state.get(f"video/{video_id}") for video_id in dict.fromkeys(ids)]
    return [
        video
        for video in found
        if video is not None
        and video["made_at"] <= horizon
        and (video["channel"] == request.channel["id"] or privacy_of(video, request.now)[0] != "private")
    ]


def _merged(video: Video, body: dict[str, Any], parts: tuple[str, ...]) -> dict[str, Any]:
    return {
        **{name: value for name, value in video["given"].items() if name not in parts},
        **{name: value for name, value in body.items() if name in parts or name not in WRITTEN_PARTS},
    }
