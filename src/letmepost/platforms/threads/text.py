"""How Threads counts text, and what it counts as a link.

https://developers.facebook.com/docs/threads/overview (checked 2026-11-21) states a limit of 500 characters, where an
emoji counts as its UTF-8 bytes. In practice, the service rejects every text of more than 500 UTF-8 bytes with "Param
text must be at most 500 characters long" (observed by public clients, checked 2026-11-28).
"""

from collections.abc import Mapping
from types import MappingProxyType

import regex

from letmepost.domain.lengths import Measure
from letmepost.domain.text import count_utf8_bytes
from letmepost.platforms.threads.settings import TextUnit

# Every sequence that may be drawn as a picture counts as an emoji, so that Threads accepts what is accepted here.
_EMOJI = regex.compile(
    r"[0-9#*]\uFE0F?\u20E3"  # a keycap
    r"|\p{Regional_Indicator}"  # half a flag
    r"|\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?[\U000E0020-\U000E007F]*"
    r"(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)*"
    r"|\p{Emoji_Modifier}"
)
_LINK = regex.compile(r"https?://[^\s<>\"]+", regex.IGNORECASE)


def count_characters(text: str) -> int:
    """Return the length as Threads' documentation defines it: code points, and UTF-8 bytes for emoji."""
    return len(text) + sum(len(emoji.encode()) - len(emoji) for emoji in _EMOJI.findall(text))


MEASURES: Mapping[TextUnit, Measure] = MappingProxyType(
    {
        "bytes": Measure(
            unit="bytes",
            count=count_utf8_bytes,
            how="Threads counts UTF-8 bytes, where an ASCII letter is 1, é or я 2, a typographic apostrophe or "
            "a CJK character 3, an emoji 4 or more",
            is_cheap=True,
        ),
        "characters": Measure(unit="characters", count=count_characters, how="an emoji counts as its UTF-8 bytes"),
    }
)
"""The measure of a text, by the deployment's setting."""


def links_in(text: str) -> frozenset[str]:
    """Return the distinct links in a text."""
    return frozenset(link.rstrip(".,;:!?)]}'") for link in _LINK.findall(text))
