"""How X shows the text of a post: links and media become t.co links, and HTML's special characters are escaped.

Source: fact sheet section 3, after https://docs.x.com/x-api/fundamentals/data-dictionary, checked 2026-11-21.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from letmepost.platforms.twitter.simulator.text import links

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_SLUG = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def render(text: str, uri: str, media_keys: Sequence[str]) -> tuple[str, list[dict[str, Any]]]:
    """Return the text in the response to a create, and its `entities.urls`."""
    shown, urls, at = "", [], 0
    for link in links(text):
        written = text[link.start : link.end]
        expanded = written if "://" in written else f"http://{written}"
        shown += text[at : link.start]
        urls.append(_entity(len(shown), f"{uri}{expanded}", expanded))
        shown += urls[-1]["url"]
        at = link.end
    shown += text[at:]
    if media_keys:
        shown = f"{shown} ".lstrip()
        expanded = f"{uri}/photo/1"
        pictures = [{**_entity(len(shown), uri, expanded), "media_key": key} for key in media_keys]
        shown += pictures[0]["url"]
        urls += pictures
    return shown, urls


def escape(text: str) -> str:
    """Return a text as reads show it."""
    return text.translate(_ESCAPES)


def _entity(start: int, what: str, expanded: str) -> dict[str, Any]:
    """Return the t.co link of `expanded` at `start`. Each `what` has another link."""
    short = f"https://t.co/{''.join(_SLUG[byte % len(_SLUG)] for byte in sha256(what.encode()).digest()[:10])}"
    display = urlsplit(expanded).netloc
    return {"start": start, "end": start + len(short), "url": short, "expanded_url": expanded, "display_url": display}
