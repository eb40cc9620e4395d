"""Mastodon's limits on media items. Most are set by each server; the documented ones are Mastodon's defaults."""

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.lengths import CHARACTERS
from letmepost.domain.limits import (
    Alone,
    AltTextLimit,
    DescriptionSupported,
    KindsSupported,
    MediaCount,
    MediaLimit,
    ThumbnailSupported,
    is_gif,
)
from letmepost.platforms.mastodon.instance import limit_of_server
from letmepost.platforms.mastodon.sources import (
    ATTACHMENTABLE,
    INSTANCE,
    MEDIA_ATTACHMENT,
    MEDIA_METHODS,
    POST_STATUS_SERVICE,
    POSTING,
)

_KINDS = (MediaKind.IMAGE, MediaKind.VIDEO)
_VIDEO = (MediaKind.VIDEO,)


def _is_video(item: MediaItem) -> bool:
    return item.kind is MediaKind.VIDEO


MEDIA_LIMITS = (
    KindsSupported("mastodon.media.kind_supported", _KINDS, source=POSTING),
    DescriptionSupported("mastodon.media.title_supported", field="title", source=POSTING),
    ThumbnailSupported("mastodon.media.thumbnail_supported", videos="videos", source=MEDIA_METHODS),
    MediaCount("mastodon.media.count_max", limit=limit_of_server(lambda own: own.media_items), source=INSTANCE),
    Alone("mastodon.media.video_exclusive", noun="video", is_one=_is_video, source=POST_STATUS_SERVICE),
    AltTextLimit(
        "mastodon.media.alt_text_max_characters",
        limit=limit_of_server(lambda own: own.alt_text_characters),
        measure=CHARACTERS,
        source=INSTANCE,
    ),
    MediaLimit("mastodon.media.", kinds=_KINDS, types=limit_of_server(lambda own: own.types), source=INSTANCE),
    MediaLimit(
        "mastodon.media.image_",
        max_bytes=limit_of_server(lambda own: own.image_size - 1),
        source=MEDIA_ATTACHMENT,
    ),
    MediaLimit(
        "mastodon.media.image_", max_pixels=limit_of_server(lambda own: own.image_matrix), source=ATTACHMENTABLE
    ),
    MediaLimit(
        "mastodon.media.thumbnail_",
        thumbnails=True,
        noun="thumbnail",
        types=limit_of_server(lambda own: own.types),
        max_bytes=limit_of_server(lambda own: own.image_size - 1),
        max_pixels=limit_of_server(lambda own: own.image_matrix),
        source=MEDIA_ATTACHMENT,
    ),
    MediaLimit("mastodon.media.gif_", where=is_gif, noun="GIF", max_pixels=921_600, source=ATTACHMENTABLE),
    MediaLimit(
        "mastodon.media.video_",
        kinds=_VIDEO,
        max_bytes=limit_of_server(lambda own: own.video_size - 1),
        max_pixels=limit_of_server(lambda own: own.video_matrix),
        fps=limit_of_server(lambda own: (0, own.video_frame_rate)),
        source=MEDIA_ATTACHMENT,
    ),
)
