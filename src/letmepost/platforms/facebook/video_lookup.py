"""Finds out what became of the call that publishes a video: from its status, or from a list of the Page.

https://developers.facebook.com/docs/video-api/guides/reels-publishing (checked 2026-11-21). A video can be published
only once, so a video that Facebook has neither published nor begun to process can be published again.
"""

from letmepost.domain.flow import Absent, Call, Flow, Reconciled, Reply, Unknown
from letmepost.platforms._kit.fields import objects_in, text_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._kit.reconciliation import found_as
from letmepost.platforms._meta.calls import read
from letmepost.platforms._meta.graph import is_list
from letmepost.platforms.facebook.refusals import VIDEO_STILL_PROCESSING
from letmepost.platforms.facebook.replies import explain
from letmepost.platforms.facebook.settings import FacebookSettings
from letmepost.platforms.facebook.video_status import read_status

_LISTED = "100"


def find_video(page: str, video_id: str, edge: str, settings: FacebookSettings) -> Flow[Reconciled]:
    """Return what became of a video for the feed or a reel. `edge`: where it was uploaded.

    A video that cannot be read may be visible all the same, so the list of the Page decides.
    """
    status = yield from read_status(video_id, settings)
    if status is None:
        by_type = {"type": "uploaded"} if edge == "videos" else {}
        reply = yield from _list(read(settings, f"{page}/{edge}", fields="id", limit=_LISTED, **by_type))
        is_listed = any(row.get("id") == video_id for row in objects_in(reply.data(), "data"))
        return Unknown("Facebook lists the video, but does not show it.") if is_listed else Absent()
    if status.problem() is not None or status.is_idle:
        return Absent()
    if status.is_publishing:
        return found_as(200, status.read_at, data={"success": True})
    if status.name == "ready":  # processed, and not published
        return Absent()
    raise VIDEO_STILL_PROCESSING()


def find_story(page: str, media_id: str, settings: FacebookSettings, *, is_video: bool) -> Flow[Reconciled]:
    """Return what became of a story: its photo or its video is in the list of stories."""
    reply = yield from _list(read(settings, f"{page}/stories", fields="post_id,media_id", limit=_LISTED))
    for row in objects_in(reply.data(), "data"):
        story_id = text_in(row, "post_id")
        if row.get("media_id") == media_id and story_id is not None:
            return found_as(200, reply.received_at, data={"success": True, "post_id": story_id})
    if is_video:
        status = yield from read_status(media_id, settings)
        if status is not None and not status.is_publishing:
            return Absent()
    return Unknown("Facebook does not list the story.")


def _list(call: Call) -> Flow[Reply]:
    return (yield from succeed(call, explain, is_list))
