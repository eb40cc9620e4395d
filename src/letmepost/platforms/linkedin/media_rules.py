"""LinkedIn's limits on images, a document, and the thumbnail of an article."""

from collections.abc import Iterator

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.lengths import UTF16
from letmepost.domain.limits import (
    Alone,
    AltTextLimit,
    DescriptionSupported,
    KindsSupported,
    MediaCount,
    MediaLimit,
    NamedText,
    TextLimit,
    ThumbnailSupported,
    is_gif,
)
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.linkedin.options import LinkedInOptions
from letmepost.platforms.linkedin.sources import DOCUMENTS_API, IMAGES_API, MULTI_IMAGE_API, POSTS_API, VIDEOS_API

_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif")
_PIXELS_MAX = 36_152_319  # "fewer than 36,152,320"
_GIF_FRAMES_MAX = 250
_THUMBNAIL = "article.thumbnail"


def _is_document(item: MediaItem) -> bool:
    return item.kind is MediaKind.DOCUMENT


def _titles(target: PostTarget[LinkedInOptions]) -> Iterator[NamedText]:
    for path, item in target.content.items():
        if _is_document(item):
            yield NamedText(f"{path}.title", "The title", item.title or "")
    yield NamedText("options.documentTitle", "The title", target.options.document_title or "")


def _untitled_document(target: PostTarget[LinkedInOptions]) -> Iterator[Finding]:
    for path, item in target.content.items():
        if _is_document(item) and is_blank(target.options.document_title or "") and is_blank(item.title or ""):
            yield Finding(field=f"{path}.title", message="The document has no title.")


def _title_without_document(target: PostTarget[LinkedInOptions]) -> Iterator[Finding]:
    if target.options.document_title is not None and not any(map(_is_document, target.content.media)):
        yield Finding(field="options.documentTitle", message="`documentTitle` is set, but the post has no document.")


MEDIA_LIMITS = (
    KindsSupported(
        "linkedin.media.kind_supported", (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.DOCUMENT), source=POSTS_API
    ),
    DescriptionSupported(
        "linkedin.media.title_supported",
        field="title",
        kinds=(MediaKind.VIDEO, MediaKind.DOCUMENT),
        source=POSTS_API,
    ),
    DescriptionSupported(
        "linkedin.media.alt_text_supported", field="altText", kinds=(MediaKind.IMAGE,), source=POSTS_API
    ),
    ThumbnailSupported("linkedin.media.thumbnail_supported", videos="videos", source=VIDEOS_API),
    MediaCount("linkedin.media.count_max", limit=20, source=MULTI_IMAGE_API),
    Alone("linkedin.media.document_exclusive", noun="document", is_one=_is_document, source=POSTS_API),
    MediaLimit(
        "linkedin.media.",
        kinds=(MediaKind.IMAGE, MediaKind.VIDEO),
        types=(*_IMAGE_TYPES, "video/mp4"),
        source=IMAGES_API,
    ),
    MediaLimit("linkedin.media.image_", max_pixels=_PIXELS_MAX, source=IMAGES_API),
    MediaLimit("linkedin.media.gif_", where=is_gif, noun="GIF", max_frames=_GIF_FRAMES_MAX, source=IMAGES_API),
    AltTextLimit("linkedin.media.alt_text_max_graphemes", limit=4086, measure=UTF16, source=IMAGES_API),
    MediaLimit(
        "linkedin.document.",
        kinds=(MediaKind.DOCUMENT,),
        types=("application/pdf",),
        max_bytes=100_000_000,
        source=DOCUMENTS_API,
    ),
    Rule(
        id="linkedin.document.title_required",
        summary="A document has a title.",
        remediation="Send `options.documentTitle`, or the `title` of the media item.",
        source=DOCUMENTS_API,
        find=_untitled_document,
    ),
    TextLimit(
        "linkedin.document.title_max",
        texts=_titles,
        noun="document's title",
        limit=4086,
        measure=UTF16,
        source=POSTS_API,
    ),
    Rule(
        id="linkedin.document.title_alone",
        summary="A document title requires a document.",
        remediation="Attach a document, or omit `documentTitle`.",
        source=DOCUMENTS_API,
        find=_title_without_document,
    ),
    MediaLimit(
        "linkedin.article.thumbnail_",
        option=_THUMBNAIL,
        noun="article's thumbnail",
        types=_IMAGE_TYPES,
        max_pixels=_PIXELS_MAX,
        source=IMAGES_API,
    ),
    MediaLimit(
        "linkedin.article.thumbnail_gif_",
        option=_THUMBNAIL,
        where=is_gif,
        noun="article's GIF thumbnail",
        max_frames=_GIF_FRAMES_MAX,
        source=IMAGES_API,
    ),
)
