"""What followers see of a post's text: little text, read as LinkedIn reads it.

Source: fact sheet section 3. The first reserved character that is neither escaped nor part of an element ends the text:
the post is accepted all the same, and the rest of it is lost.
"""

import re

_RESERVED = r"\\|{}@\[\]()<>#*_~"
_PIECE = re.compile(
    rf"""
    (?P<plain>[^{_RESERVED}]+)
    | \\(?P<escaped>.)
    | \#(?P<tag>[^\W_]+)
    | \{{hashtag\|\\?\#\|(?P<template>(?:\\.|[^|{{}}\\])+)\}}
    | @\[(?P<name>(?:\\.|[^\]\\])+)\]\(urn:li:(?:person|organization):[\w-]+\)
    """,
    re.VERBOSE | re.DOTALL,
)


def visible_text(little: str) -> str:
    """The text as it is shown; it ends where it was not escaped as it should have been."""
    shown, at = [], 0
    while (piece := _PIECE.match(little, at)) is not None:
        shown.append(_show(piece))
        at = piece.end()
    return "".join(shown)


def _show(piece: re.Match[str]) -> str:
    kind = piece.lastgroup or ""
    text = piece[kind]
    if kind in {"template", "name"}:
        text = re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
    return f"#{text}" if kind in {"tag", "template"} else text
