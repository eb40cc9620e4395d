"""Posts, stories and comments: published, read, listed, deleted.

Source: fact sheet sections F2.1 to F2.7, F3 and F7, after https://developers.facebook.com/docs/pages-api/posts, checked
2026-11-28.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypedDict
from urllib.parse import urlsplit

from letmepost.platforms._kit.simulator.files import as_media
from letmepost.platforms._kit.simulator.files import shown as file_shown
from letmepost.platforms._kit.simulator.pages import post_url
from letmepost.platforms._meta.simulator.graph import Parameters, Refused, wrong_parameter
from letmepost.platforms._meta.simulator.people import Page, next_id
from letmepost.platforms.facebook.simulator.photos import Photo, show_in, staged
from letmepost.platforms.facebook.simulator.scenarios import duplicate
from letmepost.platforms.facebook.simulator.videos import Video, store
from letmepost.platforms.simulation import SimulatedCall, SimulatedMedia, SimulatedPost, State

_TEXT_MAX_UNITS = 63_206
_SAME_WITHIN_S = 60.0
_ELEMENT = re.compile(r"attached_media\[([0-9]+)\]")
_PHOTOS_MAX = 10
_REELS_A_DAY = 30
_DAY_S = 86_400.0


class Post(TypedDict):
    """A post, a reel or a story (`kind`). `id` has the Page's id and its own; `photos` and `video` are ids."""

    id: str
    page: str
    kind: str
    message: str
    link: str | None
    photos: list[str]
    video: str | None
    made_at: float
    is_published: bool


class Comment(TypedDict):
    """A comment of a Page."""

    id: str
    post: str
    page: str
    message: str
    made_at: float


def publish(state: State, call: SimulatedCall, page: Page) -> Post:
    """Check the parameters of a post, and store it."""
    given = Parameters.of(call)
    message, link = given.get("message") or "", given.get("link")
    photos = [staged(state, photo_id, page, call) for photo_id in _attached(given)]
    check_text(message)
    if not message and link is None and not photos:
        raise wrong_parameter("(#100) Missing message or attachment.")
    if len(photos) > _PHOTOS_MAX or len({photo["id"] for photo in photos}) < len(photos):
        raise wrong_parameter("(#100) Param attached_media has too many photos, or one twice.")
    if link is not None:
        _check_link(link)
    is_published = given.get("published") != "false"
    if is_published and not photos:
        _check_repetition(state, page, message, link, call.now)
    return store_post(state, call, page, message=message, link=link, photos=photos, is_published=is_published)


def publish_story(state: State, call: SimulatedCall, page: Page) -> Post:
    """Publish a staged photo as a story."""
    photo = staged(state, Parameters.of(call).require("photo_id"), page, call)
    return store_post(state, call, page, photos=[photo], kind="story")


def publish_video(state: State, call: SimulatedCall, page: Page, video: Video, *, is_shown: bool) -> Video:
    """Publish a video, and return it with the post that shows it, if it becomes visible."""
    kind = {"videos": "post", "video_reels": "reel", "video_stories": "story"}[video["edge"]]
    check_text(video["description"])
    if kind == "reel":
        _check_reel_quota(state, page, call.now)
    if is_shown:
        post = store_post(state, call, page, photos=(), message=video["description"], kind=kind)
        state[f"post/{post['id']}"] = {**post, "video": video["id"]}
        video = {**video, "post": post["id"]}
    store(state, video)
    return video


def store_post(
    state: State,
    call: SimulatedCall,
    page: Page,
    *,
    photos: Sequence[Photo],
    message: str = "",
    link: str | None = None,
    kind: str = "post",
    is_published: bool = True,
) -> Post:
    """Store a post, and record it with its photos."""
    number = next_id(state)
    post = Post(
        id=number if kind == "story" else f"{page['id']}_{number}",
        page=page["id"],
        kind=kind,
        message=message,
        link=link,
        photos=[photo["id"] for photo in photos],
        video=None,
        made_at=call.now.timestamp(),
        is_published=is_published,
    )
    state[f"post/{post['id']}"] = post
    for photo in photos:
        show_in(state, photo, post["id"])
    return post


def comment(state: State, call: SimulatedCall, page: Page, post: Post) -> Comment:
    """Store a comment on a post."""
    message = Parameters.of(call).get("message")
    if not message:
        raise wrong_parameter("(#100) Missing message or attachment.")
    check_text(message)
    if post["kind"] == "story":
        raise wrong_parameter("(#100) Comments are not supported on stories.")
    comment_id = f"{post['id'].rpartition('_')[2]}_{next_id(state)}"
    stored = Comment(id=comment_id, post=post["id"], page=page["id"], message=message, made_at=call.now.timestamp())
    state[f"comment/{comment_id}"] = stored
    return stored


def check_text(message: str) -> None:
    """Raise `Refused` if a text is too long: a character outside the basic plane counts twice."""
    if len(message) + sum(character > "\uffff" for character in message) > _TEXT_MAX_UNITS:
        raise wrong_parameter("(#100) Name parameter too long")


def posts_of(state: State, page_id: str, kind: str) -> list[Post]:
    """Return the visible posts or stories of a Page, newest first."""
    return [
        post
        for post in reversed(_all(state))
        if (post["page"], post["kind"], post["is_published"]) == (page_id, kind, True)
    ]


def comments_of(state: State, post_id: str) -> list[Comment]:
    """Return the comments on a post, oldest first."""
    found: list[Comment] = [state[key] for key in state if key.startswith("comment/")]
    mine = [one for one in found if one["post"] == post_id]
    return sorted(mine, key=lambda one: (one["made_at"], one["id"]))


def post_fields(post: Post, app_id: str, call: SimulatedCall) -> dict[str, Any]:
    """Return the fields of a post."""
    attachments = [{"unshimmed_url": post["link"], "media_type": "link"}] if post["link"] is not None else []
    return {
        "id": post["id"],
        "created_time": shown_time(post["made_at"]),
        "is_published": post["is_published"],
        "permalink_url": post_url(call, post["id"]),
        "application": {"id": app_id, "name": "Sandbox"},
        **({"message": post["message"]} if post["message"] else {}),
        **({"attachments": {"data": attachments}} if attachments else {}),
    }


def story_fields(post: Post, call: SimulatedCall) -> dict[str, Any]:
    """Return the fields of a story."""
    return {
        "post_id": post["id"],
        "status": "PUBLISHED",
        "creation_time": str(int(post["made_at"])),
        "media_type": "photo" if post["video"] is None else "video",
        "media_id": post["photos"][0] if post["video"] is None else post["video"],
        "url": post_url(call, post["id"]),
    }


def comment_fields(one: Comment) -> dict[str, Any]:
    """Return the fields of a comment."""
    author = {"id": one["page"]}
    return {"id": one["id"], "message": one["message"], "created_time": shown_time(one["made_at"]), "from": author}


def shown_time(moment: float) -> str:
    """Return a time in the format of the API."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def posts(state: State) -> list[SimulatedPost]:
    """Return every visible post and comment, in the order in which they appeared."""
    shown = []
    for post in _all(state):
        if not post["is_published"]:
            continue
        media = [{name: state[f"photo/{one}"][name] for name in ("url", "alt_text")} for one in post["photos"]]
        record = {"kind": post["kind"], "link": post["link"], "media": media, **_video_record(state, post)}
        seen = _simulated(post["id"], post["page"], post["message"], post["made_at"], record)
        shown.append((post["made_at"], replace(seen, media=_media(state, post))))
        for one in comments_of(state, post["id"]):
            reply = _simulated(one["id"], one["page"], one["message"], one["made_at"], {}, reply_to=post["id"])
            shown.append((one["made_at"], reply))
    return [one for _, one in sorted(shown, key=lambda pair: pair[0])]


def _media(state: State, post: Post) -> list[SimulatedMedia]:
    photos: list[Photo] = [state[f"photo/{one}"] for one in post["photos"]]
    if post["video"] is None:
        return [as_media("image", photo.get("file"), photo["alt_text"]) for photo in photos]
    video: Video = state[f"video/{post['video']}"]
    return [as_media("video", video["upload"]["file"], video["title"])]


def _video_record(state: State, post: Post) -> dict[str, Any]:
    if post["video"] is None:
        return {}
    video: Video = state[f"video/{post['video']}"]
    return {
        **({"thumbnail": file_shown(video["thumbnail"])} if "thumbnail" in video else {}),
        "video": file_shown(video["upload"]["file"]),
        "title": video["title"],
        "isAiGenerated": video["is_ai_generated"],
    }


def _simulated(
    uri: str, page: str, text: str, made_at: float, record: dict[str, Any], reply_to: str | None = None
) -> SimulatedPost:
    created_at = datetime.fromtimestamp(made_at, UTC).isoformat()
    return SimulatedPost(uri=uri, account_id=page, text=text, created_at=created_at, reply_to=reply_to, record=record)


def _all(state: State) -> list[Post]:
    found: list[Post] = [state[key] for key in state if key.startswith("post/")]
    return sorted(found, key=lambda post: (post["made_at"], int(post["id"].rpartition("_")[2])))


def _attached(given: Parameters) -> list[str]:
    """Return the ids of the attached photos: one JSON array, or one JSON object for each `attached_media[0]`."""
    indexed = {int(found[1]): value for name, value in given.values.items() if (found := _ELEMENT.fullmatch(name))}
    try:
        whole = json.loads(given.get("attached_media") or "[]")
        elements = [*whole, *(json.loads(indexed[at]) for at in sorted(indexed))]
        return [str(element["media_fbid"]) for element in elements]
    except (ValueError, TypeError, KeyError):
        raise wrong_parameter("(#100) Param attached_media must be an array of objects with media_fbid.") from None


def _check_link(link: str) -> None:
    url = urlsplit(link)
    if url.scheme not in {"http", "https"} or not url.netloc:
        raise Refused("The url you supplied is invalid", code=100, subcode=1609005)
    if f".{url.netloc}".endswith(".facebook.com"):
        raise Refused("Links to Facebook are not supported", code=100, subcode=1609008)


def _check_reel_quota(state: State, page: Page, now: datetime) -> None:
    recent = [post for post in posts_of(state, page["id"], "reel") if now.timestamp() - post["made_at"] < _DAY_S]
    if len(recent) >= _REELS_A_DAY:
        raise Refused("(#613) Calls to this api have exceeded the rate limit.", code=613)


def _check_repetition(state: State, page: Page, message: str, link: str | None, now: datetime) -> None:
    for post in posts_of(state, page["id"], "post"):
        is_recent = now.timestamp() - post["made_at"] < _SAME_WITHIN_S
        if is_recent and not post["photos"] and (post["message"], post["link"]) == (message, link):
            raise duplicate()
