"""How Instagram counts text, hashtags and mentions.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media (checked 2026-11-28)
states a limit of 2,200 characters without saying what a character is. So the stricter reading counts: UTF-16 units.
"""

import re

_HASHTAG = re.compile(r"#\w+")
_MENTION = re.compile(r"(?<!\w)@[A-Za-z0-9._]+")
_LINK = re.compile(r"https?://\S", re.IGNORECASE)


def count_hashtags(text: str) -> int:
    """Return the number of hashtags: `#` before letters, digits or underscores of any script."""
    return len(_HASHTAG.findall(text))


def count_mentions(text: str) -> int:
    """Return the number of mentions: `@` before a username, and not inside a word such as an email address."""
    return len(_MENTION.findall(text))


def count_links(text: str) -> int:
    """Return the number of URLs."""
    return len(_LINK.findall(text))
