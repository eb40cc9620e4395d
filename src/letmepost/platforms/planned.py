"""Documented rules of platforms that are not available in this release.

Callers branch on these ids, so each has a page that states which rule it will be.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from letmepost.domain.refusals import Explanation


def _planned(title: str, rules: Iterable[tuple[str, str, str]]) -> tuple[Explanation, ...]:
    """Return the explanations of a platform's rules, each given as its id, message and remediation."""
    return tuple(
        Explanation(
            id=rule_id,
            message=message,
            remediation=remediation,
            summary=f"{title} is not available in this release, so this rule is never raised. When {title} is "
            f"available, it will mean: {message}",
        )
        for rule_id, message, remediation in rules
    )


_INSTAGRAM = _planned(
    "Instagram",
    (
        ("instagram.media.alt_text_max_graphemes", "An alt text is too long.", "Shorten the alt text."),
        (
            "instagram.media.aspect_ratio",
            "Instagram does not accept the aspect ratio of a media item.",
            "Crop the media item.",
        ),
        ("instagram.media.count_max", "The post has too many media items.", "Remove media items."),
        ("instagram.media.image_size_max", "An image is too large.", "Shrink the image."),
        (
            "instagram.media.mime_allowed",
            "Instagram does not accept the type of a media item.",
            "Convert an image to JPEG, or a video to MP4.",
        ),
        (
            "instagram.media.reachable",
            "Instagram could not fetch a media item.",
            "Ask the operator to make `LETMEPOST_PUBLIC_URL` reachable from the internet.",
        ),
        ("instagram.media.required", "The post has no media item.", "Attach an image or a video."),
        ("instagram.media.video_size_max", "A video is too large.", "Compress the video."),
        ("instagram.text.max_graphemes", "The text is too long.", "Shorten the text."),
        (
            "meta.container.expired",
            "The prepared post expired before it was published. Nothing was published.",
            "Retry the post.",
        ),
    ),
)
_EVERY_PLATFORM = (
    Explanation(
        id="media.bytes_inline_unsupported",
        message="The platform does not accept `bytesBase64`.",
        remediation="Send `mediaId` or `url` instead.",
        summary="Every platform accepts `bytesBase64` here: where a platform fetches media itself, this service stores "
        "the bytes and gives the platform a URL. This rule is never raised.",
    ),
)

PLANNED: Mapping[str, tuple[Explanation, ...]] = MappingProxyType({"Instagram": _INSTAGRAM, "Media": _EVERY_PLATFORM})
"""The explanations, by the title of their section."""
