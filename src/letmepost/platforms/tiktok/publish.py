"""Publishes a post, or sends it to the inbox of its creator. TikTok accepts it first, and then processes it.

TikTok publishes a video when it has the last byte, so another upload may begin only if TikTok never got that byte. It
fetches photos by itself, so their call publishes.
"""

from dataclasses import dataclass
from functools import partial

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Flow, MediaRange, Reply, Upload, Void
from letmepost.platforms._kit.calls import facts_of, is_on_domain
from letmepost.platforms._kit.drafts import POST_STEP
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import find
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.tiktok import api, refusals
from letmepost.platforms.tiktok.api import CREATOR_STEP, SESSION_STEP, Session
from letmepost.platforms.tiktok.chunks import ChunkPlan
from letmepost.platforms.tiktok.drafts import photo_body, video_body
from letmepost.platforms.tiktok.follow import Following, discard
from letmepost.platforms.tiktok.option_rules import is_photo_post
from letmepost.platforms.tiktok.options import TikTokOptions
from letmepost.platforms.tiktok.preconditions import check_creator
from letmepost.platforms.tiktok.replies import UNKNOWN_ID, data_of, error_code, explain, is_about_part
from letmepost.platforms.tiktok.settings import TikTokSettings
from letmepost.platforms.tiktok.status import UPLOADING, Status

POST_ID = "post_id"
"""The name under which a reconciled reply has the id of a post that only the account's list shows."""
_PUBLISH_ID = "publish_id"


def publish(post: ReadyPost, settings: TikTokSettings) -> Flow[None]:
    """Publish a post."""
    options = TikTokOptions.model_validate(post.content.options)
    publisher = _Publisher(post, options, settings, Following(post, options, settings))
    yield from publisher.photos() if is_photo_post(post.content) else publisher.video()


@dataclass(frozen=True, slots=True)
class _Publisher:
    """Publishes one post."""

    post: ReadyPost
    options: TikTokOptions
    settings: TikTokSettings
    following: Following

    def photos(self) -> Flow[None]:
        """Publish photos."""
        call = api.publish_photos(self.settings, photo_body(self.post, self.options), step=POST_STEP)
        reply = yield from self._checked(call)
        if post_id := text_in(reply.data(), POST_ID):
            yield from self.following.listed(post_id)
        elif publish_id := text_in(data_of(reply), _PUBLISH_ID):
            yield from self.following.follow(publish_id, reply, None)
        else:
            raise (yield from _refused(call, reply))

    def video(self) -> Flow[None]:
        """Upload a video, and follow the post. A session that has failed is discarded, and the next run begins another.

        An upload that an earlier run has ended may belong to another session than the one of this run.
        """
        [item] = self.post.content.media
        plan = ChunkPlan.of(facts_of(item).size_bytes, self.settings.chunk_bytes)
        session, is_new = yield from self._begin(plan)
        upload = self._upload(session, item, plan, is_new=is_new)
        reply = yield upload
        if not reply.ok:
            raise (yield from self._interrupted(session, upload, reply))
        if post_id := text_in(reply.data(), POST_ID):
            yield from self.following.listed(post_id)
            return
        status = None if reply.replayed else Status.of(reply)
        yield from self.following.follow(reply.reference or session.publish_id, reply, status)

    def _begin(self, plan: ChunkPlan) -> Flow[tuple[Session, bool]]:
        """Return a session for the video, and True if it is new."""
        body = video_body(self.post.content, self.options, plan)
        call = api.begin_video(self.settings, body, is_inbox=self.options.is_inbox)
        reply = yield from self._checked(call)
        publish_id, url = (text_in(data_of(reply), name) for name in (_PUBLISH_ID, "upload_url"))
        if publish_id is None or url is None:
            raise (yield from _refused(call, reply))
        if not is_on_domain(url, self.settings.upload_host_suffix, self.settings.api_url.scheme):
            raise refusals.UPLOAD_HOST()
        return Session(publish_id, url), not reply.replayed

    def _checked(self, call: Call) -> Flow[Reply]:
        """Send a call directly after a check of the account, which is repeated with the call."""
        if not self.options.is_inbox:
            yield from check_creator(self.post, self.options, self.settings)
        try:
            return (yield call)
        except PlatformFailure:
            yield Void(CREATOR_STEP)
            raise

    def _upload(self, session: Session, item: MediaItem, plan: ChunkPlan, *, is_new: bool) -> Upload:
        def offset_of(reply: Reply) -> int | None:
            status = Status.of(reply)
            return plan.offset_in(reply) if status is None else status.offset(plan)

        return Upload(
            step=POST_STEP,
            media=MediaRange(item.media_id, 0, plan.size_bytes),
            chunk_bytes=plan.lengths,
            send=partial(api.send_part, session, item),
            probe=api.read_status(self.settings, session.publish_id),
            offset_of=offset_of,
            is_new=is_new,
            last=Effect.PUBLISH,
        )

    def _interrupted(self, session: Session, upload: Upload, reply: Reply) -> Flow[PlatformFailure]:
        """Return the failure of an upload. Discard its session if TikTok has closed it, and never got the last byte."""
        part, probe = upload.send(0, upload.media.length_bytes), api.read_status(self.settings, session.publish_id)
        failure, is_lost = explain(part, reply), error_code(reply) == UNKNOWN_ID
        if not is_lost and not is_about_part(reply):
            return explain(probe, reply)
        if not is_lost and failure.rule == refusals.UPLOAD_EXPIRED.id:
            status = yield from find(probe, Status.of, lambda reply: error_code(reply) == UNKNOWN_ID, explain)
            is_lost = status is None or status.name == UPLOADING
        if is_lost:
            yield from discard(SESSION_STEP, CREATOR_STEP)
            return refusals.UPLOAD_EXPIRED(response=failure.response)
        return failure


def _refused(call: Call, reply: Reply) -> Flow[PlatformFailure]:
    """Return the failure of a call. It is sent again later, after another check, unless it may have published."""
    failure = explain(call, reply)
    if failure.kind is not FailureKind.IN_DOUBT:
        yield from discard(str(call.step), CREATOR_STEP)
    return failure
