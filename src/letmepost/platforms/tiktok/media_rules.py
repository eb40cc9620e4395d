"""TikTok's limits on media items."""

from collections.abc import Iterator
from dataclasses import replace

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.fitting.wish import ImageLimit
from letmepost.domain.limits import (
    Alone,
    DescriptionSupported,
    KindsSupported,
    MediaCount,
    MediaLimit,
    PerTarget,
    ThumbnailSupported,
    rules_of,
)
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.tiktok.creator import Creator
from letmepost.platforms.tiktok.options import TikTokOptions
from letmepost.platforms.tiktok.sources import CREATOR_INFO, DIRECT_POST, MEDIA_TRANSFER, PHOTO_POST

_VIDEO = (MediaKind.VIDEO,)
_SHORT_SIDE_MAX_PX, _LONG_SIDE_MAX_PX = 1080, 1920
_LONGEST_S = 600.0
"""The limit of the inbox, and the largest of creators that TikTok documents."""


def _creators_longest(target: PostTarget[TikTokOptions]) -> float | None:
    creator = None if target.options.is_inbox else Creator.of_account(target.account)
    return None if creator is None else creator.max_video_s


def _missing(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    if not target.content.media:
        yield Finding(field="media", actual=0, message="The post has no media item. TikTok has no posts of text.")


def _photo_limit(item: MediaItem) -> ImageLimit | None:
    """Return the size into which a photo must fit, upright or across; None for a video."""
    if item.kind is not MediaKind.IMAGE:
        return None
    facts = item.facts
    is_across = facts is not None and (facts.width_px or 0) > (facts.height_px or 0)
    width, height = (_SHORT_SIDE_MAX_PX, _LONG_SIDE_MAX_PX)[:: -1 if is_across else 1]
    return ImageLimit(max_width_px=width, max_height_px=height)


def _large_photos(target: PostTarget[TikTokOptions]) -> Iterator[Finding]:
    for path, item in target.content.items():
        limit = _photo_limit(item)
        if limit is None or item.facts is None or limit.allows(item.facts):
            continue
        size = f"{item.facts.width_px}x{item.facts.height_px}"
        allowed = f"{limit.max_width_px}x{limit.max_height_px}"
        message = f"The photo has {size} pixels; TikTok allows {allowed}. TikTok would refuse the whole post."
        yield Finding(field=path, actual=size, limit=allowed, message=message)


def _as(rule_id: str, row: MediaLimit) -> Rule:
    """Return the only rule of a row, with the id that callers know."""
    [rule] = row.rules("TikTok")
    return replace(rule, id=rule_id)


FILE_FORMAT = _as(
    "tiktok.file_format.invalid",
    MediaLimit(
        "tiktok.video.",
        kinds=_VIDEO,
        types=("video/mp4", "video/quicktime", "video/webm"),
        source=MEDIA_TRANSFER,
    ),
)
TOO_LONG = _as(
    "tiktok.video.too_long",
    MediaLimit(
        "tiktok.video.", kinds=_VIDEO, max_s=PerTarget(default=_LONGEST_S, read=_creators_longest), source=CREATOR_INFO
    ),
)
RESOLUTION = _as(
    "tiktok.resolution.unsupported",
    MediaLimit("tiktok.video.", kinds=_VIDEO, min_dimensions_px=(360, 360), source=MEDIA_TRANSFER),
)
FRAME_RATE, *_VIDEO_LIMITS = rules_of(
    "TikTok",
    (
        MediaLimit("tiktok.video.", kinds=_VIDEO, fps=(23, 60), source=MEDIA_TRANSFER),
        MediaLimit("tiktok.video.", kinds=_VIDEO, max_dimensions_px=(4096, 4096), source=MEDIA_TRANSFER),
        # "4 GB", in the larger of both readings: TikTok itself refuses what exceeds the smaller one.
        MediaLimit("tiktok.video.", kinds=_VIDEO, max_bytes=4_294_967_296, source=MEDIA_TRANSFER),
        MediaLimit("tiktok.video.", kinds=_VIDEO, codecs=("h264", "hevc", "vp8", "vp9"), source=MEDIA_TRANSFER),
    ),
)
MEDIA_LIMITS = rules_of(
    "TikTok",
    (
        Rule(
            id="tiktok.media.required",
            summary="A post has a video, or 1 to 35 photos.",
            remediation="Attach a video or photos.",
            source=MEDIA_TRANSFER,
            find=_missing,
        ),
        KindsSupported("tiktok.media.kind_supported", (MediaKind.IMAGE, MediaKind.VIDEO), source=MEDIA_TRANSFER),
        Alone(
            "tiktok.media.single_only",
            noun="video",
            is_one=lambda item: item.kind is MediaKind.VIDEO,
            source=MEDIA_TRANSFER,
        ),
        MediaCount("tiktok.media.count_max", limit=35, source=PHOTO_POST),
        DescriptionSupported("tiktok.media.title_supported", field="title", source=PHOTO_POST),
        DescriptionSupported("tiktok.media.alt_text_supported", field="altText", source=PHOTO_POST),
        ThumbnailSupported("tiktok.media.thumbnail_supported", source=DIRECT_POST),
        FILE_FORMAT,
        TOO_LONG,
        RESOLUTION,
        FRAME_RATE,
        *_VIDEO_LIMITS,
        MediaLimit("tiktok.photo.", types=("image/jpeg", "image/webp"), max_bytes=20_000_000, source=MEDIA_TRANSFER),
        Rule(
            id="tiktok.photo.dimensions_max",
            summary=f"The shorter side of a photo has at most {_SHORT_SIDE_MAX_PX} pixels, and the longer side at most "
            f"{_LONG_SIDE_MAX_PX}.",
            remediation="Scale the photo down, or set `fit`.",
            source=MEDIA_TRANSFER,
            find=_large_photos,
            image_limit=lambda _target, _path, item: _photo_limit(item),
        ),
    ),
)
