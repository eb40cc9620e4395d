"""How X counts the length of a text.

twitter-text 3.1.0, configuration v3 (https://github.com/twitter/twitter-text config/v3.json and js/src/parseTweet.js,
read 2026-11-28): letters of most alphabets count 1, everything else 2, an emoji 2 however many characters it consists
of, and a link 23 however long it is. Emoji are recognized by Unicode's grammar instead of a list, so that new ones are
known: up to four that are joined count as one here, even if no font has a picture for them.
"""

import re

import regex

from letmepost.domain.text import compose
from letmepost.platforms.twitter.domains import LABEL_MAX_CHARS
from letmepost.platforms.twitter.links import URL_MAX_CHARS, find_links

LINK_WEIGHT = 23
_EMOJI_WEIGHT = 2

_LIGHT = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
"""Characters that count 1."""
_INVALID = re.compile("[\ufffe\ufeff\uffff]")

# The Unicode version of twitter-text decides which emoji have a text form, and so include a variation selector 16: all
# that are text by default, and these, which are pictures by default.
_WITH_TEXT_FORM = (
    "\u231a\u231b\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26d4"
    "\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2757\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f21a\U0001f22f"
)
_PICTURE = (
    r"(?:[©®]\uFE0F"
    r"|\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|(?!\p{Emoji_Presentation})\p{Emoji_Modifier_Base}\uFE0F\p{Emoji_Modifier}"
    rf"|(?:[{_WITH_TEXT_FORM}]|(?![©®0-9#*\p{{Emoji_Presentation}}])\p{{Emoji}})(?:\uFE0F|(?!\uFE0E))"
    rf"|(?![{_WITH_TEXT_FORM}])\p{{Emoji_Presentation}})"
)
_EMOJI = regex.compile(
    r"[0-9#*]\uFE0F?\u20E3"
    r"|[\U0001F1E6-\U0001F1FF]{2}"
    r"|\U0001F3F4\U000E0067\U000E0062(?:\U000E0065\U000E006E\U000E0067|\U000E0073\U000E0063\U000E0074"
    r"|\U000E0077\U000E006C\U000E0073)\U000E007F"
    rf"|{_PICTURE}(?:\u200D{_PICTURE}){{0,3}}"
)


def weigh(text: str) -> int:
    """Return the length of a text as X counts it."""
    text = compose(text)
    total, at = 0, 0
    for link in find_links(text):
        total += _weigh_plain(text[at : link.start]) + LINK_WEIGHT
        at = link.end
    return total + _weigh_plain(text[at:])


def shrinks_by_max(beginning: str) -> int:
    """Return how much less a text may weigh than this prefix of it: the last word may turn out to be a link.

    The part of a link before its first dot is a scheme and a label. A character weighs at most 2.
    """
    word = beginning[-URL_MAX_CHARS:].rsplit(maxsplit=1)[-1:]
    first_dot = word[0].find(".") if word else -1
    after_dot = 0 if first_dot < 0 else len(word[0]) - first_dot
    return 2 * (len("https://") + LABEL_MAX_CHARS + after_dot)


def is_clean(text: str) -> bool:
    """Return whether a text has none of the characters that X rejects."""
    return _INVALID.search(text) is None


def _weigh_plain(text: str) -> int:
    if text.isascii():
        return len(text)  # the digit of a keycap is ASCII, but its other characters are not
    rest, emoji_count = _EMOJI.subn("", text)
    light_count = len(_LIGHT.findall(rest))
    return emoji_count * _EMOJI_WEIGHT + 2 * len(rest) - light_count
