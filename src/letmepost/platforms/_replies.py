"""The parts of a platform's reply that callers see: bounded, and without anything that may be a token."""

import re

from letmepost.domain.flow import Reply

_BODY_MAX_CHARS = 4096
_SENTENCE_MAX_CHARS = 300


def shown_sentence(text: str, token: re.Pattern[str]) -> str:
    """Return the platform's own words for a person to read. `token` matches the platform's tokens."""
    return _without(token, text)[:_SENTENCE_MAX_CHARS]


def shown_body(reply: Reply, token: re.Pattern[str], *, is_refusal: bool = False) -> str:
    """Return the raw body, or nothing for a success: its defect is what it lacks, and the rest may be secret.

    Args:
        token: matches the platform's tokens.
        is_refusal: the reply refuses, whatever its status is.
    """
    if reply.ok and not is_refusal:
        return ""
    return _without(token, reply.body.decode("utf-8", errors="replace"))[:_BODY_MAX_CHARS]


def _without(token: re.Pattern[str], text: str) -> str:
    """Remove tokens before the text is cut, because the pattern does not match half a token."""
    return token.sub("(token removed)", text)
