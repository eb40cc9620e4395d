"""LinkedIn's limits on images, a document, and the thumbnail of an article."""

from collections.abc import Callable, Iterator
from functools import partial

from letmepost.domain.content import MediaFacts, MediaKind, PostContent
from letmepost.domain.lengths import UTF16
from letmepost.domain.limits import alt_text_max, description_supported, images_max, media_rule
from letmepost.domain.rules import Finding, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.linkedin.options import LinkedInOptions
from letmepost.platforms.linkedin.sources import CHECKED_ON, DOCUMENTS_API, IMAGES_API, MULTI_IMAGE_API, POSTS_API

_IMAGES_MAX = 20
_PIXELS_MAX = 36_152_319  # "fewer than 36,152,320"
_GIF_FRAMES_MAX = 250
_ALT_TEXT_MAX = 4086
_TITLE_MAX = 4086
_DOCUMENT_MAX_BYTES = 100_000_000

_IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif")
_IMAGE_TYPES_SHOWN = ", ".join(_IMAGE_TYPES)
_DOCUMENT_TYPE = "application/pdf"
_DOCUMENT_ALONE = "A document must be the only media item of a post."
_CONVERT = "Convert the image to JPEG or PNG."
_SHORTEN_GIF = f"Shorten the GIF to {_GIF_FRAMES_MAX} frames or fewer, or attach a still image."
_SHRINK = f"Shrink the image to {_PIXELS_MAX} pixels or fewer, width times height."

_rule = partial(Rule, checked_on=CHECKED_ON)
_image_rule = partial(media_rule, kind=MediaKind.IMAGE, source_url=IMAGES_API, checked_on=CHECKED_ON)
_document_rule = partial(media_rule, kind=MediaKind.DOCUMENT, source_url=DOCUMENTS_API, checked_on=CHECKED_ON)


def _videos(content: PostContent) -> Iterator[Finding]:
    for path, item in content.items():
        if item.kind is MediaKind.VIDEO:
            yield Finding(field=path, actual=item.kind, message="A video cannot be published on LinkedIn yet.")


def _document_with_others(content: PostContent) -> Iterator[Finding]:
    if len(content.media) > 1 and any(item.kind is MediaKind.DOCUMENT for item in content.media):
        yield Finding(field="media", actual=len(content.media), message=_DOCUMENT_ALONE)


def _untitled_document(content: PostContent) -> Iterator[Finding]:
    title = LinkedInOptions.model_validate(content.options).document_title or ""
    for path, item in content.items():
        if item.kind is MediaKind.DOCUMENT and is_blank(title) and is_blank(item.title or ""):
            yield Finding(field=f"{path}.title", message="The document has no title.")


def _long_title(content: PostContent) -> Iterator[Finding]:
    titles = {f"{path}.title": item.title for path, item in content.items() if item.kind is MediaKind.DOCUMENT}
    titles["options.documentTitle"] = LinkedInOptions.model_validate(content.options).document_title
    for path, title in titles.items():
        if excess := content.lengths.excess(UTF16, title or "", _TITLE_MAX):
            message = f"The title is {excess} {UTF16.unit}; LinkedIn allows at most {_TITLE_MAX}."
            yield Finding(field=path, actual=excess.actual, message=message)


def _title_without_document(content: PostContent) -> Iterator[Finding]:
    is_titled = LinkedInOptions.model_validate(content.options).document_title is not None
    if is_titled and not any(item.kind is MediaKind.DOCUMENT for item in content.media):
        yield Finding(field="options.documentTitle", message="`documentTitle` is set, but the post has no document.")


def _unsupported_type(facts: MediaFacts) -> str | None:
    return None if facts.content_type in _IMAGE_TYPES else facts.content_type


def _not_pdf(facts: MediaFacts) -> str | None:
    return None if facts.content_type == _DOCUMENT_TYPE else facts.content_type


def _pixels_over(facts: MediaFacts) -> int | None:
    pixels = (facts.width_px or 0) * (facts.height_px or 0)
    return pixels if pixels > _PIXELS_MAX else None


def _gif_frames_over(facts: MediaFacts) -> int | None:
    is_gif, frames = facts.content_type == "image/gif", facts.frame_count
    return frames if is_gif and frames is not None and frames > _GIF_FRAMES_MAX else None


def _bytes_over(facts: MediaFacts) -> int | None:
    return facts.size_bytes if facts.size_bytes > _DOCUMENT_MAX_BYTES else None


def _on_thumbnail(summary: str, broken: Callable[[MediaFacts], int | str | None]) -> Callable[..., Iterator[Finding]]:
    def find(content: PostContent) -> Iterator[Finding]:
        item = content.option_media.get("article.thumbnail")
        actual = None if item is None or item.facts is None else broken(item.facts)
        if actual is not None:
            yield Finding(field="options.article.thumbnail", actual=actual, message=f"{summary} This one: {actual}.")

    return find


MEDIA_RULES: tuple[Rule, ...] = (
    _rule(
        id="linkedin.media.kind_supported",
        summary="Only images or a document can be attached. Videos are not supported yet.",
        remediation="Attach images or a document only, or set `onUnsupported` to `omit`.",
        limit=f"{MediaKind.IMAGE}, {MediaKind.DOCUMENT}",
        source_url=POSTS_API,
        find=_videos,
        capability=True,
    ),
    description_supported(
        "linkedin.media.title_supported",
        field="title",
        kinds=(MediaKind.DOCUMENT,),
        platform="LinkedIn",
        source_url=POSTS_API,
        checked_on=CHECKED_ON,
    ),
    description_supported(
        "linkedin.media.alt_text_supported",
        field="altText",
        kinds=(MediaKind.IMAGE,),
        platform="LinkedIn",
        source_url=POSTS_API,
        checked_on=CHECKED_ON,
    ),
    images_max(
        "linkedin.media.count_max",
        limit=_IMAGES_MAX,
        platform="LinkedIn",
        source_url=MULTI_IMAGE_API,
        checked_on=CHECKED_ON,
    ),
    _rule(
        id="linkedin.media.document_exclusive",
        summary=_DOCUMENT_ALONE,
        remediation="Publish the document and the other media items as separate posts.",
        source_url=POSTS_API,
        find=_document_with_others,
    ),
    _image_rule(
        "linkedin.media.mime_allowed",
        broken=_unsupported_type,
        summary=f"An image must be one of {_IMAGE_TYPES_SHOWN}.",
        remediation=_CONVERT,
        limit=_IMAGE_TYPES_SHOWN,
    ),
    _image_rule(
        "linkedin.media.image_pixels_max",
        broken=_pixels_over,
        summary=f"An image has at most {_PIXELS_MAX} pixels.",
        remediation=_SHRINK,
        limit=_PIXELS_MAX,
        unit="pixels",
    ),
    _image_rule(
        "linkedin.media.gif_frames_max",
        broken=_gif_frames_over,
        summary=f"A GIF has at most {_GIF_FRAMES_MAX} frames.",
        remediation=_SHORTEN_GIF,
        limit=_GIF_FRAMES_MAX,
        unit="frames",
    ),
    alt_text_max(
        "linkedin.media.alt_text_max_graphemes",
        limit=_ALT_TEXT_MAX,
        measure=UTF16,
        platform="LinkedIn",
        source_url=IMAGES_API,
        checked_on=CHECKED_ON,
    ),
    _document_rule(
        "linkedin.document.mime_allowed",
        broken=_not_pdf,
        summary="A document must be a PDF.",
        remediation="Export the document as PDF.",
        limit=_DOCUMENT_TYPE,
    ),
    _document_rule(
        "linkedin.document.size_max",
        broken=_bytes_over,
        summary=f"A document has at most {_DOCUMENT_MAX_BYTES} bytes.",
        remediation=f"Shrink the document to {_DOCUMENT_MAX_BYTES} bytes or fewer.",
        limit=_DOCUMENT_MAX_BYTES,
        unit="bytes",
    ),
    _rule(
        id="linkedin.document.title_required",
        summary="A document has a title.",
        remediation="Send `options.documentTitle`, or the `title` of the media item.",
        source_url=DOCUMENTS_API,
        find=_untitled_document,
    ),
    _rule(
        id="linkedin.document.title_max",
        summary=f"A document's title has at most {_TITLE_MAX} {UTF16.unit}: {UTF16.how}.",
        remediation=f"Shorten the title to {_TITLE_MAX} {UTF16.unit} or fewer: {UTF16.how}.",
        limit=_TITLE_MAX,
        unit=UTF16.unit,
        source_url=POSTS_API,
        find=_long_title,
    ),
    _rule(
        id="linkedin.document.title_alone",
        summary="A document title requires a document.",
        remediation="Attach a document, or omit `documentTitle`.",
        source_url=DOCUMENTS_API,
        find=_title_without_document,
    ),
    _rule(
        id="linkedin.article.thumbnail_mime_allowed",
        summary=f"An article's thumbnail must be one of {_IMAGE_TYPES_SHOWN}.",
        remediation=_CONVERT,
        limit=_IMAGE_TYPES_SHOWN,
        source_url=IMAGES_API,
        find=_on_thumbnail(f"An article's thumbnail must be one of {_IMAGE_TYPES_SHOWN}.", _unsupported_type),
    ),
    _rule(
        id="linkedin.article.thumbnail_pixels_max",
        summary=f"An article's thumbnail has at most {_PIXELS_MAX} pixels.",
        remediation=_SHRINK,
        limit=_PIXELS_MAX,
        unit="pixels",
        source_url=IMAGES_API,
        find=_on_thumbnail(f"An article's thumbnail has at most {_PIXELS_MAX} pixels.", _pixels_over),
    ),
    _rule(
        id="linkedin.article.thumbnail_gif_frames_max",
        summary=f"A GIF as an article's thumbnail has at most {_GIF_FRAMES_MAX} frames.",
        remediation=_SHORTEN_GIF,
        limit=_GIF_FRAMES_MAX,
        unit="frames",
        source_url=IMAGES_API,
        find=_on_thumbnail(f"A GIF has at most {_GIF_FRAMES_MAX} frames.", _gif_frames_over),
    ),
)
