"""Threads' limits on media items. All numbers are in the overview of its documentation."""

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType

from letmepost.domain.content import MediaFacts, MediaKind, PostContent
from letmepost.domain.limits import description_supported, media_rule
from letmepost.domain.rules import Finding, Rule
from letmepost.platforms.threads.sources import CHECKED_ON, CREATE_POSTS, OVERVIEW

_MEDIA_MAX = 20
_IMAGE_MAX_BYTES = 8_000_000
_VIDEO_MAX_BYTES = 1_000_000_000
_VIDEO_MAX_S = 300
_FRAME_RATES = (23, 60)
_VIDEO_MAX_WIDTH_PX = 1920
_WIDTH_TO_HEIGHT_MAX = 10
_CODECS = ("h264", "hevc")
# WebP and GIF are not documented, so Threads could reject them after the post was accepted here.
_TYPES: Mapping[MediaKind, tuple[str, ...]] = MappingProxyType(
    {MediaKind.IMAGE: ("image/jpeg", "image/png"), MediaKind.VIDEO: ("video/mp4", "video/quicktime")}
)
_TYPES_SHOWN = ", ".join(name for names in _TYPES.values() for name in names)
_ASPECT_RATIO = f"A media item must be at most {_WIDTH_TO_HEIGHT_MAX} times as wide as it is high."

_rule = partial(Rule, source_url=OVERVIEW, checked_on=CHECKED_ON)
_media_rule = partial(media_rule, source_url=OVERVIEW, checked_on=CHECKED_ON)


def _unsupported(content: PostContent) -> Iterator[Finding]:
    for path, item in content.items():
        if item.kind not in _TYPES:
            yield Finding(field=path, actual=item.kind, message=f"A {item.kind} cannot be published on Threads.")


def _too_many(content: PostContent) -> Iterator[Finding]:
    for path, media in content.attachments():
        if len(media) > _MEDIA_MAX:
            message = f"The post has {len(media)} media items; Threads allows at most {_MEDIA_MAX}."
            yield Finding(field=path, actual=len(media), message=message)


def _unsupported_types(content: PostContent) -> Iterator[Finding]:
    for path, item in content.items():
        actual = None if item.facts is None else item.facts.content_type
        if actual is not None and actual not in _TYPES.get(item.kind, (actual,)):
            message = f"For `{item.kind}`, Threads accepts {', '.join(_TYPES[item.kind])}. This one: {actual}."
            yield Finding(field=path, actual=actual, message=message)


def _too_wide(content: PostContent) -> Iterator[Finding]:
    for path, item in content.items():
        width, height = (None, None) if item.facts is None else (item.facts.width_px, item.facts.height_px)
        if width and height and width > height * _WIDTH_TO_HEIGHT_MAX:
            message = f"{_ASPECT_RATIO} This one: {width} x {height}."
            yield Finding(field=path, actual=round(width / height, 2), message=message)


def _bytes_over(limit: int, facts: MediaFacts) -> int | None:
    return facts.size_bytes if facts.size_bytes > limit else None


def _duration(facts: MediaFacts) -> str | None:
    duration_s = facts.duration_s
    return f"{duration_s:g} s" if duration_s is not None and duration_s > _VIDEO_MAX_S else None


def _frame_rate(facts: MediaFacts) -> str | None:
    rate, (lowest, highest) = facts.frame_rate, _FRAME_RATES
    return f"{rate:g}" if rate is not None and not lowest <= rate <= highest else None


def _width(facts: MediaFacts) -> int | None:
    return facts.width_px if facts.width_px and facts.width_px > _VIDEO_MAX_WIDTH_PX else None


def _codec(facts: MediaFacts) -> str | None:
    return facts.codec if facts.codec and facts.codec not in _CODECS else None


MEDIA_RULES: tuple[Rule, ...] = (
    _rule(
        id="threads.media.kind_supported",
        summary="Only images and videos can be attached.",
        remediation="Attach images or videos only, or set `onUnsupported` to `omit`.",
        limit="image, video",
        find=_unsupported,
        capability=True,
    ),
    description_supported(
        "threads.media.title_supported",
        field="title",
        platform="Threads",
        source_url=CREATE_POSTS,
        checked_on=CHECKED_ON,
    ),
    _rule(
        id="threads.media.count_max",
        summary=f"A post has at most {_MEDIA_MAX} images and videos.",
        remediation=f"Attach {_MEDIA_MAX} media items or fewer.",
        limit=_MEDIA_MAX,
        unit="items",
        find=_too_many,
    ),
    _rule(
        id="threads.media.mime_allowed",
        summary=f"A media item must be one of {_TYPES_SHOWN}.",
        remediation="Convert an image to JPEG or PNG, or a video to MP4.",
        limit=_TYPES_SHOWN,
        find=_unsupported_types,
    ),
    _rule(
        id="threads.media.aspect_ratio_max",
        summary=_ASPECT_RATIO,
        remediation="Crop the media item.",
        limit=_WIDTH_TO_HEIGHT_MAX,
        unit="width / height",
        find=_too_wide,
    ),
    _media_rule(
        "threads.media.image_size_max",
        kind=MediaKind.IMAGE,
        broken=partial(_bytes_over, _IMAGE_MAX_BYTES),
        summary=f"An image has at most {_IMAGE_MAX_BYTES} bytes.",
        remediation=f"Shrink the image to {_IMAGE_MAX_BYTES} bytes or fewer.",
        limit=_IMAGE_MAX_BYTES,
        unit="bytes",
    ),
    _media_rule(
        "threads.media.video_size_max",
        kind=MediaKind.VIDEO,
        broken=partial(_bytes_over, _VIDEO_MAX_BYTES),
        summary=f"A video has at most {_VIDEO_MAX_BYTES} bytes.",
        remediation=f"Compress the video to {_VIDEO_MAX_BYTES} bytes or fewer.",
        limit=_VIDEO_MAX_BYTES,
        unit="bytes",
    ),
    _media_rule(
        "threads.media.video_duration_max",
        kind=MediaKind.VIDEO,
        broken=_duration,
        summary=f"A video is at most {_VIDEO_MAX_S} s long.",
        remediation=f"Cut the video to {_VIDEO_MAX_S} s or less.",
        limit=_VIDEO_MAX_S,
        unit="s",
    ),
    _media_rule(
        "threads.media.video_frame_rate",
        kind=MediaKind.VIDEO,
        broken=_frame_rate,
        summary=f"A video has {_FRAME_RATES[0]} to {_FRAME_RATES[1]} frames per second.",
        remediation="Export the video with 30 frames per second.",
        limit=f"{_FRAME_RATES[0]}-{_FRAME_RATES[1]}",
        unit="frames/s",
    ),
    _media_rule(
        "threads.media.video_width_max",
        kind=MediaKind.VIDEO,
        broken=_width,
        summary=f"A video is at most {_VIDEO_MAX_WIDTH_PX} pixels wide.",
        remediation=f"Scale the video down to a width of {_VIDEO_MAX_WIDTH_PX} pixels.",
        limit=_VIDEO_MAX_WIDTH_PX,
        unit="px",
    ),
    _media_rule(
        "threads.media.video_codec",
        kind=MediaKind.VIDEO,
        broken=_codec,
        summary=f"A video's codec is one of {', '.join(_CODECS)}.",
        remediation="Export the video as H.264.",
        limit=", ".join(_CODECS),
    ),
)
