"""LinkedIn's "little text", the format of a post's text.

LinkedIn accepts an unescaped reserved character, and shows the text only up to that character.
https://learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format (checked 2026-11-28).

Callers write mentions as in little text: `@[Acme](urn:li:organization:1)`. LinkedIn shows the name, as a link if it is
the exact name of the page or part of the person's name, and as plain text otherwise. Everything else is shown as
written.
"""

import re

import regex

from letmepost.platforms.linkedin.urns import AUTHOR_PATTERN

_RESERVED = re.compile(r"[\\|{}@\[\]()<>#*_~]")

# A name may contain brackets. It ends before the next mention, so that an incomplete mention does not consume a
# complete one.
_MENTION = rf"@\[(?P<name>(?:(?!@\[|\]\()[^\n])+)\]\((?P<urn>{AUTHOR_PATTERN})\)"

_ONE_MENTION = re.compile(_MENTION)

# A hashtag starts the text or follows white space, so `page#part` and a `#` in a URL are not hashtags. Joiners are part
# of words in Indic scripts and Persian.
_WORD = r"_*[\p{L}\p{N}](?:[\u200c\u200d]?[\p{L}\p{M}\p{N}_])*"
_LINK = regex.compile(rf"{_MENTION}|(?<!\S)#(?P<tag>{_WORD})")
_SIMPLE_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


def escape(text: str) -> str:
    """Return the text as little text. Its hashtags and mentions are links, and no character is lost."""
    parts, end = [], 0
    for found in _LINK.finditer(text):
        tag = found["tag"]
        link = _tag(tag) if tag is not None else f"@[{_literal(found['name'])}]({found['urn']})"
        parts += [_literal(text[end : found.start()]), link]
        end = found.end()
    return "".join([*parts, _literal(text[end:])])


def shown(text: str) -> str:
    """Return the text that followers see: each mention is its name."""
    return _ONE_MENTION.sub(r"\g<name>", text) if "@[" in text else text


def has_mention(text: str) -> bool:
    """Return True if the text mentions a person or a page."""
    return "@[" in text and _ONE_MENTION.search(text) is not None


def _literal(text: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", text)


def _tag(word: str) -> str:
    # The short form cannot contain an underscore: escaped it would end the tag, unescaped it would end the text.
    return f"#{word}" if _SIMPLE_WORD.fullmatch(word) else f"{{hashtag|\\#|{_literal(word)}}}"
