"""How long links are shown: the host and the start of the path, as in the official client.

A path with query and fragment of more than 15 characters is cut after 13, and three dots follow: `toShortUrl` in
https://github.com/bluesky-social/social-app src/lib/strings/url-helpers.ts (checked 2026-11-28).
"""

import re

from letmepost.domain.text import count_utf8_bytes
from letmepost.platforms.bluesky.graphemes import count_graphemes

TEXT_MAX_GRAPHEMES = 300
TEXT_MAX_BYTES = 3000

_PATH_MAX_CHARS = 15
_PATH_SHOWN_CHARS = 13

_LINK = re.compile(r"(?:https?://)?(?:[^/?#]*@)?(?P<host>[^/?#@]+)(?P<path>.*)", re.IGNORECASE)


def needs_short_links(text: str, *, wanted: bool | None) -> bool:
    """Return True if the links of a text are shown short.

    By default, that is the case only if the text is too long otherwise.
    """
    if wanted is not None:
        return wanted
    return count_utf8_bytes(text) > TEXT_MAX_BYTES or count_graphemes(text) > TEXT_MAX_GRAPHEMES


def is_too_long_in_any_case(text: str) -> bool:
    """Return True if a text is too long however its links are shown: a link is a word or part of one."""
    return len(text.split()) * 2 - 1 > TEXT_MAX_GRAPHEMES


def short_link(link: str) -> str:
    """Return the short form of a link. It omits user names and passwords, which could look like another host."""
    found = _LINK.fullmatch(link)
    if found is None:
        return link
    path = "" if found["path"] == "/" else found["path"]
    if len(path) > _PATH_MAX_CHARS:
        path = f"{path[:_PATH_SHOWN_CHARS]}..."
    shown = found["host"] + path
    return shown if len(shown) < len(link) else link
