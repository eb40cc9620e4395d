"""LinkedIn's limits on a video and its captions."""

import re
from collections.abc import Iterator

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.lengths import UTF16
from letmepost.domain.limits import Alone, MediaLimit, NamedText, TextLimit
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.linkedin.options import LinkedInOptions
from letmepost.platforms.linkedin.sources import POSTS_API, VIDEO_REQUIREMENTS, VIDEOS_API

_MIN_BYTES = 75_000
_VIDEOS = (MediaKind.VIDEO,)
_CUE = re.compile(r"^\d{2,}:\d\d:\d\d,\d{3} --> \d{2,}:\d\d:\d\d,\d{3}", re.MULTILINE)


def _is_video(item: MediaItem) -> bool:
    return item.kind is MediaKind.VIDEO


def _tiny(target: PostTarget[LinkedInOptions]) -> Iterator[Finding]:
    for path, item in target.content.items():
        if _is_video(item) and item.facts is not None and item.facts.size_bytes < _MIN_BYTES:
            size_bytes = item.facts.size_bytes
            message = f"The video has {size_bytes} bytes; LinkedIn requires at least {_MIN_BYTES}."
            yield Finding(field=path, actual=size_bytes, message=message)


def _titles(target: PostTarget[LinkedInOptions]) -> Iterator[NamedText]:
    for path, item in target.content.items():
        if _is_video(item):
            yield NamedText(f"{path}.title", "The title", item.title or "")


def _captions_without_video(target: PostTarget[LinkedInOptions]) -> Iterator[Finding]:
    if target.options.captions is not None and not any(map(_is_video, target.content.media)):
        yield Finding(field="options.captions", message="`captions` is set, but the post has no video.")


def _unreadable_captions(target: PostTarget[LinkedInOptions]) -> Iterator[Finding]:
    if target.options.captions is not None and _CUE.search(target.options.captions) is None:
        yield Finding(field="options.captions", message="The captions have no line with times in the form of SRT.")


VIDEO_LIMITS = (
    Alone("linkedin.media.video_exclusive", noun="video", is_one=_is_video, source=POSTS_API),
    MediaLimit("linkedin.media.video_", kinds=_VIDEOS, max_bytes=500_000_000, min_s=3, max_s=1800, source=VIDEOS_API),
    Rule(
        id="linkedin.media.video_size_min",
        summary=f"A video has at least {_MIN_BYTES} bytes.",
        remediation="Export the video with a higher quality.",
        limit=_MIN_BYTES,
        unit="bytes",
        source=VIDEOS_API,
        find=_tiny,
    ),
    MediaLimit(
        "linkedin.media.video_",
        kinds=_VIDEOS,
        ratios=(0.4166, 2.4),
        min_dimensions_px=(144, 256),
        max_pixels=9_437_184,  # 4096 x 2304
        fps=(10, 60),
        source=VIDEO_REQUIREMENTS,
    ),
    # The page states neither number. They are those of public clients.
    MediaLimit(
        "linkedin.media.thumbnail_",
        thumbnails=True,
        noun="thumbnail",
        types=("image/jpeg", "image/png"),
        max_bytes=10_000_000,
        source=VIDEOS_API,
    ),
    TextLimit(
        "linkedin.media.video_title_max",
        texts=_titles,
        noun="video's title",
        limit=4086,
        measure=UTF16,
        source=POSTS_API,
    ),
    Rule(
        id="linkedin.captions.video_required",
        summary="Captions require a video.",
        remediation="Attach a video, or omit `captions`.",
        source=VIDEOS_API,
        find=_captions_without_video,
    ),
    Rule(
        id="linkedin.captions.format",
        summary="Captions are the text of an SRT file.",
        remediation="Send lines such as `00:00:01,000 --> 00:00:04,000`, each followed by its text.",
        source=VIDEOS_API,
        find=_unreadable_captions,
    ),
)
