"""Where a video is published: in the feed, as a reel, or as a story."""

from enum import StrEnum

from letmepost.domain.content import MediaItem, MediaKind, PostContent
from letmepost.platforms.facebook.options import FacebookOptions


class Surface(StrEnum):
    """A place for videos. Its value is the edge of the Page where they are uploaded."""

    FEED = "videos"
    REEL = "video_reels"
    STORY = "video_stories"


def video_of(content: PostContent) -> MediaItem | None:
    """Return the video of a post, or None if it has none."""
    return next((item for item in content.media if item.kind is MediaKind.VIDEO), None)


def surface_of(content: PostContent, options: FacebookOptions) -> Surface | None:
    """Return where the video of a post is published; None if it has none.

    A vertical video is a reel. Facebook accepts it for the feed, too, but then keeps it as a draft without an error
    (observed by public clients, 2026-11).
    """
    video = video_of(content)
    if video is None:
        return None
    if options.is_story:
        return Surface.STORY
    return Surface.REEL if options.kind == "reel" or _is_vertical(video) else Surface.FEED


def _is_vertical(video: MediaItem) -> bool:
    facts = video.facts
    return facts is not None and (facts.width_px or 0) < (facts.height_px or 0)
