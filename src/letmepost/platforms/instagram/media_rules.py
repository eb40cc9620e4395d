"""Instagram's limits on media items."""

from collections.abc import Iterator

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.lengths import UTF16
from letmepost.domain.limits import AltTextLimit, DescriptionSupported, KindsSupported, MediaCount, MediaLimit
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.instagram.options import InstagramOptions
from letmepost.platforms.instagram.sources import MEDIA, PUBLISHING

_KINDS = (MediaKind.IMAGE, MediaKind.VIDEO)


def _is_in_feed(target: PostTarget[InstagramOptions], _item: MediaItem) -> bool:
    return target.options.kind != "story"


def _missing(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    if not target.content.media:
        yield Finding(field="media", actual=0, message="The post has no media item. Instagram has no posts of text.")


def _story_alt_texts(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    if target.options.kind != "story":
        return
    for path, item in target.content.items():
        if (item.alt_text or "").strip() and item.kind is MediaKind.IMAGE:
            yield Finding(field=f"{path}.altText", message="Instagram has no alt text for stories.")


MEDIA_REQUIRED = Rule(
    id="instagram.media.required",
    summary="A post has at least one media item.",
    remediation="Attach an image or a video.",
    source=PUBLISHING,
    find=_missing,
)
COUNT_MAX, *_ = MediaCount("instagram.media.count_max", limit=10, source=PUBLISHING).rules("Instagram")
TYPES, SIZE_MAX, ASPECT_RATIO = (
    *MediaLimit(
        "instagram.media.", kinds=_KINDS, types=("image/jpeg", "video/mp4", "video/quicktime"), source=MEDIA
    ).rules("Instagram"),
    *MediaLimit("instagram.media.image_", max_bytes=8_000_000, source=MEDIA).rules("Instagram"),
    # 4:5 to 1.91:1, except for stories, which show every image whole.
    *MediaLimit("instagram.media.", where=_is_in_feed, ratios=(0.8, 1.91), source=MEDIA).rules("Instagram"),
)
MEDIA_LIMITS = (
    MEDIA_REQUIRED,
    KindsSupported("instagram.media.kind_supported", _KINDS, source=PUBLISHING),
    DescriptionSupported("instagram.media.title_supported", field="title", source=MEDIA),
    COUNT_MAX,
    TYPES,
    SIZE_MAX,
    ASPECT_RATIO,
    AltTextLimit("instagram.media.alt_text_max_graphemes", limit=1000, measure=UTF16, source=MEDIA),
    Rule(
        id="instagram.story.alt_text_supported",
        summary="The image of a story has no alt text.",
        remediation="Remove `altText`, or set `onUnsupported` to `omit`.",
        source=MEDIA,
        find=_story_alt_texts,
        capability=True,
    ),
)
