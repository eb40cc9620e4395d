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
    r"(?<![A-Za-z0-9@\uff20$#\uff03])(?:(?:https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini)://"
    rf"(?:{_LABEL}\.){{1,126}}(?:xn--[a-z0-9-]++|\p{{L}}[\p{{L}}\p{{M}}]++)(?![0-9@+-])(?::[0-9]+)?)"
    r"|(?<![=/\w])(?P<mention>@[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?:@\w+(?:[.-]+\w+)*)?",
    regex.IGNORECASE,
)
_NOT_AT_THE_END = "!*\"'「」;:=,.$%[]~&|@"
_PLAIN = r"[^\s<>()?]"
_RUN = regex.compile(rf"(?P<plain>{_PLAIN}*+)(?P<brackets>\((?:{_PLAIN}++|{_PLAIN}*+\({_PLAIN}++\){_PLAIN}*+)\))?")
"""A part of a path, and a pair of brackets after it. At most one pair is inside another."""
_QUERY = regex.compile(
    r"\?[a-z0-9!?*'();:&=+$/%#\[\]_.,~|@^\u00a0-\U0010ffff-]*[a-z0-9_&=#/\u00a0-\U0010ffff-]", regex.IGNORECASE
)


def shorten(text: str, characters_per_url: int) -> str:
    """Return the text with what Mastodon counts in place of its links and mentions."""
    pieces, at = [], 0
    while (found := _LINK_OR_MENTION.search(text, at)) is not None:
        is_link = found["mention"] is None
        pieces += [text[at : found.start()], "x" * characters_per_url if is_link else found["mention"]]
        at = _end_of_link(text, found.end()) if is_link else found.end()
    return "".join([*pieces, text[at:]])


def _end_of_link(text: str, at: int) -> int:
    """Return where the path and the query that begin here end. Punctuation after them is not part of the link."""
    end = _end_of_path(text, at + 1) if text.startswith("/", at) else at
    query = _QUERY.match(text, end)
    return query.end() if query else end


def _end_of_path(text: str, at: int) -> int:
    """Return where a path ends: after its last character that is no punctuation, or after its last pair of brackets."""
    end = at
    while (run := _RUN.match(text, at)) is not None:
        kept = run["plain"].rstrip(_NOT_AT_THE_END)
        end = at + len(kept) if kept else end
        if run["brackets"] is None:
            break
        at = end = run.end()
    return end


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
