"""How the server counts and shows a text.

app/validators/status_length_validator.rb, app/lib/text_formatter.rb and config/initializers/twitter_regex.rb of
https://github.com/mastodon/mastodon (checked 2026-11-29).
"""

import re
from collections.abc import Callable
from html import escape

import regex

_PATH = r"[^\s<>()?]"
_BRACKETS = rf"\((?:{_PATH}+|{_PATH}*\({_PATH}+\){_PATH}*)\)"
_PATH_END = rf"(?:[^\s()?!*\"'「」<>;:=,.$%\[\]~&|@]|{_BRACKETS})"
_NOT_ASCII = r"\u00a0-\U0010ffff"
_QUERY = rf"\?[a-z0-9!?*'();:&=+$/%#\[\]_.,~|@^{_NOT_ASCII}-]*[a-z0-9_&=#/{_NOT_ASCII}-]"
_LINK = (
    r"(?<![a-z0-9@\uff20$#\uff03])(?:https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini)://"
    r"(?:[\w-]++\.){1,126}(?:xn--[a-z0-9-]++|\p{L}[\p{L}\p{M}]++)(?![0-9a-z@+-])(?::[0-9]+)?"
    rf"(?:/(?:{_PATH}*(?:{_BRACKETS}{_PATH}*)*{_PATH_END}|{_PATH}+/)*)?(?:{_QUERY})?"
)
_MENTION = r"(?<![=/\w])@(?P<name>[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?:@\w+(?:[.-]+\w+)*)?"
_LINK_OR_MENTION = regex.compile(rf"(?P<link>{_LINK})|{_MENTION}", regex.IGNORECASE)
"""Of two that overlap, the first counts."""
_LINK_COUNTS = 23
_SHOWN = 30


def count(text: str, warning: str) -> int:
    """Return the number of characters that the server counts: what a person sees, with links and mentions shortened.

    The content warning counts as it is written.
    """
    counted = _rewritten(text, show_link=lambda _link: "x" * _LINK_COUNTS, show_text=str)
    return len(regex.findall(r"\X", warning + counted))


def as_html(text: str) -> str:
    """Return a text as the API shows it: links in three parts, mentions without their domain, and paragraphs."""
    html = _rewritten(text, show_link=_anchor, show_text=lambda piece: escape(piece, quote=False))
    paragraphs = [part.replace("\n", "<br />") for part in re.split(r"\n{2,}", html.strip("\n"))]
    return "".join(f"<p>{part}</p>" for part in paragraphs) if text.strip() else ""


def _rewritten(text: str, *, show_link: Callable[[str], str], show_text: Callable[[str], str]) -> str:
    """Return the text with its links as they are shown, and its mentions without their domain."""
    pieces, at = [], 0
    for found in _LINK_OR_MENTION.finditer(text):
        entity = f"@{found['name']}" if found["link"] is None else show_link(found["link"])
        pieces += [show_text(text[at : found.start()]), entity]
        at = found.end()
    return "".join([*pieces, show_text(text[at:])])


def _anchor(link: str) -> str:
    _, prefix, rest = re.split(r"^(\w+://(?:www\.)?)", link, maxsplit=1)
    shown = "ellipsis" if len(rest) > _SHOWN else ""
    return (
        f'<a href="{escape(link)}" target="_blank" rel="nofollow noopener noreferrer">'
        f'<span class="invisible">{escape(prefix)}</span><span class="{shown}">{escape(rest[:_SHOWN])}</span>'
        f'<span class="invisible">{escape(rest[_SHOWN:])}</span></a>'
    )
