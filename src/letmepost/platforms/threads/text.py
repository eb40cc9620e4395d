"""How Threads counts a text, and what it takes for a link.

https://developers.facebook.com/docs/threads/overview (checked 2026-11-21): 500 characters, in which an emoji counts as
many as it has bytes in UTF-8. A sequence that may be shown as a picture is taken for one, so that what is let through
here is let through there. Letters are counted by code points, of which a combined letter has more than one.
"""

import regex

_EMOJI = regex.compile(
    r"[0-9#*]\uFE0F?\u20E3"  # a keycap
    r"|\p{Regional_Indicator}"  # half a flag
    r"|\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?[\U000E0020-\U000E007F]*"
    r"(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)*"
    r"|\p{Emoji_Modifier}"
)
_LINK = regex.compile(r"https?://[^\s<>\"]+", regex.IGNORECASE)


def count_characters(text: str) -> int:
    """The length of a text as Threads counts it."""
    return len(text) + sum(len(emoji.encode()) - len(emoji) for emoji in _EMOJI.findall(text))


def links_in(text: str) -> frozenset[str]:
    """The different links in a text. A link given twice is one."""
    return frozenset(link.rstrip(".,;:!?)]}'") for link in _LINK.findall(text))
