"""Publishes a video: its bytes first, then a call that publishes it, after which Facebook processes it for a while.

https://developers.facebook.com/docs/video-api/guides/reels-publishing and
https://developers.facebook.com/docs/page-stories-api (checked 2026-11-21). The reply to the call that publishes is only
an acknowledgment, which is void if Facebook cannot process the video.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Effect, Flow, Forget, Pause, Reply, Void, Warn
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms._kit.calls import form_file
from letmepost.platforms._kit.drafts import Draft
from letmepost.platforms._kit.flows import succeed, wait
from letmepost.platforms._kit.publishing import Posted
from letmepost.platforms._meta.calls import delete, graph_url
from letmepost.platforms._meta.containers import forget_once
from letmepost.platforms._meta.graph import is_success
from letmepost.platforms.facebook import refusals
from letmepost.platforms.facebook.options import FacebookOptions
from letmepost.platforms.facebook.reels import check_quota
from letmepost.platforms.facebook.replies import explain, is_missing, post_id_in
from letmepost.platforms.facebook.settings import FacebookSettings
from letmepost.platforms.facebook.surface import Surface
from letmepost.platforms.facebook.video_status import VideoStatus, read_status
from letmepost.platforms.facebook.video_uploads import VIDEO_STEP, SentVideo, VideoUploads

VIDEO_HEADER = "X-Video-Id"
"""Has the id of a feed video, which Facebook ignores: the call that publishes it names only the upload."""
_THUMBNAIL_STEP = "thumbnail"
_ARRIVES_WITHIN_S = 1800.0
_BEGINS_WITHIN_S = 60.0
_PUBLISHED_WITHIN_S = 12 * 3600.0
_LOOK_AGAIN_S = 5.0
_WAITS_S = ((60.0, _LOOK_AGAIN_S), (600.0, 30.0), (3600.0, 60.0))
_LONG_WAIT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedVideo(Posted[str]):
    """A video that is visible. `video_id` is the id of the video, which is not that of its post."""

    video_id: str


@dataclass(frozen=True, slots=True)
class VideoWriter:
    """Publishes the video of one post."""

    options: FacebookOptions
    uploads: VideoUploads

    def publish(self, draft: Draft) -> Flow[PostedVideo]:
        """Publish the video of a draft.

        Raises:
            PlatformFailure: it was not published, or that is in doubt.
        """
        try:
            video = yield from self.uploads.send()
            status = yield from self._await_arrival(video, draft)
            return (yield from self._finish(video, draft, status))
        except PlatformFailure as failure:
            if self.uploads.surface is Surface.REEL:
                yield from check_quota(failure, self.uploads.page_id, self.settings)
            raise

    def _await_arrival(self, video: SentVideo, draft: Draft) -> Flow[VideoStatus | None]:
        """Return the status of the video when it can be published, or when an earlier run has published it."""
        while True:
            status = yield from self._read(video, draft)
            if status is None or status.has_arrived or self.uploads.surface is Surface.FEED:
                return status
            # It is not sent again: an earlier run may have published it, and then this status is wrong.
            pause = Pause(f"{VIDEO_STEP}-arrival", _LOOK_AGAIN_S, _ARRIVES_WITHIN_S)
            yield from wait(pause, refusals.VIDEO_INCOMPLETE())

    @property
    def settings(self) -> FacebookSettings:
        """Return the settings of the deployment."""
        return self.uploads.settings

    def _finish(self, video: SentVideo, draft: Draft, status: VideoStatus | None) -> Flow[PostedVideo]:
        call = self._finish_call(video, draft)
        reply = yield call
        if not (is_success(reply) and reply.data().get("success") is True):
            yield from self._refused(video, call, reply)
        if self.uploads.surface is not Surface.STORY:
            if status is None or not reply.replayed:  # it is older than the call
                status = yield from self._read(video, draft)
            return (yield from self._await_post(video, draft, reply, status))
        story_id = post_id_in(reply)
        if story_id is None:  # the list of stories shows it
            raise refusals.STORY_WITHOUT_ID()
        return PostedVideo(reference=story_id, uri=story_id, video_id=video.id)

    def _finish_call(self, video: SentVideo, draft: Draft) -> Call:
        texts = {"title": self._title(draft), "description": draft.text}
        form = {
            "upload_phase": "finish",
            **{name: text for name, text in texts.items() if text and not self.options.is_story},
            **({"is_ai_generated": "true"} if self.options.is_ai_generated else {}),
        }
        if video.session_id is not None:
            form |= {"upload_session_id": video.session_id, "published": "true"}
            call = self.uploads.edge(form, effect=Effect.PUBLISH, step=draft.step)
            return replace(call, headers={VIDEO_HEADER: video.id})
        form["video_id"] = video.id
        if self.uploads.surface is Surface.REEL:
            form["video_state"] = "PUBLISHED"
        return self.uploads.edge(form, effect=Effect.PUBLISH, step=draft.step)

    def _title(self, draft: Draft) -> str | None:
        is_reel = self.uploads.surface is Surface.REEL
        return (self.options.reel_title if is_reel else None) or draft.media[0].title

    def _refused(self, video: SentVideo, call: Call, reply: Reply) -> Flow[None]:
        """Return if the video is being published all the same, else raise what the refusal means."""
        failure = explain(call, reply)
        if failure.kind in {FailureKind.REJECTED, FailureKind.DUPLICATE}:
            status = yield from read_status(video.id, self.settings)
            if status is None:  # an upload that is not finished is deleted after about a day (not documented)
                yield from forget_once(VIDEO_STEP, failure)
                raise refusals.VIDEO_LOST()
            if status.is_publishing and self.uploads.surface is not Surface.STORY:
                return
            yield from self._discard(video)
        raise failure

    def _await_post(
        self, video: SentVideo, draft: Draft, finished: Reply, status: VideoStatus | None
    ) -> Flow[PostedVideo]:
        """Return the post of the video when Facebook has published it. Failed reads decide nothing."""
        while True:
            if status is not None and status.is_published and status.post_id is not None:
                return self._posted(video, status, status.post_id)
            if status is not None and status.is_idle:
                yield from self._await_begin(video, draft)
            else:
                wait_s = _LONG_WAIT_S if status is None else _wait_s(finished.received_at, status.read_at)
                yield Pause("post-processing", wait_s, _PUBLISHED_WITHIN_S)
            status = yield from self._read(video, draft)

    def _read(self, video: SentVideo, draft: Draft) -> Flow[VideoStatus | None]:
        """Return the status of the video; None if Facebook does not show it.

        Raises:
            PlatformFailure: rejected, if the video will never be published.
        """
        status = yield from read_status(video.id, self.settings)
        problem = None if status is None else status.problem()
        if problem is not None:
            yield Void(draft.step)
            yield from self._discard(video)
            raise problem
        return status

    def _await_begin(self, video: SentVideo, draft: Draft) -> Flow[None]:
        """Wait until Facebook begins to process the video. If it does not, delete the video, so that it never will."""
        try:
            yield Pause("post-begin", _LOOK_AGAIN_S, _BEGINS_WITHIN_S)
        except GaveUp as gave_up:
            call = delete(self.settings, video.id)
            reply = yield call
            if not (is_success(reply) or is_missing(reply)):
                raise explain(call, reply) from gave_up
            yield Void(draft.step)
            yield from self._discard(video)
            raise refusals.VIDEO_NOT_PROCESSED() from gave_up

    def _discard(self, video: SentVideo) -> Flow[None]:
        """Delete a video that is not published, and let a retry send it again. Both may fail."""
        with suppress(PlatformFailure):
            yield delete(self.settings, video.id)
        with suppress(PlatformFailure):
            yield Forget(VIDEO_STEP)

    def _posted(self, video: SentVideo, status: VideoStatus, post_id: str) -> PostedVideo:
        uri = post_id if "_" in post_id else f"{self.uploads.page_id}_{post_id}"
        is_reel = self.uploads.surface is Surface.REEL
        url = f"https://www.facebook.com/{f'reel/{video.id}' if is_reel else uri}"
        found = status.url or ""
        if found.startswith("/"):
            found = f"https://www.facebook.com{found}"
        shown_at = found if found.startswith("https://") else url
        return PostedVideo(reference=uri, uri=uri, url=shown_at, video_id=video.id)


def set_thumbnail(video_id: str, thumbnail: MediaItem, settings: FacebookSettings) -> Flow[None]:
    """Set the thumbnail of a published video, or warn if Facebook refuses it permanently.

    https://developers.facebook.com/docs/graph-api/reference/video/thumbnails (checked 2026-11-28). It is a PREPARE so
    that later runs do not repeat it.

    Raises:
        PlatformFailure: it may succeed later.
    """
    call = Call(
        method="POST",
        url=graph_url(settings, f"{video_id}/thumbnails"),
        multipart=(("is_preferred", "true"), ("source", form_file(thumbnail))),
        effect=Effect.PREPARE,
        step=_THUMBNAIL_STEP,
    )
    try:
        yield from succeed(call, explain, is_success)
    except PlatformFailure as failure:
        if POLICIES[failure.kind].next is not Next.STOP:
            raise
        yield Warn(refusals.THUMBNAIL_REFUSED.id, refusals.THUMBNAIL_REFUSED.describe(reason=failure.message))


def _wait_s(finished_at: datetime, read_at: datetime) -> float:
    """Return the wait before the next read. It grows with the time since the call that publishes."""
    age_s = (read_at - finished_at).total_seconds()
    return next((wait_s for until_s, wait_s in _WAITS_S if age_s < until_s), _LONG_WAIT_S)
