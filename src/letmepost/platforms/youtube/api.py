"""The calls of the YouTube Data API v3 that this platform makes, but for the upload of the video.

Source: the discovery document `youtube.v3`, revision 20261104 (checked 2026-11-28).
"""

import json
from collections.abc import Mapping
from typing import Any

from letmepost.domain.content import MediaItem
from letmepost.domain.flow import Auth, Call, Effect, MediaRange, Reply
from letmepost.platforms._kit.calls import base_url, facts_of
from letmepost.platforms._kit.fields import objects_in, text_in
from letmepost.platforms._kit.oauth import app_call
from letmepost.platforms.youtube.options import YouTubeCaptions
from letmepost.platforms.youtube.settings import YouTubeSettings

TOKEN_PATH = "/token"  # noqa: S105 - a path
API_PATH = "/youtube/v3"
UPLOAD_PATH = f"/upload{API_PATH}"
PAGE_SIZE = 50
"""The maximum of playlist items."""
_COMMENTS_MAX = "100"
_UPLOAD_TIMEOUT_S = 60.0  # besides the bytes: the server checks a file before it responds


def exchange_token(settings: YouTubeSettings, form: Mapping[str, str], *, auth: Auth = Auth.ACCOUNT) -> Call:
    """Return a token request of the app, whose credentials are in the form."""
    url = f"{base_url(settings.token_url)}{TOKEN_PATH}"
    return app_call(url, form, app=settings, method="client_secret_post", auth=auth)


def read_channel(settings: YouTubeSettings) -> Call:
    """Return a read of the channel that a token belongs to: a person chooses one for each consent."""
    return _read(settings, "channels", ("part", "id,snippet,contentDetails,status"), ("mine", "true"))


def read_video(settings: YouTubeSettings, video_ids: str, part: str) -> Call:
    """Return a read of videos. `video_ids`: at most 50, with commas between them."""
    return _read(settings, "videos", ("part", part), ("id", video_ids))


def delete_video(settings: YouTubeSettings, video_id: str) -> Call:
    """Return the deletion of one of the channel's videos."""
    url = f"{base_url(settings.api_url)}{API_PATH}/videos"
    return Call(method="DELETE", url=url, query=(("id", video_id),), effect=Effect.WRITE)


def list_playlist(settings: YouTubeSettings, playlist_id: str, *query: tuple[str, str]) -> Call:
    """Return a read of the first items of a playlist. The list of a channel's uploads has the newest first."""
    parts = ("part", "snippet,contentDetails")
    return _read(settings, "playlistItems", parts, ("playlistId", playlist_id), ("maxResults", str(PAGE_SIZE)), *query)


def add_to_playlist(settings: YouTubeSettings, playlist_id: str, video_id: str, *, step: str) -> Call:
    """Return a call that adds a video to a playlist. A repetition adds it again."""
    resource = {"kind": "youtube#video", "videoId": video_id}
    return _insert(settings, "playlistItems", {"playlistId": playlist_id, "resourceId": resource}, step)


def comment(settings: YouTubeSettings, video_id: str, text: str, *, step: str) -> Call:
    """Return a call that comments on a video. A repetition comments again."""
    top_level = {"snippet": {"textOriginal": text}}
    return _insert(settings, "commentThreads", {"videoId": video_id, "topLevelComment": top_level}, step)


def list_comments(settings: YouTubeSettings, video_id: str) -> Call:
    """Return a read of the newest comments on a video."""
    query = (("videoId", video_id), ("order", "time"), ("maxResults", _COMMENTS_MAX))
    return _read(settings, "commentThreads", ("part", "snippet"), *query)


def set_thumbnail(settings: YouTubeSettings, video_id: str, item: MediaItem, *, step: str) -> Call:
    """Return the upload of a thumbnail.

    A repetition replaces it with itself. It is a PREPARE so that later runs do not repeat it, for 50 units each.
    """
    facts = facts_of(item)
    return Call(
        method="POST",
        url=f"{base_url(settings.upload_url)}{UPLOAD_PATH}/thumbnails/set",
        query=(("videoId", video_id), ("uploadType", "media")),
        headers={"Content-Type": facts.content_type},
        body=MediaRange(item.media_id, 0, facts.size_bytes),
        effect=Effect.PREPARE,
        step=step,
        timeout_s=_UPLOAD_TIMEOUT_S,
    )


def add_captions(
    settings: YouTubeSettings, video_id: str, captions: YouTubeCaptions, boundary: str, *, step: str
) -> Call:
    """Return the upload of a caption track: JSON and the file in one body (multipart/related).

    Args:
        boundary: a text that the track does not contain.
    """
    track = {"videoId": video_id, "language": captions.language, "name": captions.name, "isDraft": False}
    parts = (
        ("application/json; charset=UTF-8", json.dumps({"snippet": track})),
        ("application/octet-stream", captions.text),
    )
    written = "".join(f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n{content}\r\n" for kind, content in parts)
    return Call(
        method="POST",
        url=f"{base_url(settings.upload_url)}{UPLOAD_PATH}/captions",
        query=(("part", "snippet"), ("uploadType", "multipart")),
        headers={"Content-Type": f"multipart/related; boundary={boundary}"},
        body=f"{written}--{boundary}--\r\n".encode(),
        effect=Effect.PUBLISH,
        step=step,
        timeout_s=_UPLOAD_TIMEOUT_S,
    )


def captions_in(call: Call) -> Mapping[str, Any]:
    """Return the metadata of a caption track in the call that uploads it."""
    written = call.body if isinstance(call.body, bytes) else b""
    _, metadata, _ = written.split(b"\r\n\r\n", 2)
    found: Mapping[str, Any] = json.loads(metadata.partition(b"\r\n--")[0])["snippet"]
    return found


def list_captions(settings: YouTubeSettings, video_id: str) -> Call:
    """Return a read of the caption tracks of a video, without their texts."""
    return _read(settings, "captions", ("part", "snippet"), ("videoId", video_id))


def read_id(reply: Reply) -> str | None:
    """Return the id of what a call has created, or None if the reply has none."""
    return text_in(reply.data(), "id")


def items_in(reply: Reply) -> list[Mapping[str, Any]] | None:
    """Return the resources of a list; None if the reply is no list. An empty list may have no `items`."""
    data = reply.data()
    is_list = (text_in(data, "kind") or "").endswith("ListResponse") or isinstance(data.get("items"), list)
    return objects_in(data, "items") if reply.ok and is_list else None


def _read(settings: YouTubeSettings, name: str, *query: tuple[str, str]) -> Call:
    return Call(method="GET", url=f"{base_url(settings.api_url)}{API_PATH}/{name}", query=query, timeout_s=10.0)


def _insert(settings: YouTubeSettings, name: str, snippet: Mapping[str, Any], step: str) -> Call:
    return Call(
        method="POST",
        url=f"{base_url(settings.api_url)}{API_PATH}/{name}",
        query=(("part", "snippet"),),
        json={"snippet": snippet},
        effect=Effect.PUBLISH,
        step=step,
    )
