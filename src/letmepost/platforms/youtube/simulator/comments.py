"""Comments on videos. Source: fact sheet section 2.5."""

from html import escape
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import is_first_response
from letmepost.platforms.simulation import SimulatedReply, State
from letmepost.platforms.youtube.simulator.channels import Request
from letmepost.platforms.youtube.simulator.rendering import Video, privacy_of
from letmepost.platforms.youtube.simulator.videos import no_video
from letmepost.platforms.youtube.simulator.wire import (
    YouTubeError,
    forbidden,
    format_time,
    json_object,
    json_reply,
    next_number,
    object_in,
    page,
    parts_in,
    resource,
)

_DOMAIN = "youtube.commentThread"
_PARTS = frozenset({"id", "snippet", "replies"})
_TEXT_MAX_CHARACTERS = 10_000


class Thread(TypedDict):
    """A comment on a video, under which others can reply."""

    id: str
    channel: str
    video: str
    number: int
    text: str
    made_at: float


def create(request: Request) -> SimulatedReply:
    """`POST /youtube/v3/commentThreads`."""
    wanted, snippet = parts_in(request.call, _PARTS), object_in(json_object(request.call), "snippet")
    request.refuse_attempt()
    text = _text(snippet)
    video = _video(request, snippet.get("videoId"))
    if not _takes_comments(request, video):
        message = "The video identified by the videoId parameter has disabled comments."
        raise forbidden(message, reason="commentsDisabled", domain=_DOMAIN)
    thread = Thread(
        id=f"Ug{letters(request.call.entropy, 'thread', 24)}",
        channel=request.channel["id"],
        video=video["id"],
        number=next_number(request.state),
        text=text,
        made_at=request.now,
    )
    request.state[f"thread/{thread['id']}"] = thread
    is_lost = request.scenario.loses_first_response and is_first_response(request.state, f"comment/{video['id']}")
    shown = resource("commentThread", _show(request, thread), wanted)
    return json_reply(shown, delay_s=request.scenario.delay_s, dropped=is_lost)


def listing(request: Request) -> SimulatedReply:
    """`GET /youtube/v3/commentThreads` of a video, newest first."""
    wanted, video = parts_in(request.call, _PARTS), _video(request, request.parameter("videoId"))
    if not request.scenario.has_comments:
        raise forbidden("The video has disabled comments.", reason="commentsDisabled", domain=_DOMAIN)
    horizon = request.now - request.scenario.lag_s
    found = [
        thread
        for thread in reversed(all_comments(request.state))
        if thread["video"] == video["id"] and thread["made_at"] <= horizon
    ]
    rows = [resource("commentThread", _show(request, thread), wanted) for thread in found]
    return page(request.call, "commentThreadListResponse", rows, default=20, most=100)


def all_comments(state: State) -> list[Thread]:
    """Return every comment, oldest first."""
    found: list[Thread] = [state[key] for key in state if key.startswith("thread/")]
    return sorted(found, key=lambda thread: thread["number"])


def _text(snippet: dict[str, Any]) -> str:
    text = object_in(object_in(snippet, "topLevelComment"), "snippet").get("textOriginal")
    if not isinstance(text, str) or not text.strip():
        raise YouTubeError(400, "commentTextRequired", "The comment has no text.", domain=_DOMAIN)
    if len(text) > _TEXT_MAX_CHARACTERS:
        raise YouTubeError(400, "commentTextTooLong", "The comment is too long.", domain=_DOMAIN)
    return text


def _video(request: Request, video_id: object) -> Video:
    video: Video | None = request.state.get(f"video/{video_id}")
    if video is None:
        raise no_video(str(video_id))
    return video


def _takes_comments(request: Request, video: Video) -> bool:
    """Return True unless comments are off, as for videos that are made for kids, or private."""
    is_for_kids = video["given"]["status"].get("selfDeclaredMadeForKids", False)
    return request.scenario.has_comments and not is_for_kids and privacy_of(video, request.now)[0] != "private"


def _show(request: Request, thread: Thread) -> dict[str, Any]:
    at = format_time(thread["made_at"])
    is_html = dict(request.call.query).get("textFormat", "html") == "html"
    comment = {
        "id": thread["id"],
        "snippet": {
            "channelId": thread["channel"],
            "videoId": thread["video"],
            "textDisplay": escape(thread["text"]).replace("\n", "<br>") if is_html else thread["text"],
            **({"textOriginal": thread["text"]} if thread["channel"] == request.channel["id"] else {}),
            "authorDisplayName": request.state[f"channel/{thread['channel']}"]["title"],
            "authorChannelId": {"value": thread["channel"]},
            "canRate": True,
            "viewerRating": "none",
            "likeCount": 0,
            "publishedAt": at,
            "updatedAt": at,
        },
    }
    return {
        "id": thread["id"],
        "snippet": {
            "channelId": thread["channel"],
            "videoId": thread["video"],
            "topLevelComment": resource("comment", comment, {"snippet"}),
            "canReply": True,
            "totalReplyCount": 0,
            "isPublic": True,
        },
    }
