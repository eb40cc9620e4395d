"""What a refusal means, and when it makes sense to try again."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.platforms._replies import shown_body, shown_sentence
from letmepost.platforms.twitter.api import MEDIA_PATH, REVOKE_PATH, TOKEN_PATH
from letmepost.platforms.twitter.meanings import (
    APP_DAY_OVER,
    APP_UNKNOWN,
    BY_STATUS,
    CODES,
    DAY_OVER,
    MEDIA_DEAD,
    MEDIA_FORBIDDEN,
    NO_CREDITS,
    PROBLEMS,
    SENTENCES,
    SESSION_OVER,
    Meaning,
)

_LOOK_AGAIN = timedelta(minutes=15)
"""When to try again what a person has to mend, or a cap whose end X does not name: a refused call costs nothing."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{48,}(?::[\w-]+)*")


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """What a reply other than the expected one means; also a success without what it should have brought."""
    meaning = _meaning(call, reply)
    return PlatformFailure(
        meaning.kind,
        meaning.message,
        rule=meaning.rule,
        remediation=meaning.remediation,
        retry_at=_retry_at(reply, meaning),
        scope=meaning.scope,
        response={"status": reply.status, "type": problem(reply), "body": shown_body(reply, _TOKEN)},
    )


def problem(reply: Reply) -> str | None:
    """The last part of the type of the problem that X names; None for `about:blank` and where it names none."""
    types = [envelope.get("type") for envelope in (reply.data(), *_errors(reply))]
    named = (found.rpartition("/problems/")[2] for found in types if isinstance(found, str) and "/problems/" in found)
    return next(named, None)


def has_lost_media(reply: Reply) -> bool:
    """Whether a post is refused because X does not know its media any more; it has no type of its own."""
    return reply.status == 400 and "media ids are invalid" in _said(reply).lower()


def is_invalid_token(reply: Reply) -> bool:
    """Whether a token endpoint refuses a code or a token as expired, used or revoked: X has one sentence for all.

    Its error, `invalid_request`, is also what a malformed request of ours would be answered.
    """
    data = reply.data()
    said = data.get("error_description")
    is_said = isinstance(said, str) and said.startswith("Value passed for the ") and said.endswith(" was invalid.")
    return data.get("error") == "invalid_request" and is_said


def _meaning(call: Call, reply: Reply) -> Meaning:
    if call.url.endswith((TOKEN_PATH, REVOKE_PATH)) and 400 <= reply.status < 500 and reply.status != 429:
        return SESSION_OVER if is_invalid_token(reply) else APP_UNKNOWN
    if has_lost_media(reply):
        return MEDIA_DEAD
    meaning = _named(reply) or _by_status(call, reply)
    is_forbidden_media = reply.status == 403 and MEDIA_PATH in call.url and meaning.kind is FailureKind.REJECTED
    return MEDIA_FORBIDDEN if is_forbidden_media else meaning


def _named(reply: Reply) -> Meaning | None:
    """What X itself calls a refusal; whatever else a body says of another status, nothing is known to be refused."""
    if not 400 <= reply.status < 500:
        return None
    return _by_day(reply) or PROBLEMS.get(problem(reply) or "") or _by_code(reply) or _by_sentence(reply)


def _by_day(reply: Reply) -> Meaning | None:
    used_up = _used_up(reply)
    return APP_DAY_OVER if "x-app-limit-24hour" in used_up else DAY_OVER if used_up else None


def _by_code(reply: Reply) -> Meaning | None:
    codes = [error.get("code") for error in _errors(reply)]
    return next((CODES[code] for code in codes if isinstance(code, int) and code in CODES), None)


def _by_sentence(reply: Reply) -> Meaning | None:
    said = _said(reply).lower()
    return next((meaning for status, part, meaning in SENTENCES if status == reply.status and part in said), None)


def _by_status(call: Call, reply: Reply) -> Meaning:
    status = reply.status
    if status in BY_STATUS:
        return BY_STATUS[status]
    if 300 <= status < 400 or (status in {403, 404, 405} and not reply.data()):
        return Meaning(FailureKind.UNAVAILABLE, "What answers for X is not X: a proxy, or a firewall.")
    if 400 <= status < 500 and status != 408:
        return Meaning(FailureKind.REJECTED, f"X refused this: {_said(reply)}")
    if call.effect is Effect.PUBLISH:
        return Meaning(FailureKind.IN_DOUBT, "X did not say whether the post was accepted.")
    return Meaning(FailureKind.UNAVAILABLE, "X could not answer.")


def _retry_at(reply: Reply, meaning: Meaning) -> datetime | None:
    """When X says that it makes sense again; what an operator has to mend is looked at every now and then."""
    if meaning.kind not in {FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED, FailureKind.UNAVAILABLE}:
        return None
    limits = (_used_up(reply) or ["x-rate-limit"]) if reply.status == 429 else []
    known = [moment for name in limits if (moment := _reset(reply, name)) is not None]
    if meaning is NO_CREDITS and (day := _day(reply.data().get("reset_date"))) is not None:
        known.append(datetime.combine(day, time.min, UTC))
    if not known and meaning.kind is FailureKind.QUOTA_EXHAUSTED:
        return reply.received_at + _LOOK_AGAIN
    return max(known, default=None)


def _used_up(reply: Reply) -> list[str]:
    """The 24-hour limits of which nothing is left. X does not document them, and sends them all the same."""
    names = ("x-user-limit-24hour", "x-app-limit-24hour")
    return [name for name in names if reply.status == 429 and reply.headers.get(f"{name}-remaining") == "0"]


def _reset(reply: Reply, name: str) -> datetime | None:
    text = reply.headers.get(f"{name}-reset", "")
    # Ten digits last until the year 2286; a longer number is no moment that a calendar could hold.
    return datetime.fromtimestamp(int(text), UTC) if re.fullmatch(r"[0-9]{1,10}", text) else None


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _errors(reply: Reply) -> list[Mapping[str, Any]]:
    errors = reply.data().get("errors")
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def _said(reply: Reply) -> str:
    """X's own sentences, for a person to read; the status where it said none."""
    envelopes = [*_errors(reply), reply.data()]
    found = [envelope.get(name) for envelope in envelopes for name in ("message", "detail")]
    sentences = list(dict.fromkeys(text for text in found if isinstance(text, str) and text))
    return shown_sentence(" ".join(sentences), _TOKEN) if sentences else f"HTTP {reply.status}."
