"""Facets: the links, mentions and hashtags of a text.

The network links nothing by itself: the author's client marks what is a link, a mention or a hashtag, by ranges of
UTF-8 bytes. The detection follows the official client, so that a post looks the same wherever it was written:
https://github.com/bluesky-social/atproto/tree/main/packages/api/src/rich-text (read 2026-11-21).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from letmepost.domain.text import count_utf8_bytes
from letmepost.platforms.bluesky.graphemes import count_graphemes
from letmepost.platforms.bluesky.shortening import is_too_long_in_any_case, needs_short_links, short_link
from letmepost.platforms.bluesky.syntax import is_handle

_FACET = "app.bsky.richtext.facet"
_SEARCHED_MAX_CHARS = 10_000
"""Longer texts are searched for links only if shortening them may help: a search takes milliseconds."""
# https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/richtext/facet.json (read 2026-11-21)
_TAG_MAX_GRAPHEMES = 64
_TAG_MAX_BYTES = 640

# The grammar is ECMAScript's. Its white space includes U+FEFF, but not Python's control characters.
_SPACE = r"\t\n\v\f\r\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_INVISIBLE = r"\u00ad\u2060\u200a-\u200d\u20e2"
_OPENING = rf"(?<![^{_SPACE}(])"  # at the start, after white space or after a parenthesis
_LINK_CHAR = rf"[^{_SPACE}\x00-\x1f\x7f-\x9f]"  # some servers reject a URI with control characters
_TAG_CHAR = rf"[^{_SPACE}{_INVISIBLE}]"

_MENTION = regex.compile(rf"{_OPENING}@([a-zA-Z0-9.-]+)\b", regex.ASCII)
_LINK = regex.compile(rf"{_OPENING}https?://{_LINK_CHAR}+", regex.IGNORECASE)
_BARE_LINK = regex.compile(
    # Possessive: a domain matches as a whole, and does not match if a name continues after it (`a.com-b`, `a.io@b`).
    rf"{_OPENING}(?P<domain>[a-z][a-z0-9]*+(?:\.[a-z0-9]++)++)(?![\p{{L}}\p{{N}}_@-])(?:[/?#:]{_LINK_CHAR}*)?",
    regex.IGNORECASE,
)
_TAG = regex.compile(rf"(?<![^{_SPACE}])[#\uff03](?!\ufe0f)({_TAG_CHAR}*[^0-9\p{{P}}{_SPACE}{_INVISIBLE}]{_TAG_CHAR}*)")
_CASHTAG = regex.compile(rf"{_OPENING}\$([A-Za-z][A-Za-z0-9]{{0,4}})(?=[{_SPACE}.,;:!?)\"'\u2019]|\Z)")
_TRAILING_PUNCTUATION = regex.compile(r"\p{P}+\Z")
_HOST = regex.compile(r"https?://(?:[^/?#@]*@)?+(?:[^/?#@:]*[\p{L}\p{N}]|\[[0-9a-f:.]+\])", regex.IGNORECASE)

# A domain without https:// is a link only with one of these endings, in lower case. The official client accepts every
# top-level domain, a list that changes monthly, and so links `README.md`, `main.rs` and, where a space is missing,
# `that was it.No`. Authors can always write https:// to get a link.
_BARE_SUFFIX = regex.compile(
    r"com|org|net|edu|gov|info|app|dev|social|blog|news|shop|store|online|site|club|xyz|io|co|me|tv"
    r"|ai|ly|gg|to|link"
    r"|eu|uk|us|ca|au|nz|ie|de|at|ch|nl|be|fr|es|it|pt|se|no|dk|fi|cz|br|jp|kr"
)


@dataclass(frozen=True, slots=True)
class _Span:
    """The characters from `start` to `end` of a text, and what they are."""

    start: int
    end: int
    feature: Mapping[str, str]


def mentioned_handles(text: str) -> list[str]:
    """Return the handles that a text mentions, in lower case, each once, in order.

    Everything in the form of a handle counts, whatever its top-level domain: the network resolves whether it exists.
    """
    return list(dict.fromkeys(match[1].lower() for match in _MENTION.finditer(text) if is_handle(match[1])))


@dataclass(frozen=True, slots=True)
class RichText:
    """A text as it is sent, and its facets, sorted and without overlaps."""

    text: str
    facets: list[dict[str, Any]]


def rich_text(text: str, dids: Mapping[str, str], *, shorten_links: bool | None) -> RichText:
    """Detect the facets of a text, and shorten how its links are shown.

    Args:
        dids: handle → DID of the mentions that could be resolved; the others stay text.
        shorten_links: None to shorten only if the text is too long otherwise.
    """
    spans = _spans(text, dids)
    if needs_short_links(text, wanted=shorten_links):
        text, spans = _shortened(text, spans)
    return RichText(text, [_facet(text, span) for span in spans])


def sent_text(text: str, *, shorten_links: bool | None) -> str:
    """Return a text as it is sent. Mentions do not change it: a link never begins inside one.

    A long text that is over the limit however its links are shown is returned as it is.
    """
    may_have_links = "." in text or "://" in text
    if not may_have_links or (len(text) > _SEARCHED_MAX_CHARS and is_too_long_in_any_case(text)):
        return text
    return _shortened(text, _spans(text, {}))[0] if needs_short_links(text, wanted=shorten_links) else text


def _spans(text: str, dids: Mapping[str, str]) -> list[_Span]:
    spans = [*_mentions(text, dids), *_links(text), *_tags(text), *_cashtags(text)]
    kept: list[_Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        # If two facets overlap (`#tag(https://…`), the network would drop one of them silently. The first one is kept.
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _shortened(text: str, spans: Sequence[_Span]) -> tuple[str, list[_Span]]:
    """Return the text with its links shown short, and its spans at their new positions."""
    moved: list[_Span] = []
    sent, at = "", 0
    for span in spans:
        sent += text[at : span.start]
        shown, at = text[span.start : span.end], span.end
        shown = short_link(shown) if "uri" in span.feature else shown
        moved.append(_Span(len(sent), len(sent) + len(shown), span.feature))
        sent += shown
    return sent + text[at:], moved


def _mentions(text: str, dids: Mapping[str, str]) -> Iterator[_Span]:
    for match in _MENTION.finditer(text):
        did = dids.get(match[1].lower())
        if did is not None:
            yield _Span(match.start(), match.end(), {"$type": f"{_FACET}#mention", "did": did})


def _links(text: str) -> Iterator[_Span]:
    for match in _LINK.finditer(text):
        yield from _link(match.start(), match[0], "")
    for match in _BARE_LINK.finditer(text):
        if _BARE_SUFFIX.fullmatch(match["domain"].rpartition(".")[2]):
            yield from _link(match.start(), match[0], "https://")


def _link(start: int, shown: str, scheme: str) -> Iterator[_Span]:
    """Return the link without the punctuation of the sentence around it, or nothing if no host is left."""
    if shown[-1] in ".,;:!?":
        shown = shown[:-1]
    if shown.endswith(")") and "(" not in shown:
        shown = shown[:-1]
    if _HOST.match(scheme + shown):
        yield _Span(start, start + len(shown), {"$type": f"{_FACET}#link", "uri": scheme + shown})


def _tags(text: str) -> Iterator[_Span]:
    for match in _TAG.finditer(text):
        tag = _TRAILING_PUNCTUATION.sub("", match[1])
        is_short = len(tag) <= _TAG_MAX_GRAPHEMES or count_graphemes(tag) <= _TAG_MAX_GRAPHEMES
        if is_short and count_utf8_bytes(tag) <= _TAG_MAX_BYTES:
            yield _Span(match.start(), match.start(1) + len(tag), {"$type": f"{_FACET}#tag", "tag": tag})


def _cashtags(text: str) -> Iterator[_Span]:
    for match in _CASHTAG.finditer(text):
        yield _Span(match.start(), match.end(), {"$type": f"{_FACET}#tag", "tag": f"${match[1].upper()}"})


def _facet(text: str, span: _Span) -> dict[str, Any]:
    first_byte = count_utf8_bytes(text[: span.start])
    length_bytes = count_utf8_bytes(text[span.start : span.end])
    return {
        "index": {"byteStart": first_byte, "byteEnd": first_byte + length_bytes},
        "features": [dict(span.feature)],
    }
