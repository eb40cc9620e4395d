"""Compares a post that X returns with the one that was sent.

X changes a post: links become t.co links, media add one more link at the end, `&`, `<` and `>` are escaped, and a reply
may start with the names of the people that it replies to.
"""

import html
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from letmepost.domain.text import compose
from letmepost.platforms._kit.fields import moment_in, object_in, objects_in, text_in, texts_in
from letmepost.platforms.twitter.links import find_links

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_NAMES = re.compile(r"(?:@\w{1,15}\s+)+")


def is_same(shown: Mapping[str, Any], body: Mapping[str, Any], since: datetime) -> bool:
    """Return True if `shown`, an entry of a timeline, was created with this `body` at `since` or later."""
    created_at = moment_in(shown, "created_at")
    if created_at is None or created_at < since or _parent(shown) != _sent_parent(body):
        return False
    return _media(shown) == set(body.get("media", {}).get("media_ids", ())) and _has_text(shown, body["text"])


def _has_text(shown: Mapping[str, Any], text: str) -> bool:
    found, sent = _shown_text(shown), _canonical(text)
    return sent in (found, _NAMES.sub("", found, count=1) if _NAMES.match(found) else found)


def _shown_text(shown: Mapping[str, Any]) -> str:
    text = html.unescape(text_in(shown, "text") or "")  # before the links are restored, which are not escaped
    for url in objects_in(object_in(shown, "entities"), "urls"):
        short = text_in(url, "url")
        if short is not None:
            text = text.replace(short, "" if "media_key" in url else text_in(url, "expanded_url") or "")
    return _canonical(text)


def _canonical(text: str) -> str:
    """Return the text with its links in a canonical form and its white space normalized."""
    text = compose(text)
    pieces, at = [], 0
    for link in find_links(text):
        url = _SCHEME.sub("", text[link.start : link.end])
        host, slash, path = url.partition("/")
        pieces += [text[at : link.start], host.lower(), (slash + path).rstrip("/")]
        at = link.end
    return " ".join("".join([*pieces, text[at:]]).split())


def _media(shown: Mapping[str, Any]) -> set[str]:
    """Return the ids of its media. A key is a kind, `_` and the id."""
    return {key.partition("_")[2] for key in texts_in(object_in(shown, "attachments"), "media_keys")}


def _parent(shown: Mapping[str, Any]) -> str | None:
    for name in ("referenced_tweets", "referenced_posts"):
        for reference in objects_in(shown, name):
            if reference.get("type") == "replied_to":
                return text_in(reference, "id")
    return None


def _sent_parent(body: Mapping[str, Any]) -> str | None:
    reply = body.get("reply")
    return None if reply is None else str(reply["in_reply_to_tweet_id"])
