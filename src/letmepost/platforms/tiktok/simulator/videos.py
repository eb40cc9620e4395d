"""Public posts: listed, and read by id. Source: fact sheet sections 7 and 8.

Titles and descriptions have at most 150 characters
(https://developers.tiktok.com/docs/en/tiktok-api-v2-video-object, page of 2026-08-24, read 2026-11-29).
"""

from typing import Any

from letmepost.platforms._kit.simulator.pages import picture_url, post_url
from letmepost.platforms.simulation import SimulatedReply
from letmepost.platforms.tiktok.simulator.endpoint import Request
from letmepost.platforms.tiktok.simulator.tasks import Task, is_public, published_at_of, tasks_of, text_of
from letmepost.platforms.tiktok.simulator.wire import data_reply, invalid, json_object, object_in

_SHOWN_MAX_CHARACTERS = 150
_LIST_DEFAULT = 10
_LIST = range(1, 21)
_IDS = range(1, 21)
_COUNTS = ("like_count", "comment_count", "share_count", "view_count")


def list_videos(request: Request) -> SimulatedReply:
    """`POST /v2/video/list/`: the newest first. The cursor is a time in Unix milliseconds."""
    given, fields = json_object(request.call), _fields(request)
    count, cursor = given.get("max_count", _LIST_DEFAULT), given.get("cursor")
    if type(count) is not int or count not in _LIST or not (cursor is None or type(cursor) is int):
        raise invalid("max_count must be 1 to 20, and cursor a number.")
    found = [row for row in _public(request) if cursor is None or row["create_time"] * 1000 < cursor]
    page = found[:count]
    following = page[-1]["create_time"] * 1000 if page else cursor or 0
    videos = [{name: row[name] for name in fields} for row in page]
    return data_reply({"videos": videos, "cursor": following, "has_more": len(found) > len(page)})


def query_videos(request: Request) -> SimulatedReply:
    """`POST /v2/video/query/`. Posts that are not public are missing."""
    filters, fields = object_in(json_object(request.call), "filters"), _fields(request)
    ids = filters.get("video_ids")
    if not isinstance(ids, list) or len(ids) not in _IDS:
        raise invalid("video_ids must have 1 to 20 ids.")
    found = [row for row in _public(request) if row["id"] in ids]
    return data_reply({"videos": [{name: row[name] for name in fields} for row in found]})


def _fields(request: Request) -> list[str]:
    fields = [name for name in dict(request.call.query).get("fields", "").split(",") if name]
    if not fields or not set(fields) <= _FIELDS:
        raise invalid("Fields is required, and must be fields of the video object.")
    return fields


def _public(request: Request) -> list[dict[str, Any]]:
    """Return the account's public posts, newest first."""
    tasks = [
        task for task in tasks_of(request.state, request.account["id"]) if is_public(task, request.scenario, request.at)
    ]
    return [_show(request, task) for task in reversed(tasks)]


def _show(request: Request, task: Task) -> dict[str, Any]:
    return {
        "id": str(task["post_id"]),
        "create_time": int(published_at_of(task, request.scenario) or 0),
        "cover_image_url": picture_url(request.call),
        "share_url": post_url(request.call, task["id"]),
        "video_description": text_of(task)[:_SHOWN_MAX_CHARACTERS],
        "title": (task["post"].get("title") or "")[:_SHOWN_MAX_CHARACTERS],
        "duration": 0 if task["kind"] == "photo" else 12,
        "height": 1920,
        "width": 1080,
        "embed_html": "",
        "embed_link": post_url(request.call, task["id"]),
        **dict.fromkeys(_COUNTS, 0),
    }


_FIELDS = frozenset(
    {
        *("id", "create_time", "cover_image_url", "share_url", "video_description", "duration", "height", "width"),
        *("title", "embed_html", "embed_link", *_COUNTS),
    }
)
