"""How X reads a text: its links, its length, its cashtags, and the characters that it rejects.

Written from section 3 of the fact sheet and the grammar of twitter-text 3.1.0
(https://github.com/twitter/twitter-text, read 2026-11-28), and not from the platform's own code: a mistake in either
shows in the other. Only the list of top-level domains is shared.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from letmepost.platforms.twitter.tlds import TLDS

MAX_WEIGHT = 280
MAX_CASHTAGS = 1

_LINK_WEIGHT = 23
_HALF_WEIGHT = ((0x0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))

_FLAGS = regex.IGNORECASE | regex.ASCII
_ACCENTS = (
    r"\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u0253\u0254\u0256\u0257\u0259\u025B\u0263\u0268\u026F\u0272\u0289\u028B"
    r"\u02BB\u0300-\u036F\u1E00-\u1EFF"
)
_NOT_IN_NAMES = (
    r"!'#%&()*+,\\\-./:;<=>?@\[\]\^_{|}~$"  # punctuation
    r"\t\n\v\f\r\x20\x85\xA0\u1680\u180E\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"  # white space
    r"\uFFFE\uFEFF\uFFFF\u202A-\u202E\u061C\u200E\u200F\u2066-\u2069"  # rejected characters, direction marks
)
_NAME_CHAR = rf"[^{_NOT_IN_NAMES}]"
_LABEL = rf"{_NAME_CHAR}[^{_NOT_IN_NAMES}--[_\-]]*+(?<![_\-])\."
_TLD = rf"(?={_NAME_CHAR}{{2}})(?:\L<tlds>(?![0-9a-zA-Z@+\-])|xn--[\-0-9a-z]+)"
# The DNS has at most 127 labels in a name.
_DOMAIN = rf"(?:{_LABEL}){{0,125}}(?P<name>{_NAME_CHAR}[^{_NOT_IN_NAMES}--[\-]]*+(?<!-)\.){_TLD}"
_PATH_CHAR = rf"a-z\u0400-\u04FF0-9!*';:=+,.$/%#\[\]\-\u2013_~@|\&{_ACCENTS}"
_IN_PARENTHESES = rf"\((?:[{_PATH_CHAR}]+|[{_PATH_CHAR}]*\([{_PATH_CHAR}]+\)[{_PATH_CHAR}]*)\)"
_PATH = rf"/(?:(?:[{_PATH_CHAR}]|{_IN_PARENTHESES})*(?:[+\-a-z\u0400-\u04FF0-9=_#/{_ACCENTS}]|{_IN_PARENTHESES}))?"
_QUERY = r"\?[a-z0-9!?*'@();:\&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_\&=#/]"

_LINK = regex.compile(
    rf"(?P<scheme>https?://)?(?P<domain>{_DOMAIN})(?::[0-9]+)?(?P<path>{_PATH})?(?:{_QUERY})?",
    _FLAGS | regex.VERSION1,
    tlds=TLDS,
)
_PART = regex.compile(rf"(?:[\-a-z0-9{_ACCENTS}]++\.)+{_TLD}", _FLAGS | regex.VERSION1, tlds=TLDS)
_TCO = regex.compile(rf"https?://t\.co/([a-z0-9]+)(?:{_QUERY})?", _FLAGS)
_LABEL_CHARS = regex.compile(rf"[^{_NOT_IN_NAMES}--[_\-]]++", regex.VERSION1)
_SCHEME = regex.compile("https?://", _FLAGS)
_NOT_BEFORE = regex.compile(r"[A-Za-z0-9@\uFF20$#\uFF03\uFFFE\uFEFF\uFFFF]")

_LINK_MAX_CHARS = 4096
_LABEL_MAX_CHARS = 63
_SLUG_MAX_CHARS = 40

_CASHTAG = regex.compile(
    r"(?:^|\s)\$[a-z]{1,6}(?:[._][a-z]{1,2})?(?=$|\s|[!'#%&()*+,\\\-./:;<=>?@\[\]\^_{|}~$])", _FLAGS
)

_KEYCAP = regex.compile(r"[#*0-9]\uFE0F?\u20E3")
_SUBDIVISION = regex.compile("\U0001f3f4\U000e0067\U000e0062[\U000e0061-\U000e007a]{3}\U000e007f")
_PICTURES_BY_DEFAULT_WITH_TEXT_FORM = frozenset(
    "⌚⌛◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛔⛪⛲⛳⛵⛺⛽❗⬛⬜⭐⭕🀄🈚🈯"
)
_IS_EMOJI, _IS_PICTURE = regex.compile(r"\p{Emoji}"), regex.compile(r"\p{Emoji_Presentation}")
_TAKES_TONE = regex.compile(r"\p{Emoji_Modifier_Base}")
_JOINER, _AS_TEXT, _AS_PICTURE = "\u200d", "\ufe0e", "\ufe0f"
_MAX_JOINED = 4


@dataclass(frozen=True, slots=True)
class Link:
    """A link: `text[start:end]`."""

    start: int
    end: int


def weight(text: str) -> int:
    """Return the length of a text: its parts in order, each with its own weight."""
    text = unicodedata.normalize("NFC", text)
    ends = {link.start: link.end for link in links(text)}
    total = at = 0
    while at < len(text):
        if at in ends:
            total, at = total + _LINK_WEIGHT, ends[at]
        elif (end := _emoji_end(text, at)) > at:
            total, at = total + 2, end
        else:
            is_half = any(first <= ord(text[at]) <= last for first, last in _HALF_WEIGHT)
            total, at = total + (1 if is_half else 2), at + 1
    return total


def cashtag_count(text: str) -> int:
    """Return the number of cashtags in a text."""
    return sum(1 for _ in _CASHTAG.finditer(text))


def links(text: str) -> Iterator[Link]:
    """Yield the links of a text, in order."""
    at, start = 0, _next_start(text, 0, 0)
    while start < len(text):
        found = _LINK.match(text, start)
        if found is None:
            start = _next_start(text, _after_label(text, start), at)
            continue
        yield from _links_in(text, found)
        at = found.end()
        start = _next_start(text, at + 1, at)


def _next_start(text: str, start: int, at: int) -> int:
    """Return the next place where a link may start: after a character that may precede it and follows the last link."""
    if start == 0 and text and not _NOT_BEFORE.match(text) and _LINK.match(text, 1):
        return 1  # the first character precedes a link if it can, rather than being part of it
    while start < len(text):
        may_precede = start == 0 or ((start > at or at == 0) and not _NOT_BEFORE.match(text, start - 1))
        if may_precede and (_SCHEME.match(text, start) or _label_end(text, start) > start):
            return start
        start += 1
    return start


def _after_label(text: str, start: int) -> int:
    """Return where to look next in or after a label: inside it, only a scheme or what follows an `_` starts a link."""
    end = _label_end(text, start)
    scheme = _SCHEME.search(text, max(start + 1, end - len("https")), end + len("://"))
    after_underscore = text.rfind("_", start, end) + 1
    found = [end, *([scheme.start()] if scheme else []), *([after_underscore] if after_underscore else [])]
    return max(start + 1, min(found))


def _label_end(text: str, start: int) -> int:
    found = _LABEL_CHARS.match(text, start)
    return start if found is None else int(found.end())


def _links_in(text: str, found: "regex.Match[str]") -> Iterator[Link]:
    domain, scheme = found["domain"], found["scheme"]
    if len(found[0]) + len(scheme or "https://") > _LINK_MAX_CHARS or not _fits_dns(domain):
        return
    if scheme:
        tco = _TCO.match(found[0])
        if tco is None or len(tco[1]) <= _SLUG_MAX_CHARS:
            yield Link(found.start(), found.start() + len(found[0] if tco is None else tco[0]))
        return
    if text[max(found.start() - 1, 0)] in "-_./" and found.start() > 0:
        return
    first = found.start("domain")
    parts = [Link(first + part.start(), first + part.end()) for part in _PART.finditer(domain)]
    if parts and found["path"]:
        parts[-1] = Link(parts[-1].start, found.end())
    yield from parts


def _fits_dns(domain: str) -> bool:
    if domain.startswith("xn--") and _PART.search(domain) is None:
        return False
    return all(_dns_length(label) <= _LABEL_MAX_CHARS for label in domain.split("."))


def _dns_length(label: str) -> int:
    """Return the length of a label in punycode. A Chinese or Japanese full stop divides labels there."""
    if len(label) > _LABEL_MAX_CHARS:
        return len(label)
    parts = label.replace("\u3002", ".").replace("\uff0e", ".").replace("\uff61", ".").split(".")
    return len(".".join(part if part.isascii() else f"xn--{part.encode('punycode').decode()}" for part in parts))


def _emoji_end(text: str, at: int) -> int:
    """Return the end of the emoji that starts here, or this place without one."""
    if found := _KEYCAP.match(text, at) or _SUBDIVISION.match(text, at):
        return int(found.end())
    if _is_region(text, at) and _is_region(text, at + 1):
        return at + 2
    end, count = _picture_end(text, at), 1
    while end > at and text[end : end + 1] == _JOINER and count < _MAX_JOINED:
        joined = _picture_end(text, end + 1)
        if joined == end + 1:
            break
        end, count = joined, count + 1
    return end


def _picture_end(text: str, at: int) -> int:
    """Return the end of a picture, with its skin tone and with the variation selector 16 that belongs to it."""
    char, following = text[at : at + 1], text[at + 1 : at + 2]
    if not char or not _IS_EMOJI.match(char) or char.isascii():
        return at
    if char in "©®":
        return at + 2 if following == _AS_PICTURE else at
    has_text_form = char in _PICTURES_BY_DEFAULT_WITH_TEXT_FORM or not _IS_PICTURE.match(char)
    if has_text_form and following == _AS_TEXT:
        return at
    end = at + 2 if has_text_form and following == _AS_PICTURE else at + 1
    return end + 1 if _TAKES_TONE.match(char) and "🏻" <= text[end : end + 1] <= "🏿" else end


def _is_region(text: str, at: int) -> bool:
    return "\U0001f1e6" <= text[at : at + 1] <= "\U0001f1ff"
