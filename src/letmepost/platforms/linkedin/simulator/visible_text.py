"""What followers see of a post's text: little text, read as LinkedIn reads it.

Source: fact sheet section 3. The first reserved character that is not escaped and not part of an element ends the text:
the post is accepted, but the rest of the text is lost.
"""

from typing import NamedTuple

import regex

_RESERVED = r"\\|{}@\[\]()<>#*_~"
_PIECE = regex.compile(
    rf"""
    (?P<plain>[^{_RESERVED}]+)
    | \\(?P<escaped>.)
    | \#(?P<tag>[\p{{L}}\p{{N}}][\p{{L}}\p{{M}}\p{{N}}]*)
    | \{{hashtag\|\\?\#\|(?P<template>(?:\\.|[^|{{}}\\])+)\}}
    | @\[(?P<name>(?:\\.|[^\]\\])+)\]\((?P<urn>urn:li:(?:person|organization):[\w-]+)\)
    """,
    regex.VERBOSE | regex.DOTALL,
)
_ESCAPED = regex.compile(r"\\(.)", regex.DOTALL)


class Mention(NamedTuple):
    """A mention: the displayed name, and the URN of the mentioned entity."""

    name: str
    urn: str


class LittleText(NamedTuple):
    """The displayed text, with its hashtags (without `#`) and its mentions, both in order."""

    text: str
    hashtags: tuple[str, ...]
    mentions: tuple[Mention, ...]


def read_little(little: str) -> LittleText:
    """Read little text up to the first character that is not escaped correctly."""
    shown, hashtags, mentions, at = [], [], [], 0
    while (piece := _PIECE.match(little, at)) is not None:
        at = piece.end()
        if (tag := piece["tag"] or piece["template"]) is not None:
            hashtags.append(_plain(tag))
            shown.append(f"#{hashtags[-1]}")
        elif piece["name"] is not None:
            mentions.append(Mention(_plain(piece["name"]), piece["urn"]))
            shown.append(mentions[-1].name)
        else:
            shown.append(piece["plain"] or piece["escaped"])
    return LittleText("".join(shown), tuple(hashtags), tuple(mentions))


def _plain(escaped: str) -> str:
    return _ESCAPED.sub(r"\1", escaped)
