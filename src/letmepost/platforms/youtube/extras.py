"""What is added to a published video: a thumbnail, a playlist, captions and a first comment.

A refusal is only a warning, with YouTube's status and reason: the video is published, and is never uploaded again.
"""

from letmepost.domain.content import MediaItem, PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Extra, Flow, Warn
from letmepost.domain.refusals import Explanation
from letmepost.platforms._kit.drafts import COMMENT_STEP
from letmepost.platforms._kit.flows import fetch, succeed
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.youtube.api import (
    add_captions,
    add_to_playlist,
    comment,
    read_id,
    set_thumbnail,
)
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.refusals import (
    CAPTIONS_REFUSED,
    FIRST_COMMENT_REFUSED,
    PLAYLIST_REFUSED,
    THUMBNAIL_REFUSED,
)
from letmepost.platforms.youtube.replies import explain
from letmepost.platforms.youtube.settings import YouTubeSettings

THUMBNAIL_STEP = "thumbnail"
PLAYLIST_STEP = "playlist"
CAPTIONS_STEP = "captions"
_LATER = frozenset({FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED, FailureKind.IN_DOUBT})


def add_extras(post: ReadyPost, options: YouTubeOptions, video_id: str, settings: YouTubeSettings) -> Flow[None]:
    """Add everything that the post has besides the video.

    Raises:
        PlatformFailure: an addition may succeed later.
    """
    thumbnail = thumbnail_of(post.content)
    if thumbnail is not None:
        call = set_thumbnail(settings, video_id, thumbnail, step=THUMBNAIL_STEP)
        yield from _add(call, THUMBNAIL_REFUSED)
    if options.playlist_id is not None:
        yield from _add(add_to_playlist(settings, options.playlist_id, video_id, step=PLAYLIST_STEP), PLAYLIST_REFUSED)
    boundary = post.frozen.entropy.hex()
    for number, captions in enumerate(options.captions, start=1):
        call = add_captions(settings, video_id, captions, boundary, step=f"{CAPTIONS_STEP}-{number}")
        yield from _add(call, CAPTIONS_REFUSED, language=captions.language)
    if post.content.first_comment is not None:
        call = comment(settings, video_id, post.content.first_comment, step=COMMENT_STEP)
        yield from _comment(call)


def thumbnail_of(content: PostContent) -> MediaItem | None:
    """Return the thumbnail of the video: that of the options, or of the media item."""
    items = (content.option_media.get("thumbnail"), *(item.thumbnail for item in content.media))
    return next((item for item in items if item is not None), None)


def _add(call: Call, refused: Explanation, **parameters: str) -> Flow[None]:
    try:
        yield from succeed(call, explain)
    except PlatformFailure as failure:
        yield _warning(failure, refused, **parameters)


def _comment(call: Call) -> Flow[None]:
    try:
        comment_id = yield from fetch(call, read_id, explain)
    except PlatformFailure as failure:
        yield _warning(failure, FIRST_COMMENT_REFUSED)
    else:
        yield Extra(name="firstComment", uri=comment_id)


def _warning(failure: PlatformFailure, refused: Explanation, **parameters: str) -> Warn:
    """Return the warning about a refused addition.

    Raises:
        PlatformFailure: `failure`, if the addition may succeed within the hour in which it is tried again.
    """
    if failure.kind in _LATER:
        raise failure
    response = failure.response or {}
    status = ", ".join(str(one) for one in (f"HTTP {response.get('status')}", response.get("code")) if one is not None)
    return Warn(refused.id, refused.describe(reason=failure.message, status=status, **parameters))
