"""LinkedIn's "little text", in which the text of a post is written.

An unescaped reserved character does not make a post fail: it is accepted, and shown up to that character only.
https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format (checked 2026-11-22).
"""

import re

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")

# A hashtag begins the text or follows a space, so that `page#part` and a `#` in an address are none.
_HASHTAG = re.compile(r"(?<!\S)#(\w+)")
_ELEMENT = re.compile(r"\\(.)|\{hashtag\|\\#\|((?:\\.|[^|{}])*)\}", re.DOTALL)


def escape(text: str) -> str:
    """The text as little text: all of it is shown as it stands, and its hashtags are links."""
    parts, end = [], 0
    for found in _HASHTAG.finditer(text):
        parts += [_literal(text[end : found.start()]), _tag(found.group(1))]
        end = found.end()
    return "".join([*parts, _literal(text[end:])])


def unescape(little: str) -> str:
    """The text that escapes to this."""
    return _ELEMENT.sub(_shown, little)


def _literal(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)


def _tag(word: str) -> str:
    if "_" not in word:
        return f"#{word}"
    # The short form cannot hold an underscore: escaped it would end the tag, and bare it would end the text.
    return f"{{hashtag|\\#|{_literal(word)}}}" if word.strip("_") else _literal(f"#{word}")


def _shown(element: re.Match[str]) -> str:
    character, word = element.groups()
    return f"#{unescape(word)}" if character is None else str(character)
