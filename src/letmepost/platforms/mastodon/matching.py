"""Compares a status that a server returns with the one that was sent.

A server returns HTML: links are cut into pieces, mentions lose their domain, and line breaks become tags. Compatible
servers may also read the text as Markdown. So white space, the domains of mentions and characters that format text are
not compared. Media items prove more than any text: each belongs to one status.
"""

import html
import re
from collections.abc import Mapping
from typing import Any

from letmepost.domain.text import compose
from letmepost.platforms._kit.fields import object_in, objects_in, text_in, texts_in

_MENTION_DOMAIN = re.compile(r"(@[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)@\w+(?:[.-]+\w+)*")
_IGNORED = re.compile(r"[\s*_`~#>\\]+")
_TAG_OR_TEXT = re.compile(r"<(/?)([A-Za-z]\w*)\b([^<>]*)>|(<|[^<]+)")
_BREAKS = frozenset({"p", "br", "div", "li"})
_QUOTE_CLASS = "quote-inline"


def is_same(shown: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Return True if `shown`, an entry of a timeline, has the content of this `body`."""
    if shown.get("reblog") is not None or shown.get("in_reply_to_id") != body.get("in_reply_to_id"):
        return False
    sent_media = set(body.get("media_ids", ()))
    if _media(shown) != sent_media:
        return False
    return bool(sent_media) or (_has_text(shown, body) and _poll(shown) == _sent_poll(body))


def plain_text(content: str) -> str:
    """Return the text of a status's HTML, without the link that a server adds to a quote.

    A tag is whatever is between angle brackets. A complete parser takes minutes for HTML that is made to be slow.
    """
    pieces: list[str] = []
    skipped, depth = "", 0
    for found in _TAG_OR_TEXT.finditer(content):
        closing, tag, rest, text = found.groups()
        if tag is None:
            pieces += [] if depth else [html.unescape(text)]
        elif not depth and not closing and _QUOTE_CLASS in rest:
            skipped, depth = tag, 1
        elif depth and tag == skipped:
            depth += -1 if closing else 1
        elif tag in _BREAKS:  # a mention at the end of a line does not continue on the next
            pieces.append("\n")
    return "".join(pieces)


def _has_text(shown: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    sent, warning = _canonical(str(body["status"])), _canonical(str(body.get("spoiler_text", "")))
    texts = (plain_text(text_in(shown, "content") or ""), text_in(shown, "text"))
    is_found = any(text is not None and _canonical(text) == sent for text in texts)
    return is_found and _canonical(text_in(shown, "spoiler_text") or "") == warning


def _canonical(text: str) -> str:
    return _IGNORED.sub("", _MENTION_DOMAIN.sub(r"\1", compose(text)))


def _media(shown: Mapping[str, Any]) -> set[str]:
    return {str(item.get("id")) for item in objects_in(shown, "media_attachments")}


def _poll(shown: Mapping[str, Any]) -> list[str]:
    return [_canonical(str(row.get("title"))) for row in objects_in(object_in(shown, "poll"), "options")]


def _sent_poll(body: Mapping[str, Any]) -> list[str]:
    return [_canonical(answer) for answer in texts_in(object_in(body, "poll"), "options")]
