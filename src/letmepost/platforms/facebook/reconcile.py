"""Finds out what became of a call without a reply: by the id of its photo or video, or by a search.

https://developers.facebook.com/docs/graph-api/reference/photo and
https://developers.facebook.com/docs/graph-api/reference/page/published_posts (checked 2026-11-28). A photo that no post
shows proves that its post was not published. A text that is not listed proves nothing, so it is left to a person.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from letmepost.domain.flow import Absent, Call, Flow, Intent, Reconciled, Reply, Unknown
from letmepost.platforms._kit.drafts import COMMENT_STEP
from letmepost.platforms._kit.fields import moment_in, object_in, objects_in, text_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from letmepost.platforms._meta.calls import read
from letmepost.platforms._meta.graph import is_list
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.facebook.photos import read_story_id
from letmepost.platforms.facebook.replies import explain
from letmepost.platforms.facebook.settings import FacebookSettings
from letmepost.platforms.facebook.surface import Surface
from letmepost.platforms.facebook.video_lookup import find_story, find_video
from letmepost.platforms.facebook.videos import VIDEO_HEADER

_CLOCKS_APART = timedelta(seconds=60)
_LISTED = "100"
_POST_FIELDS = "id,message,created_time,application,attachments{unshimmed_url}"


def reconcile(post: ReadyPost, intent: Intent, settings: FacebookSettings) -> Flow[Reconciled]:
    """Return what became of a publish call without a reply.

    Raises:
        PlatformFailure: Facebook cannot report it now; try again later.
    """
    form = intent.call.form or {}
    page = post.account.platform_account_id
    edge = urlsplit(intent.call.url).path.rpartition("/")[2]
    video_id = form.get("video_id") or intent.call.headers.get(VIDEO_HEADER)
    if intent.call.step == COMMENT_STEP:
        look_up = _find_comment(page, intent, settings)
    elif video_id is not None and edge != Surface.STORY:
        look_up = find_video(page, video_id, edge, settings)
    elif video_id is not None or "photo_id" in form:
        look_up = find_story(page, video_id or form["photo_id"], settings, is_video=video_id is not None)
    elif "attached_media[0]" in form:
        look_up = _find_by_photo(json.loads(form["attached_media[0]"])["media_fbid"], settings)
    else:
        look_up = _find_post(page, intent, settings)
    return (yield from reconcile_by(look_up))


def _find_by_photo(photo_id: str, settings: FacebookSettings) -> Flow[Reconciled]:
    story_id, reply = yield from read_story_id(photo_id, settings)
    return Absent() if story_id is None else _found(story_id, reply)


def _find_post(page: str, intent: Intent, settings: FacebookSettings) -> Flow[Reconciled]:
    call = read(settings, f"{page}/published_posts", fields=_POST_FIELDS, limit=_LISTED)
    reply = yield from _list(call)
    return _closest(reply, intent, lambda row: _is_post(row, intent, settings)) or Unknown(
        "Facebook does not list the post."
    )


def _find_comment(page: str, intent: Intent, settings: FacebookSettings) -> Flow[Reconciled]:
    post_id = intent.call.url.rsplit("/", 2)[-2]
    fields = "id,message,created_time,from"
    call = read(settings, f"{post_id}/comments", fields=fields, order="reverse_chronological", limit=_LISTED)
    reply = yield from _list(call)

    def is_own(row: Mapping[str, Any]) -> bool:
        return object_in(row, "from").get("id") == page and _same(row, intent)

    return _closest(reply, intent, is_own) or Unknown("Facebook does not list the comment.")


def _list(call: Call) -> Flow[Reply]:
    return (yield from succeed(call, explain, is_list))


def _closest(reply: Reply, intent: Intent, is_one: Callable[[Mapping[str, Any]], bool]) -> Reconciled | None:
    """Return the row of a list that was created closest to the call; None if there is none."""
    since = intent.started_at - _CLOCKS_APART
    found = [
        (abs(created_at - intent.started_at), row["id"])
        for row in objects_in(reply.data(), "data")
        if text_in(row, "id") is not None and (created_at := moment_in(row, "created_time")) is not None
        if created_at >= since and is_one(row)
    ]
    return _found(min(found)[1], reply) if found else None


def _is_post(row: Mapping[str, Any], intent: Intent, settings: FacebookSettings) -> bool:
    """Return True for a post of this app with the text, and without a text also with the link."""
    app_id = text_in(object_in(row, "application"), "id")
    if app_id not in {None, settings.client_id} or not _same(row, intent):
        return False
    form = intent.call.form or {}
    shown = [text_in(one, "unshimmed_url") for one in objects_in(object_in(row, "attachments"), "data")]
    return "message" in form or form.get("link") in shown


def _same(row: Mapping[str, Any], intent: Intent) -> bool:
    return (text_in(row, "message") or "").split() == (intent.call.form or {}).get("message", "").split()


def _found(post_id: str, reply: Reply) -> Reconciled:
    return found_as(200, reply.received_at, data={"id": post_id})
