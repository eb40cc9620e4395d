"""How the server counts and shows a text.

app/validators/status_length_validator.rb and app/lib/text_formatter.rb of https://github.com/mastodon/mastodon (checked
2026-11-29). A word is examined as a whole: first where a link begins in it, then for mentions outside links.
"""

import re
from html import escape

import regex

_SCHEMES = ("https://", "http://")
_HOST_CHARACTER = re.compile(r"[\w.-]")
_TOP_LEVEL = regex.compile(r"(?:\p{L}[\p{L}\p{M}]+|xn--[A-Za-z0-9-]+)")
_MENTION = re.compile(r"(?<![=/\w])@([A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)(@\w+(?:[.-]+\w+)*)?")
_CLOSING = set("!*\"'「」<>;:=,.$%[]~&|@?")
_LINK = 23
_SHOWN = 30


def count(text: str, warning: str) -> int:
    """Return the number of characters that the server counts: what a person sees, with links and mentions shortened.

    The content warning counts as it is written.
    """
    counted = "".join(
        "x" * _LINK if is_link else _MENTION.sub(lambda found: f"@{found[1]}", piece)
        for is_link, piece in _pieces(text)
    )
    return len(regex.findall(r"\X", warning + counted))


def as_html(text: str) -> str:
    """Return a text as the API shows it: links in three parts, mentions without their domain, and paragraphs."""
    html = "".join(_anchor(piece) if is_link else _plain(piece) for is_link, piece in _pieces(text))
    paragraphs = [part.replace("\n", "<br />") for part in re.split(r"\n{2,}", html.strip("\n"))]
    return "".join(f"<p>{part}</p>" for part in paragraphs) if text.strip() else ""


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Return the text in pieces, each with whether it is a link."""
    pieces: list[tuple[bool, str]] = []
    for word in re.split(r"(\s+)", text):
        at = 0
        while (start := _next_link(word, at)) is not None:
            end = _end_of_link(word, start)
            if end is None:
                pieces.append((False, word[at : start + 1]))
                at = start + 1
                continue
            pieces += [(False, word[at:start]), (True, word[start:end])]
            at = end
        pieces.append((False, word[at:]))
    return _joined(pieces)


def _joined(pieces: list[tuple[bool, str]]) -> list[tuple[bool, str]]:
    """Join the pieces between two links, so that a mention is not cut."""
    joined: list[tuple[bool, str]] = []
    for is_link, piece in pieces:
        if joined and not is_link and not joined[-1][0]:
            joined[-1] = (False, joined[-1][1] + piece)
        elif piece:
            joined.append((is_link, piece))
    return joined


def _next_link(word: str, at: int) -> int | None:
    lowered = word.lower()
    starts = [start for scheme in _SCHEMES if (start := lowered.find(scheme, at)) >= 0]
    return min(starts, default=None)


def _end_of_link(word: str, start: int) -> int | None:
    """Return where the link ends that begins here, or None if there is none: it needs a domain."""
    before = word[start - 1] if start else " "
    if (before.isascii() and before.isalnum()) or before in "@\uff20$#\uff03":
        return None
    at = word.index("://", start) + 3
    host_end = at
    while host_end < len(word) and _HOST_CHARACTER.match(word[host_end]):
        host_end += 1
    host = word[at:host_end].rstrip(".-_")
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or _TOP_LEVEL.fullmatch(labels[-1]) is None:
        return None
    end = at + len(host)
    port = re.compile(r":[0-9]+").match(word, end)
    end = port.end() if port else end
    if end == len(word) or word[end] not in "/?":
        return end
    rest = re.split(r"[<>]", word[end:], maxsplit=1)[0]
    return end + len(_trimmed(rest))


def _trimmed(rest: str) -> str:
    """Return a path without closing punctuation. A bracket that the path opens belongs to it."""
    while len(rest) > 1 and (rest[-1] in _CLOSING or rest[-1] == "(" or rest[-1] == ")"):
        if rest[-1] == ")" and rest.count("(") >= rest.count(")"):
            break
        rest = rest[:-1]
    return rest


def _anchor(link: str) -> str:
    prefix = next(part for part in ("https://www.", "http://www.", *_SCHEMES) if link.lower().startswith(part))
    prefix, rest = link[: len(prefix)], link[len(prefix) :]
    shown = "ellipsis" if len(rest) > _SHOWN else ""
    return (
        f'<a href="{escape(link)}" target="_blank" rel="nofollow noopener noreferrer">'
        f'<span class="invisible">{escape(prefix)}</span><span class="{shown}">{escape(rest[:_SHOWN])}</span>'
        f'<span class="invisible">{escape(rest[_SHOWN:])}</span></a>'
    )


def _plain(piece: str) -> str:
    return escape(_MENTION.sub(lambda found: f"@{found[1]}", piece), quote=False)
