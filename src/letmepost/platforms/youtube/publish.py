"""Publishes a post as a video: the upload, then YouTube's processing, and then what is added to the video."""

from datetime import datetime
from functools import partial

from letmepost.domain.flow import Flow, Forget, Live, Reply, Warn
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.youtube.api import read_id
from letmepost.platforms.youtube.extras import add_extras
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.processing import await_processing
from letmepost.platforms.youtube.refusals import PRIVACY_CHANGED, PUBLISH_AT_PASSED
from letmepost.platforms.youtube.replies import explain
from letmepost.platforms.youtube.settings import YouTubeSettings
from letmepost.platforms.youtube.upload import SESSION_STEP, Session, has_ended, location_in, open_session

_WATCH_URL = "https://www.youtube.com/watch?v="


def publish(post: ReadyPost, settings: YouTubeSettings) -> Flow[None]:
    """Publish a video. It is reported before it is processed: from then on, failures are only warnings."""
    options = YouTubeOptions.model_validate(post.content.options)
    _check_time(options, post.frozen.at)
    video_id, reply = yield from _upload(post, options, settings)
    yield Live(uri=video_id, url=f"{_WATCH_URL}{video_id}")
    privacy = text_in(object_in(reply.data(), "status"), "privacyStatus")
    if privacy is not None and privacy != options.visibility:
        yield Warn(PRIVACY_CHANGED.id, PRIVACY_CHANGED.describe(requested=options.visibility, actual=privacy))
    is_usable = yield from await_processing(settings, video_id, reply.received_at)
    if is_usable:
        yield from add_extras(post, options, video_id, settings)


def _upload(post: ReadyPost, options: YouTubeOptions, settings: YouTubeSettings) -> Flow[tuple[str, Reply]]:
    """Upload the video, and return its id and YouTube's reply.

    A session that has ended is replaced once. It was incomplete: the driver settles every request with the last byte
    before it asks the session again.
    """
    session = yield from _open_session(post, options, settings)
    reply = yield session.upload()
    if has_ended(reply):
        yield Forget(SESSION_STEP)
        session = yield from _open_session(post, options, settings)
        reply = yield session.upload()
    video_id = read_id(reply) if reply.ok else None
    if video_id is None:
        raise explain(session.last_part() if reply.ok else session.probe(), reply)
    return video_id, reply


def _open_session(post: ReadyPost, options: YouTubeOptions, settings: YouTubeSettings) -> Flow[Session]:
    """Open a session, or return the one of an earlier run."""
    [item] = post.content.media
    call = open_session(settings, item, options, post.content.text)
    reply = yield call
    url = location_in(reply, settings) if reply.ok else None
    if url is None:
        raise explain(call, reply)
    check_time = partial(_check_time, options)
    if not reply.replayed:
        check_time(reply.received_at)
    return Session(url=url, item=item, settings=settings, check_time=check_time, is_new=not reply.replayed)


def _check_time(options: YouTubeOptions, now: datetime) -> None:
    """Raise `PlatformFailure` if YouTube would publish the video immediately, because `publishAt` has passed."""
    if options.publish_at is not None and options.publish_at <= now:
        raise PUBLISH_AT_PASSED(publish_at=options.publish_at.isoformat())
