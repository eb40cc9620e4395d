"""How long X finds a text.

twitter-text's configuration v3, https://github.com/twitter/twitter-text config/v3.json and js/src/parseTweet.js (read
2026-11-22): most alphabets count 1 a character, all else 2, an emoji 2 however many characters it is made of, and a
link 23 however long it is. Emoji are told by Unicode's grammar of them rather than by a list, so that next year's are
known: up to four that are joined count as one here, even if no font draws them so.
"""

import re

import regex

from letmepost.domain.text import compose
from letmepost.platforms.twitter.links import LABEL_MAX_CHARS, URL_MAX_CHARS, find_links

LINK_WEIGHT = 23
_EMOJI_WEIGHT = 2

_LIGHT = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
"""What counts 1."""
_INVALID = re.compile("[\ufffe\ufeff\uffff]")

_PICTURE = r"(?:[©®]\uFE0F|(?![©®0-9#*])\p{Emoji}(?!\uFE0E)(?:\uFE0F|\p{Emoji_Modifier})?)"
_EMOJI = regex.compile(
    r"[0-9#*]\uFE0F?\u20E3"
    r"|[\U0001F1E6-\U0001F1FF]{2}"
    r"|\U0001F3F4[\U000E0030-\U000E0039\U000E0061-\U000E007A]{1,31}\U000E007F"
    rf"|{_PICTURE}(?:\u200D{_PICTURE}){{0,3}}"
)


def weigh(text: str) -> int:
    """The length of a text as X counts it."""
    text = compose(text)
    total, at = 0, 0
    for link in find_links(text):
        total += _weigh_plain(text[at : link.start]) + LINK_WEIGHT
        at = link.end
    return total + _weigh_plain(text[at:])


def shrinks_by_max(beginning: str) -> int:
    """Return how much less a text may weigh than this beginning of it: the last word may turn out to be a link.

    The part of a link before its first dot is a scheme and a label. A character weighs at most 2.
    """
    word = beginning[-URL_MAX_CHARS:].rsplit(maxsplit=1)[-1:]
    first_dot = word[0].find(".") if word else -1
    after_dot = 0 if first_dot < 0 else len(word[0]) - first_dot
    return 2 * (len("https://") + LABEL_MAX_CHARS + after_dot)


def is_clean(text: str) -> bool:
    """Whether a text has none of the characters that X refuses."""
    return _INVALID.search(text) is None


def _weigh_plain(text: str) -> int:
    if text.isascii():
        return len(text)  # a keycap's digit is ASCII, what makes it one is not
    rest, emoji_count = _EMOJI.subn("", text)
    light_count = len(_LIGHT.findall(rest))
    return emoji_count * _EMOJI_WEIGHT + 2 * len(rest) - light_count
