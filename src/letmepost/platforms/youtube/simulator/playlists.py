"""Playlists and their entries, and the list of uploads. Source: fact sheet sections 2.4 and 7."""

from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms.simulation import SimulatedReply, State
from letmepost.platforms.youtube.simulator.channels import Playlist, Request, add_playlist, require_own
from letmepost.platforms.youtube.simulator.rendering import Video, privacy_of, thumbnails_of
from letmepost.platforms.youtube.simulator.videos import listed_videos, no_video
from letmepost.platforms.youtube.simulator.wire import (
    YouTubeError,
    format_time,
    invalid,
    json_object,
    json_reply,
    next_number,
    not_found,
    object_in,
    page,
    parts_in,
    resource,
)

_ITEM_PARTS = frozenset({"id", "snippet", "contentDetails", "status"})
_PARTS = frozenset({"id", "snippet", "status", "contentDetails"})
_TITLE_MAX_CHARACTERS = 150
_PAGE_MAX = 50


class Item(TypedDict):
    """An entry of a playlist. The same video can have several."""

    id: str
    playlist: str
    channel: str
    number: int
    video: str
    made_at: float


def create(request: Request) -> SimulatedReply:
    """`POST /youtube/v3/playlists`."""
    wanted, body = parts_in(request.call, _PARTS), json_object(request.call)
    request.refuse_attempt()
    title = object_in(body, "snippet").get("title")
    if not isinstance(title, str) or not 1 <= len(title) <= _TITLE_MAX_CHARACTERS:
        raise invalid("playlistTitleRequired", "The request must specify a playlist title.")
    privacy = object_in(body, "status").get("privacyStatus", "public")
    if privacy not in ("public", "unlisted", "private"):
        raise invalid("invalidPlaylistSnippet", "The request specifies an invalid privacy status.")
    entropy = request.call.entropy
    playlist = add_playlist(request.state, request.channel, request.now, entropy, title=title, privacy=privacy)
    return json_reply(resource("playlist", _show(request.state, playlist), wanted))


def listing(request: Request) -> SimulatedReply:
    """`GET /youtube/v3/playlists`: the channel's own, newest first, or those with these ids."""
    wanted, query = parts_in(request.call, _PARTS), dict(request.call.query)
    found: list[Playlist] = [request.state[key] for key in request.state if key.startswith("playlist/")]
    if query.get("mine") == "true":
        chosen = [playlist for playlist in found if playlist["channel"] == request.channel["id"]]
    else:
        ids = request.parameter("id").split(",")
        chosen = [playlist for playlist in found if playlist["id"] in ids]
    newest = sorted(chosen, key=lambda playlist: playlist["number"], reverse=True)
    rows = [resource("playlist", _show(request.state, playlist), wanted) for playlist in newest]
    return page(request.call, "playlistListResponse", rows, default=5, most=_PAGE_MAX)


def add(request: Request) -> SimulatedReply:
    """`POST /youtube/v3/playlistItems`. A repetition adds the video a second time."""
    wanted, body = parts_in(request.call, _ITEM_PARTS), json_object(request.call)
    request.refuse_attempt()
    snippet = object_in(body, "snippet")
    target = object_in(snippet, "resourceId")
    if target.get("kind") != "youtube#video" or "playlistId" not in snippet:
        raise YouTubeError(
            400, "resourceIdRequired", "The request must specify a resourceId.", domain="youtube.playlistItem"
        )
    playlist = _own(request, snippet["playlistId"])
    if f"video/{target.get('videoId')}" not in request.state:
        raise no_video(str(target.get("videoId")))
    item = Item(
        id=f"{letters(request.call.entropy, 'item', 44)}",
        playlist=playlist["id"],
        channel=request.channel["id"],
        number=next_number(request.state),
        video=target["videoId"],
        made_at=request.now,
    )
    request.state[f"item/{item['id']}"] = item
    shown = _show_item(request, item["id"], item["playlist"], request.state[f"video/{item['video']}"], 0)
    return json_reply(resource("playlistItem", shown, wanted), delay_s=request.scenario.delay_s)


def list_items(request: Request) -> SimulatedReply:
    """`GET /youtube/v3/playlistItems`. The list of uploads begins with the newest, others with the oldest."""
    wanted, playlist_id = parts_in(request.call, _ITEM_PARTS), request.parameter("playlistId")
    video_id = dict(request.call.query).get("videoId")
    if playlist_id == f"UU{request.channel['key']}":
        entries = [(f"UU.{video['id']}", video) for video in listed_videos(request)]
    else:
        _own(request, playlist_id)
        entries = [(item["id"], request.state[f"video/{item['video']}"]) for item in _items(request.state, playlist_id)]
    rows = [
        resource("playlistItem", _show_item(request, item_id, playlist_id, video, position), wanted)
        for position, (item_id, video) in enumerate(entries)
        if video_id in {None, video["id"]}
    ]
    return page(request.call, "playlistItemListResponse", rows, default=5, most=_PAGE_MAX)


def _items(state: State, playlist_id: str) -> list[Item]:
    found: list[Item] = [state[key] for key in state if key.startswith("item/")]
    return sorted((item for item in found if item["playlist"] == playlist_id), key=lambda item: item["number"])


def _own(request: Request, playlist_id: object) -> Playlist:
    playlist: Playlist | None = request.state.get(f"playlist/{playlist_id}")
    if playlist is None:
        message = "The playlist identified with the request's playlistId parameter cannot be found."
        raise not_found("playlistNotFound", message, domain="youtube.playlistItem")
    require_own(request, playlist["channel"], "playlist")
    return playlist


def _show(state: State, playlist: Playlist) -> dict[str, Any]:
    return {
        "id": playlist["id"],
        "snippet": {
            "publishedAt": format_time(playlist["made_at"]),
            "channelId": playlist["channel"],
            "title": playlist["title"],
            "description": "",
            "localized": {"title": playlist["title"], "description": ""},
        },
        "status": {"privacyStatus": playlist["privacy"]},
        "contentDetails": {"itemCount": len(_items(state, playlist["id"]))},
    }


def _show_item(request: Request, item_id: str, playlist_id: str, video: Video, position: int) -> dict[str, Any]:
    snippet = video["given"]["snippet"]
    return {
        "id": item_id,
        "snippet": {
            "publishedAt": format_time(video["made_at"]),
            "channelId": request.channel["id"],
            "title": snippet["title"],
            "description": snippet.get("description", ""),
            "thumbnails": thumbnails_of(request.call),
            "channelTitle": request.channel["title"],
            "playlistId": playlist_id,
            "position": position,
            "resourceId": {"kind": "youtube#video", "videoId": video["id"]},
        },
        "contentDetails": {"videoId": video["id"], "videoPublishedAt": format_time(video["made_at"])},
        "status": {"privacyStatus": privacy_of(video, request.now)[0]},
    }
