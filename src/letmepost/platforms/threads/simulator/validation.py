"""What the server accepts as the parameters of a container.

The limits and the counting are implemented from fact sheet sections 2.1, 2.2 and 3 and its corrections, after
https://developers.facebook.com/docs/threads/posts, checked 2026-11-28. Nothing is shared with preflight's rules: one
wrong number would make both wrong.
"""

import json
import re
from typing import Any

from letmepost.platforms.threads.simulator.attachments import attached_link
from letmepost.platforms.threads.simulator.graph import Parameters, Refused, wrong_parameter

CHILDREN = range(2, 21)
_TEXT_MAX_BYTES = 500
_ALT_TEXT_MAX_BYTES = 1000
_LINKS_MAX = 5
_TOPIC_MAX_CHARACTERS = 50
_POLL_OPTION_MAX_CHARACTERS = 25
_POLL_OPTIONS = ("option_a", "option_b", "option_c", "option_d")
_REPLY_CONTROLS = frozenset(
    {"everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"}
)


def check_text(given: Parameters) -> None:
    """Raise `Refused` if the text or the alt text is too long, or has too many links."""
    if _byte_count(given.get("text") or "") > _TEXT_MAX_BYTES:
        raise wrong_parameter(f"Param text must be at most {_TEXT_MAX_BYTES} characters long.")
    if len(_links(given)) > _LINKS_MAX:
        raise Refused("THREADS_API__LINK_LIMIT_EXCEEDED", code=100)
    if _byte_count(given.get("alt_text") or "") > _ALT_TEXT_MAX_BYTES:
        raise wrong_parameter(f"Param alt_text must be at most {_ALT_TEXT_MAX_BYTES} characters long.")


def check_options(given: Parameters, kind: str) -> None:
    """Raise `Refused` if an option is invalid, or cannot be combined with this kind of post."""
    topic = given.get("topic_tag") or ""
    if len(topic) > _TOPIC_MAX_CHARACTERS or "." in topic or "&" in topic:
        raise wrong_parameter("Param topic_tag is invalid.")
    if given.get("reply_control") not in {None, *_REPLY_CONTROLS}:
        raise wrong_parameter("Param reply_control is invalid.")
    for name in ("link_attachment", "poll_attachment"):
        if given.get(name) is not None and kind != "TEXT":
            raise wrong_parameter(f"Param {name} is only for media_type TEXT.")
    if given.get("poll_attachment") is not None:
        _check_poll(given)


def _check_poll(given: Parameters) -> None:
    if given.get("link_attachment") is not None:
        raise wrong_parameter("Param poll_attachment cannot be combined with link_attachment.")
    try:
        poll: Any = json.loads(given.require("poll_attachment"))
    except ValueError:
        raise wrong_parameter("Param poll_attachment is not JSON.") from None
    if not isinstance(poll, dict) or not set(_POLL_OPTIONS[:2]) <= set(poll) <= set(_POLL_OPTIONS):
        raise wrong_parameter("Param poll_attachment needs option_a and option_b.")
    for answer in poll.values():
        if not isinstance(answer, str) or not 1 <= len(answer) <= _POLL_OPTION_MAX_CHARACTERS:
            raise wrong_parameter("Param poll_attachment has an invalid option.")


def _byte_count(text: str) -> int:
    """Return the length in UTF-8: a character takes 1 byte, and one more from each of three code points on."""
    return sum(1 + (code >= 0x80) + (code >= 0x800) + (code >= 0x10000) for code in map(ord, text))


def _links(given: Parameters) -> set[str]:
    """Return the distinct links of the text and of the cards."""
    words = re.split(r"[\s<>\"]+", given.get("text") or "")
    starts = ((word, re.search(r"(?i)https?://.", word)) for word in words)
    links = {word[found.start() :].rstrip(".,;:!?)]}'") for word, found in starts if found is not None}
    return links | {card for card in (given.get("link_attachment"), attached_link(given)) if card}
