"""Publishes a post as a Pin: with one image, with two to five images as a carousel, or with a video."""

from contextlib import suppress

from letmepost.domain.errors import GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Flow, Live, Pause, Reply, Warn
from letmepost.platforms._kit.drafts import POST_STEP, drafts_of
from letmepost.platforms._kit.flows import wait
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.pinterest.api import create_pin, read_board, read_id
from letmepost.platforms.pinterest.boards import board_of
from letmepost.platforms.pinterest.options import PinterestOptions
from letmepost.platforms.pinterest.pins import pin_of
from letmepost.platforms.pinterest.refusals import (
    BOARD_REQUIRED,
    BOARD_UNKNOWN,
    COVER_STILL_UNREACHABLE,
    COVER_UNREACHABLE,
    IMAGE_TALL,
    STILL_UNREACHABLE,
    TRIAL_HIDDEN,
)
from letmepost.platforms.pinterest.replies import explain, is_closed_board, is_unreachable
from letmepost.platforms.pinterest.settings import PinterestSettings
from letmepost.platforms.pinterest.video import upload_video
from letmepost.platforms.pinterest.video_rules import is_video

# An address that Pinterest could not fetch worked 25 minutes later (observed by public clients, checked 2026-11-28).
_FETCH_SOON = Pause("post-fetch-soon", 10.0, 20.0)
_FETCH_LATER = Pause("post-fetch-later", 300.0, 1800.0)
_TALL_RATIO = 2.1


def publish(post: ReadyPost, settings: PinterestSettings) -> Flow[None]:
    """Publish a Pin."""
    options = PinterestOptions.model_validate(post.content.options)
    board_id = board_of(options, post.account)
    if board_id is None:
        raise BOARD_REQUIRED()
    videos = [upload for upload in drafts_of(post.content)[0].uploads() if is_video(upload.item)]
    video_id = (yield from upload_video(videos[0], settings)) if videos else None
    call = create_pin(settings, pin_of(post, options, board_id, video_id), step=POST_STEP)
    reply = yield call
    pin_id = read_id(reply) if reply.ok else None
    if pin_id is None:
        raise (yield from _refusal(call, reply, settings))
    yield Live(uri=pin_id, url=settings.link_to(pin_id))
    yield from _warn(post, settings)


def _refusal(call: Call, reply: Reply, settings: PinterestSettings) -> Flow[PlatformFailure]:
    """Return why a Pin was refused. Retry first if Pinterest could not fetch an image."""
    failure = explain(call, reply)
    if is_unreachable(reply):
        still = STILL_UNREACHABLE
        if "cover_image_url" in (call.json or {})["media_source"]:
            failure, still = COVER_UNREACHABLE(response=failure.response), COVER_STILL_UNREACHABLE
        with suppress(GaveUp):
            yield _FETCH_SOON
            return failure
        yield from wait(_FETCH_LATER, still(response=failure.response))
    elif failure.rule is None and is_closed_board(reply):
        board_id = (call.json or {})["board_id"]
        board = yield read_board(settings, board_id)
        if board.status in {403, 404}:
            return BOARD_UNKNOWN(board=board_id, response=failure.response)
    return failure


def _warn(post: ReadyPost, settings: PinterestSettings) -> Flow[None]:
    """Warn about what Pinterest does not report."""
    if settings.app_access == "trial":
        yield Warn(TRIAL_HIDDEN.id, TRIAL_HIDDEN.describe())
    for item in post.content.media:
        width, height = (None, None) if item.facts is None else (item.facts.width_px, item.facts.height_px)
        if not is_video(item) and width and height and height > _TALL_RATIO * width:
            yield Warn(IMAGE_TALL.id, IMAGE_TALL.describe(ratio=f"{height / width:.2f}"))
            return
