"""What each refusal of a Bluesky server means.

The error's name decides, never its message: messages differ between versions of the server software.
Sources: https://github.com/bluesky-social/atproto packages/xrpc-server/src/errors.ts,
packages/pds/src/auth-verifier.ts, packages/pds/src/actor-store (commit d6296a1, read 2026-11-21).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._replies import shown_body, shown_sentence
from letmepost.platforms.bluesky import refusals
from letmepost.platforms.bluesky.xrpc import CREATE_SESSION, REFRESH_SESSION, error_name, method_of

_TOKEN = re.compile(r"eyJ[\w-]{13,}(?:\.[\w-]*){0,2}")

BY_ERROR: Mapping[tuple[int, str], PlatformRefusal] = MappingProxyType(
    {
        (400, "ExpiredToken"): refusals.SESSION_ENDED,
        (400, "InvalidToken"): refusals.SESSION_ENDED,
        (400, "RepoNotFound"): refusals.ACCOUNT_MOVED,
        (400, "BlobNotFound"): refusals.BLOB_LOST,
        (400, "InvalidMimeType"): refusals.BAD_BLOB,
        (400, "InvalidSize"): refusals.BAD_BLOB,
        (400, "InvalidSwap"): refusals.KEY_TAKEN,
        (400, "RecordNotFound"): refusals.RECORD_NOT_FOUND,
        (401, "AccountTakedown"): refusals.ACCOUNT_TAKEN_DOWN,
        (401, "AccountDeactivated"): refusals.ACCOUNT_DEACTIVATED,
        (401, "AuthMissing"): refusals.SESSION_ENDED,
        (401, "AuthenticationRequired"): refusals.SESSION_ENDED,
        (401, "invalid_token"): refusals.SESSION_ENDED,
        (403, "AccountNotFound"): refusals.ACCOUNT_MOVED,
        (403, "ScopeMissingError"): refusals.SESSION_TOO_NARROW,
        (413, "PayloadTooLarge"): refusals.FILE_TOO_LARGE,
    }
)
"""By the status and the name of the error."""

BY_METHOD: Mapping[tuple[str, int, str], PlatformRefusal] = MappingProxyType(
    {
        (REFRESH_SESSION, 400, "InvalidRequest"): refusals.ACCOUNT_MOVED,
        (CREATE_SESSION, 401, "AuthFactorTokenRequired"): refusals.MAIN_PASSWORD,
    }
)
"""By the method too, where the same error means something else."""


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    refusal = _refusal(call, reply)
    response = {"status": reply.status, "error": error_name(reply), "body": shown_body(reply, _TOKEN)}
    if refusal.kind is FailureKind.REJECTED and method_of(call) == CREATE_SESSION:
        return replace(refusal, is_input=True, rule="")(response=response, reason=_reason(reply))
    # The scope is always the account. Some limits count per address, but each belongs to one server, and anyone may
    # run a server: its responses must not hold back accounts elsewhere.
    return refusal(response=response, retry_at=_retry_at(reply), reason=_reason(reply))


def _refusal(call: Call, reply: Reply) -> PlatformRefusal:
    name = error_name(reply)
    key = (reply.status, name or "")
    found = BY_METHOD.get((method_of(call), *key)) or BY_ERROR.get(key) or _by_status(call, reply, name)
    # A sign-in has no session that could have ended.
    is_sign_in = method_of(call) == CREATE_SESSION
    return refusals.WRONG_PASSWORD if found is refusals.SESSION_ENDED and is_sign_in else found


def _by_status(call: Call, reply: Reply, name: str | None) -> PlatformRefusal:
    status = reply.status
    if status == 429:
        return refusals.RATE_LIMITED
    if status in {404, 405, 501} or 300 <= status < 400 or (status == 403 and name is None):
        return refusals.NO_SERVER  # a firewall returns 403 without a name; the server always sends one
    if status in {401, 403}:
        return refusals.SESSION_ENDED
    if 400 <= status < 500 and status != 408:
        return refusals.REFUSED
    return refusals.IN_DOUBT if call.effect is Effect.PUBLISH else refusals.UNAVAILABLE


def _reason(reply: Reply) -> str:
    """Return the server's own sentence for a person to read, or the status if there is none."""
    text = reply.data().get("message")
    return shown_sentence(text, _TOKEN) if isinstance(text, str) else f"HTTP {reply.status}."


def _retry_at(reply: Reply) -> datetime | None:
    """Return the later of `Retry-After` (seconds) and `RateLimit-Reset` (Unix seconds), or None without either."""
    moments = []
    if (seconds := _number(reply, "retry-after")) is not None:
        moments.append(reply.received_at + timedelta(seconds=seconds))
    if (seconds := _number(reply, "ratelimit-reset")) is not None:
        moments.append(datetime.fromtimestamp(seconds, UTC))
    return max(moments, default=None)


def _number(reply: Reply, header: str) -> int | None:
    text = reply.headers.get(header, "")
    # Ten digits suffice until the year 2286. `datetime` cannot represent much larger numbers.
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None
