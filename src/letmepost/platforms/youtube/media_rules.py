"""YouTube's limits on the video and its thumbnail."""

from collections.abc import Iterator

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.limits import (
    THUMBNAIL,
    DescriptionSupported,
    Exclusive,
    KindsSupported,
    MediaCount,
    MediaLimit,
    ThumbnailSupported,
)
from letmepost.domain.limits.combinations import Feature
from letmepost.domain.rules import FACTS_VALID_FOR, Finding, PostTarget, Rule
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.sources import INSERT, LONG_VIDEOS, SHORTS, THUMBNAILS

LONG_UPLOADS = "longUploads"
"""The name in the account's data: YouTube's `longUploadsStatus` of the channel."""
_LONG_S = 900.0
_THUMBNAIL_OPTION = Feature(
    ("the option `thumbnail`",),
    ("`options.thumbnail`",),
    "options.thumbnail",
    lambda target: target.options.thumbnail is not None,
)


def _no_video(target: PostTarget[YouTubeOptions]) -> Iterator[Finding]:
    if not target.content.media:
        yield Finding(field="media", actual=0, message="The post has no video. Every post on YouTube is a video.")


def _too_long_for_channel(target: PostTarget[YouTubeOptions]) -> Iterator[Finding]:
    status = target.account.data.get(LONG_UPLOADS)
    if status is None or status == "allowed":
        return
    for path, item in target.content.items():
        duration_s = None if item.facts is None else item.facts.duration_s
        if duration_s is not None and duration_s > _LONG_S:
            yield Finding(
                field=path,
                actual=f"{duration_s:g} s",
                message=f"The video is {duration_s:g} s long. The channel may not upload videos of more than 900 s "
                f"(`longUploadsStatus` is `{status}`).",
            )


def _is_short(target: PostTarget[YouTubeOptions], _item: MediaItem) -> bool:
    return target.options.kind == "short"


MEDIA_LIMITS = (
    Rule(
        id="youtube.media.required",
        summary="Every post on YouTube is a video.",
        remediation="Attach a video.",
        source=INSERT,
        find=_no_video,
    ),
    KindsSupported("youtube.media.kind_supported", (MediaKind.VIDEO,), source=INSERT),
    MediaCount("youtube.media.count_max", limit=1, source=INSERT),
    DescriptionSupported("youtube.media.title_supported", field="title", source=INSERT),
    DescriptionSupported("youtube.media.alt_text_supported", field="altText", source=INSERT),
    ThumbnailSupported("youtube.media.thumbnail_supported", videos="videos", source=THUMBNAILS),
    Exclusive("youtube.thumbnail.exclusive", (THUMBNAIL, _THUMBNAIL_OPTION), source=THUMBNAILS),
    MediaLimit(
        "youtube.media.video_",
        kinds=(MediaKind.VIDEO,),
        max_bytes=256 * 1024**3,
        max_s=12 * 3600.0,
        source=INSERT,
    ),
    Rule(
        id="youtube.media.video_long_uploads",
        summary="A video of more than 15 minutes requires a channel that YouTube allows to upload long videos.",
        limit=_LONG_S,
        unit="s",
        remediation="Verify the channel at https://www.youtube.com/verify, or cut the video to 900 s or less.",
        source=LONG_VIDEOS,
        facts_valid_for=FACTS_VALID_FOR,
        find=_too_long_for_channel,
    ),
    MediaLimit(
        "youtube.short.",
        kinds=(MediaKind.VIDEO,),
        where=_is_short,
        noun="Short",
        max_s=180.0,
        max_ratio=1.0,
        source=SHORTS,
    ),
    MediaLimit(
        "youtube.thumbnail.",
        option="thumbnail",
        thumbnails=True,
        noun="thumbnail",
        types=("image/jpeg", "image/png"),
        max_bytes=50 * 1024**2,
        source=THUMBNAILS,
    ),
)
