"""Pinterest's limits on videos and their covers."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.limits import THUMBNAIL, Alone, Exclusive, MediaLimit, option
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.pinterest.options import PinterestOptions
from letmepost.platforms.pinterest.sources import CREATE_PIN, CREATIVE_TYPES


def is_video(item: MediaItem) -> bool:
    """Return True for a video. The kind decides, and never the place among the media items."""
    return item.kind is MediaKind.VIDEO


def is_web_address(url: str) -> bool:
    """Return True for a complete http or https URL."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(map(str.isspace, url))
    except ValueError:  # half an IPv6 address
        return False


def _cover_field(options: PinterestOptions) -> str:
    return "options.coverImage" if options.cover_image is not None else "options.coverImageUrl"


def _not_a_cover_address(target: PostTarget[PinterestOptions]) -> Iterator[Finding]:
    url = target.options.cover
    if url is not None and not is_web_address(url):
        message = f"The cover image {url[:100]} is not a complete http or https URL."
        yield Finding(field=_cover_field(target.options), message=message)


def _cover_without_video(target: PostTarget[PinterestOptions]) -> Iterator[Finding]:
    options = target.options
    if (options.cover is not None or options.cover_time_s is not None) and not any(map(is_video, target.content.media)):
        field = "options.coverTimeS" if options.cover is None else _cover_field(options)
        yield Finding(field=field, message="The post has a cover, but no video.")


VIDEO_LIMITS = (
    Alone("pinterest.media.video_exclusive", noun="video", is_one=is_video, source=CREATE_PIN),
    MediaLimit(
        "pinterest.video.",
        kinds=(MediaKind.VIDEO,),
        types=("video/mp4", "video/quicktime"),
        max_bytes=2_000_000_000,
        ratios=(0.5, 1.91),
        min_s=4,
        max_s=900,
        codecs=("h264", "hevc"),
        source=CREATIVE_TYPES,
    ),
    MediaLimit(
        "pinterest.cover_image.",
        thumbnails=True,
        noun="thumbnail",
        types=("image/jpeg", "image/png", "image/webp"),
        max_bytes=20_000_000,
        max_frames=1,
        source=CREATIVE_TYPES,
    ),
    Exclusive(
        "pinterest.cover.exclusive",
        (
            THUMBNAIL,
            option("a cover image", "coverImage", lambda options: options.cover),
            option("the time of a cover", "coverTimeS", lambda options: options.cover_time_s),
        ),
        source=CREATE_PIN,
    ),
    Rule(
        id="pinterest.cover_image_url.http",
        summary="The cover image is a complete http or https URL.",
        remediation="Send the public URL of an image, such as `https://example.com/cover.jpg`.",
        source=CREATE_PIN,
        find=_not_a_cover_address,
    ),
    Rule(
        id="pinterest.cover.video_only",
        summary="Only a video has a cover.",
        remediation="Attach a video, or remove `coverImage` and `coverTimeS`.",
        source=CREATE_PIN,
        find=_cover_without_video,
    ),
)
