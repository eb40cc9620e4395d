"""Whether a post that X shows is the one that was sent.

What comes back differs from what went in: links are t.co links, media bring one more at the end, `&`, `<` and `>` are
escaped, and a reply may begin with the names of those it replies to.
"""

import html
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from letmepost.domain.text import compose
from letmepost.platforms.twitter.links import find_links

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_NAMES = re.compile(r"(?:@\w{1,15}\s+)+")


def is_same(shown: Mapping[str, Any], body: Mapping[str, Any], since: datetime) -> bool:
    """Whether `shown`, an entry of a timeline, is what a create with this `body` has made at `since` or later."""
    created_at = _moment(shown.get("created_at"))
    if created_at is None or created_at < since or _parent(shown) != _wanted_parent(body):
        return False
    return _media(shown) == set(body.get("media", {}).get("media_ids", ())) and _has_text(shown, body["text"])


def _has_text(shown: Mapping[str, Any], wanted: str) -> bool:
    found, sent = _shown_text(shown), _canonical(wanted)
    return sent in (found, _NAMES.sub("", found, count=1) if _NAMES.match(found) else found)


def _shown_text(shown: Mapping[str, Any]) -> str:
    text = shown.get("text")
    if not isinstance(text, str):
        return ""
    text = html.unescape(text)  # before the links are put back: those are not escaped
    for url in _dicts(shown.get("entities"), "urls"):
        short, long = url.get("url"), url.get("expanded_url")
        if isinstance(short, str) and short:
            text = text.replace(short, "" if "media_key" in url or not isinstance(long, str) else long)
    return _canonical(text)


def _canonical(text: str) -> str:
    """The text with its links spelled in one way, and without what is only spacing."""
    text = compose(text)
    pieces, at = [], 0
    for link in find_links(text):
        url = _SCHEME.sub("", text[link.start : link.end])
        host, slash, path = url.partition("/")
        pieces += [text[at : link.start], host.lower(), (slash + path).rstrip("/")]
        at = link.end
    return " ".join("".join([*pieces, text[at:]]).split())


def _media(shown: Mapping[str, Any]) -> set[str]:
    """The ids of its media: a key is a kind, `_` and the id."""
    attachments = shown.get("attachments")
    keys = attachments.get("media_keys") if isinstance(attachments, dict) else None
    return {key.partition("_")[2] for key in keys if isinstance(key, str)} if isinstance(keys, list) else set()


def _parent(shown: Mapping[str, Any]) -> str | None:
    for name in ("referenced_tweets", "referenced_posts"):
        for reference in _dicts(shown, name):
            if reference.get("type") == "replied_to":
                found = reference.get("id")
                return found if isinstance(found, str) else None
    return None


def _wanted_parent(body: Mapping[str, Any]) -> str | None:
    reply = body.get("reply")
    return None if reply is None else str(reply["in_reply_to_tweet_id"])


def _dicts(holder: Any, name: str) -> Iterable[Mapping[str, Any]]:
    found = holder.get(name) if isinstance(holder, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
