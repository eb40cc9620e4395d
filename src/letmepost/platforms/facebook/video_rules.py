"""Facebook's limits on videos: in the feed, as reels, and as stories."""

from collections.abc import Callable, Iterator

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.limits import CountLimit, DescriptionSupported, Exclusive, MediaLimit, ThumbnailSupported
from letmepost.domain.limits.combinations import Feature
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.facebook.options import FacebookOptions
from letmepost.platforms.facebook.sources import POSTS, REELS, STORIES, THUMBNAILS, VIDEOS
from letmepost.platforms.facebook.surface import Surface, surface_of, video_of

_VIDEO = (MediaKind.VIDEO,)
_CODECS = ("h264", "hevc", "vp9", "av1")
_REEL = "reel or a video that is higher than wide"


def _on(*surfaces: Surface) -> Callable[[PostTarget[FacebookOptions], MediaItem], bool]:
    return lambda target, _item: surface_of(target.content, target.options) in surfaces


def _has(kind: MediaKind) -> Callable[[PostTarget[FacebookOptions]], bool]:
    return lambda target: any(item.kind is kind for item in target.content.media)


def _video_count(target: PostTarget[FacebookOptions]) -> Iterator[tuple[str, int]]:
    yield "media", sum(item.kind is MediaKind.VIDEO for item in target.content.media)


def _reel_without_video(target: PostTarget[FacebookOptions]) -> Iterator[Finding]:
    if target.options.kind == "reel" and video_of(target.content) is None:
        yield Finding(field="media", actual=0, message="A reel on Facebook has a video, and the post has none.")


def _title_without_reel(target: PostTarget[FacebookOptions]) -> Iterator[Finding]:
    if target.options.reel_title is not None and surface_of(target.content, target.options) is not Surface.REEL:
        yield Finding(field="options.reelTitle", message="`reelTitle` is set, and the post is no reel.")


def _label_without_video(target: PostTarget[FacebookOptions]) -> Iterator[Finding]:
    if target.options.is_ai_generated and video_of(target.content) is None:
        yield Finding(field="options.isAiGenerated", message="`isAiGenerated` is set, and the post has no video.")


def _story_title(target: PostTarget[FacebookOptions]) -> Iterator[Finding]:
    for path, item in target.content.items() if target.options.is_story else ():
        if item.title is not None and item.kind is MediaKind.VIDEO:
            yield Finding(field=f"{path}.title", message="A story on Facebook has no title.")


VIDEO_LIMITS = (
    DescriptionSupported("facebook.media.title_supported", field="title", kinds=_VIDEO, source=VIDEOS),
    DescriptionSupported("facebook.media.alt_text_supported", field="altText", kinds=(MediaKind.IMAGE,), source=VIDEOS),
    ThumbnailSupported(
        "facebook.media.thumbnail_supported",
        where=_on(Surface.FEED, Surface.REEL),
        videos="videos in the feed and reels",
        source=THUMBNAILS,
    ),
    # The page does not state these limits. They are those of photos.
    MediaLimit(
        "facebook.media.thumbnail_",
        thumbnails=True,
        noun="thumbnail",
        types=("image/jpeg", "image/png"),
        max_bytes=10_000_000,
        source=THUMBNAILS,
    ),
    Exclusive(
        "facebook.media.image_video_exclusive",
        (
            Feature(("images",), ("the images",), "media", _has(MediaKind.IMAGE)),
            Feature(("a video",), ("the video",), "media", _has(MediaKind.VIDEO)),
        ),
        source=POSTS,
    ),
    CountLimit(
        "facebook.media.video_count_max", things="videos", counts=_video_count, limit=1, fix="Attach", source=VIDEOS
    ),
    # The host of feed videos accepts 4 GB and 240 minutes. No number is documented for the others: it is the smaller
    # one of public clients.
    MediaLimit(
        "facebook.media.video_",
        kinds=_VIDEO,
        where=_on(Surface.FEED),
        max_bytes=4_000_000_000,
        max_s=14_400,
        source=VIDEOS,
    ),
    MediaLimit(
        "facebook.reel.",
        kinds=_VIDEO,
        where=_on(Surface.REEL),
        noun=_REEL,
        types=("video/mp4",),
        max_bytes=1_000_000_000,
        ratios=(0.56, 1.78),  # 9:16 to 16:9
        min_dimensions_px=(540, 960),
        min_s=3,
        max_s=90,
        fps=(24, 60),
        codecs=_CODECS,
        audio_codecs=("aac",),
        source=REELS,
    ),
    MediaLimit(
        "facebook.story.video_",
        kinds=_VIDEO,
        where=_on(Surface.STORY),
        noun="story video",
        types=("video/mp4",),
        max_bytes=1_000_000_000,
        ratios=(0.56, 1.78),
        min_dimensions_px=(540, 960),
        min_s=3,
        max_s=60,
        fps=(24, 60),
        codecs=_CODECS,
        audio_codecs=("aac",),
        source=STORIES,
    ),
    Rule(
        id="facebook.reel.video_required",
        summary="A reel has a video.",
        remediation="Attach one video, or omit `kind`.",
        source=REELS,
        find=_reel_without_video,
    ),
    Rule(
        id="facebook.reel_title.reel_required",
        summary="Only a reel has the option `reelTitle`. A video that is higher than wide is always a reel.",
        remediation="Remove `reelTitle`. The title of a video in the feed is its `title`.",
        source=REELS,
        find=_title_without_reel,
    ),
    Rule(
        id="facebook.ai_label.video_required",
        summary="Only videos, reels and video stories can be labeled as made with AI.",
        remediation="Remove `isAiGenerated`, or attach a video.",
        source=VIDEOS,
        find=_label_without_video,
    ),
    Rule(
        id="facebook.story.title_supported",
        summary="The video of a story has no title.",
        remediation="Remove `title`.",
        source=STORIES,
        find=_story_title,
    ),
)
