"""How Mastodon counts the length of a text.

app/validators/status_length_validator.rb, config/initializers/twitter_regex.rb and app/models/account.rb of
https://github.com/mastodon/mastodon (checked 2026-11-29): grapheme clusters, where each link counts 23 and the domain
of a mention counts nothing, whether that account exists or not. The content warning counts too, as it is written.

A link needs a scheme and a domain. Mastodon checks the domain's last label against a list; any label of two letters or
more is accepted here.
"""

from functools import cache

import regex

from letmepost.domain.lengths import Measure
from letmepost.domain.text import count_graphemes

_LABEL = r"[\p{L}\p{M}\p{N}_-]++"
_LINK_OR_MENTION = regex.compile(
    r"(?<![A-Za-z0-9@\uff20$#\uff03])(?P<link>(?:https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini)://"
    rf"(?:{_LABEL}\.){{1,126}}(?:xn--[a-z0-9-]++|\p{{L}}[\p{{L}}\p{{M}}]++)(?![0-9@+_-])(?::[0-9]+)?"
    r"(?P<tail>[/?][^\s<>]*)?)"
    r"|(?<![=/\w])(?P<mention>@[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)@\w+(?:[.-]+\w+)*",
    regex.IGNORECASE,
)
_NOT_AT_THE_END = "()?!*\"'「」<>;:=,.$%[]~&|@"


def shorten(text: str, characters_per_url: int) -> str:
    """Return the text with what Mastodon counts in place of its links and mentions."""

    def counted(found: regex.Match[str]) -> str:
        if found["mention"] is not None:
            return str(found["mention"])
        tail = found["tail"] or ""
        return "x" * characters_per_url + tail[len(_link_part(tail)) :]

    return str(_LINK_OR_MENTION.sub(counted, text))


def _link_part(tail: str) -> str:
    """Return the part of a path that belongs to the link: closing punctuation does not, unless it closes a bracket."""
    end = len(tail)
    open_count = tail.count("(") - tail.count(")")
    while end > 1 and tail[end - 1] in _NOT_AT_THE_END:
        if tail[end - 1] == ")":
            if open_count >= 0:
                break
            open_count += 1
        elif tail[end - 1] == "(":
            open_count -= 1
        end -= 1
    return tail[:end]


@cache
def measure_for(characters_per_url: int) -> Measure:
    """Return the measure of a server where a link counts this much."""
    return Measure(
        unit="graphemes",
        count=lambda text: count_graphemes(shorten(text, characters_per_url)),
        how=f"a link counts {characters_per_url}, the domain of a mention nothing, and the content warning counts too",
        shrinks_by_max=_longest_last_word,
    )


def _longest_last_word(beginning: str) -> int:
    """Return the length of the last word: it may turn out to be a link or a domain."""
    return len(beginning.rsplit(maxsplit=1)[-1]) if beginning and not beginning.isspace() else 0
