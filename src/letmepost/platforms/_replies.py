"""What callers are shown of a platform's reply: a bounded piece of it, without what may be a token."""

import re

from letmepost.domain.flow import Reply

_BODY_MAX_CHARS = 4096
_SENTENCE_MAX_CHARS = 300


def shown_sentence(text: str, token: re.Pattern[str]) -> str:
    """The platform's own words, for a person to read. `token` is what its tokens look like."""
    return _without(token, text)[:_SENTENCE_MAX_CHARS]


def shown_body(reply: Reply, token: re.Pattern[str], *, is_refusal: bool = False) -> str:
    """The raw body. Of a success nothing: what is wrong with it is what it lacks, and what it has may be secret.

    Args:
        token: what the platform's tokens look like.
        is_refusal: the reply refuses, whatever its status says.
    """
    if reply.ok and not is_refusal:
        return ""
    return _without(token, reply.body.decode("utf-8", errors="replace"))[:_BODY_MAX_CHARS]


def _without(token: re.Pattern[str], text: str) -> str:
    """Whole tokens are known by their looks: they go before the text is cut, or half of one would stay."""
    return token.sub("(token removed)", text)
