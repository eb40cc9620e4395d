"""The parts of a platform's reply that callers see: bounded, and without anything that may be a token.

`token` matches the platform's tokens in each function.
"""

import re
from collections.abc import Mapping
from typing import Any

from letmepost.domain.flow import Reply

_BODY_MAX_CHARS = 4096
_SENTENCE_MAX_CHARS = 300


def shown_reason(reply: Reply, words: str | None, token: re.Pattern[str]) -> str:
    """Return the platform's own words for a person to read, or the status if there are none."""
    return _without(token, words)[:_SENTENCE_MAX_CHARS] if words else f"HTTP {reply.status}."


def shown_response(
    reply: Reply, token: re.Pattern[str], *, is_refusal: bool = False, **codes: object
) -> Mapping[str, Any]:
    """Return a reply for `platformResponse`: the status, the platform's codes, and the body.

    The body of a success is left out: its defect is what it lacks, and the rest may be secret.

    Args:
        is_refusal: the reply refuses, whatever its status is.
    """
    body = "" if reply.ok and not is_refusal else reply.body.decode("utf-8", errors="replace")
    return {"status": reply.status, **codes, "body": _without(token, body)[:_BODY_MAX_CHARS]}


def _without(token: re.Pattern[str], text: str) -> str:
    """Remove tokens before the text is cut, because the pattern does not match half a token."""
    return token.sub("(token removed)", text)
