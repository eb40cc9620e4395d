"""Instagram's limits on videos: in reels, which are single videos, in carousels, and in stories."""

from collections.abc import Iterator

from letmepost.domain.content import MediaItem, MediaKind, PostContent
from letmepost.domain.limits import (
    THUMBNAIL,
    YUV_420,
    DescriptionSupported,
    Exclusive,
    MediaLimit,
    ThumbnailSupported,
    option,
)
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.instagram.drafts import is_reel
from letmepost.platforms.instagram.options import InstagramOptions, InstagramUserTag
from letmepost.platforms.instagram.sources import MEDIA, PUBLISHING

_VIDEO = (MediaKind.VIDEO,)


def _is_in_feed(target: PostTarget[InstagramOptions], _item: MediaItem) -> bool:
    return target.options.kind != "story"


def _is_in_story(target: PostTarget[InstagramOptions], _item: MediaItem) -> bool:
    return target.options.kind == "story"


def _is_in_reel(target: PostTarget[InstagramOptions], _item: MediaItem) -> bool:
    return is_reel(target.content, target.options)


def _is_in_carousel(target: PostTarget[InstagramOptions], _item: MediaItem) -> bool:
    return target.options.kind != "story" and len(target.content.media) > 1


def _reel_without_video(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    content = target.content
    if target.options.kind == "reel" and content.media and not is_reel(content, target.options):
        videos = sum(item.kind is MediaKind.VIDEO for item in content.media)
        message = f"The reel has {len(content.media)} media items, {videos} of them videos. A reel has exactly 1 video."
        yield Finding(field="media", actual=videos, message=message)


def _options_without_reel(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    options = target.options
    given = {
        "coverUrl": options.cover_url,
        "shareToFeed": options.share_to_feed,
        "trialParams": options.trial_params,
    }
    if is_reel(target.content, options):
        return
    for name, value in given.items():
        if value is not None:
            yield Finding(field=f"options.{name}", message=f"`{name}` is for reels, and the post is no reel.")


def is_in_video(content: PostContent, tag: InstagramUserTag) -> bool:
    """Return True if a tag is in one of the post's videos."""
    tagged = content.media[tag.media_index : tag.media_index + 1]
    return [item.kind for item in tagged] == [MediaKind.VIDEO]


def _tags_with_position(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    for index, tag in enumerate(target.options.user_tags):
        if is_in_video(target.content, tag) and (tag.x, tag.y) != (None, None):
            message = f"The tag of {tag.username} has a position, and is in a video."
            yield Finding(field=f"options.userTags[{index}]", message=message)


VIDEO_LIMITS = (
    MediaLimit(
        "instagram.media.video_",
        kinds=_VIDEO,
        max_width_px=1920,
        min_s=3,
        fps=(23, 60),
        codecs=("h264", "hevc"),
        pixel_formats=YUV_420,
        max_bit_rate=25_000_000,
        audio_codecs=("aac",),
        max_audio_channels=2,
        max_audio_hz=48_000,
        source=MEDIA,
    ),
    MediaLimit(
        "instagram.media.video_",
        kinds=_VIDEO,
        where=_is_in_feed,
        max_bytes=300_000_000,
        ratios=(0.01, 10),
        source=MEDIA,
    ),
    MediaLimit("instagram.reel.", kinds=_VIDEO, where=_is_in_reel, noun="reel", max_s=900, source=MEDIA),
    MediaLimit(
        "instagram.carousel.video_", kinds=_VIDEO, where=_is_in_carousel, noun="carousel video", max_s=60, source=MEDIA
    ),
    MediaLimit(
        "instagram.story.video_",
        kinds=_VIDEO,
        where=_is_in_story,
        noun="story video",
        max_bytes=100_000_000,
        ratios=(0.1, 10),
        max_s=60,
        source=MEDIA,
    ),
    ThumbnailSupported("instagram.media.thumbnail_supported", where=_is_in_reel, videos="reels", source=MEDIA),
    MediaLimit(
        "instagram.cover.",
        thumbnails=True,
        noun="thumbnail",
        types=("image/jpeg",),
        max_bytes=8_000_000,
        source=MEDIA,
    ),
    Exclusive(
        "instagram.cover.exclusive",
        (THUMBNAIL, option("a cover URL", "coverUrl", lambda options: options.cover_url)),
        source=MEDIA,
    ),
    DescriptionSupported("instagram.video.alt_text_supported", field="altText", kinds=(MediaKind.IMAGE,), source=MEDIA),
    Rule(
        id="instagram.reel.video_required",
        summary="A reel has exactly one video, and no other media item.",
        remediation="Attach one video, or omit `kind`.",
        source=PUBLISHING,
        find=_reel_without_video,
    ),
    Rule(
        id="instagram.reel.options_supported",
        summary="Only a reel has a cover, a trial, and the choice to be shown in the feed. A single video is a reel.",
        remediation="Omit the option, or attach one video and publish it as a reel.",
        source=MEDIA,
        find=_options_without_reel,
    ),
    Rule(
        id="instagram.user_tags.video_position",
        summary="A tag in a video has no position.",
        remediation="Omit `x` and `y`.",
        source=MEDIA,
        find=_tags_with_position,
    ),
)
