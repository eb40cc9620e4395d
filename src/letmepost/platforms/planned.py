"""Documented rules that are never raised here.

Callers branch on these ids, so each has a page that states why.
"""

from collections.abc import Mapping
from types import MappingProxyType

from letmepost.domain.refusals import Explanation

_EVERY_PLATFORM = (
    Explanation(
        id="media.bytes_inline_unsupported",
        message="The platform does not accept `bytesBase64`.",
        remediation="Send `mediaId` or `url` instead.",
        summary="Every platform accepts `bytesBase64` here: where a platform fetches media itself, this service stores "
        "the bytes and gives the platform a URL. This rule is never raised.",
    ),
)

PLANNED: Mapping[str, tuple[Explanation, ...]] = MappingProxyType({"Media": _EVERY_PLATFORM})
"""The explanations, by the title of their section."""
