"""What a refusal means.

By the error's name and never by its message: messages differ between versions of the server software.
Sources: https://github.com/bluesky-social/atproto packages/xrpc-server/src/errors.ts,
packages/pds/src/auth-verifier.ts, packages/pds/src/actor-store (commit d6296a1, read 2026-11-21).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from letmepost.domain.errors import FailureKind, InputRefused, LimitScope, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.platforms._replies import shown_body, shown_sentence
from letmepost.platforms.bluesky.xrpc import CREATE_SESSION, REFRESH_SESSION, error_name, method_of

APP_PASSWORD = "Create an app password in Bluesky under Settings → Privacy and security → App passwords"  # noqa: S105 - a sentence
_RECONNECT = f"{APP_PASSWORD}, and connect the account again with it."

_TOKEN = re.compile(r"eyJ[\w-]{13,}(?:\.[\w-]*){0,2}")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a refusal leads to, and what the caller is told."""

    kind: FailureKind
    message: str
    remediation: str | None = None
    rule: str | None = None


_MOVED = Meaning(FailureKind.AUTH_FAILED, "The account does not live on this server any more.", _RECONNECT)
_SESSION_OVER = Meaning(FailureKind.AUTH_FAILED, "The account's session on Bluesky has ended.", _RECONNECT)
_WRONG_PASSWORD = Meaning(
    FailureKind.REJECTED,
    "Bluesky does not accept this identifier with this password.",
    f"Check the spelling of both. {APP_PASSWORD}.",
)
_NO_PDS = Meaning(FailureKind.UNAVAILABLE, "The account's server does not answer as a Bluesky server.")
_BAD_BLOB = Meaning(FailureKind.REJECTED, "Bluesky refused a medium: it is not what the post says it is.")

MEANINGS: Mapping[tuple[int, str], Meaning] = MappingProxyType(
    {
        (400, "ExpiredToken"): _SESSION_OVER,
        (400, "InvalidToken"): _SESSION_OVER,
        (400, "RepoNotFound"): _MOVED,
        (400, "BlobNotFound"): Meaning(FailureKind.UNAVAILABLE, "Bluesky has lost an uploaded medium."),
        (400, "InvalidMimeType"): _BAD_BLOB,
        (400, "InvalidSize"): _BAD_BLOB,
        (400, "InvalidSwap"): Meaning(FailureKind.DUPLICATE, "Another record has the key of this one."),
        (400, "RecordNotFound"): Meaning(FailureKind.REJECTED, "This refers to a record that does not exist."),
        (401, "AccountTakedown"): Meaning(
            FailureKind.AUTH_FAILED, "Bluesky has taken this account down.", "Appeal to Bluesky's moderation."
        ),
        (401, "AccountDeactivated"): Meaning(
            FailureKind.AUTH_FAILED,
            "This account is deactivated.",
            "Reactivate it on Bluesky, and connect it again.",
        ),
        (401, "AuthMissing"): _SESSION_OVER,
        (401, "AuthenticationRequired"): _SESSION_OVER,
        (401, "invalid_token"): _SESSION_OVER,
        (403, "AccountNotFound"): _MOVED,
        (403, "ScopeMissingError"): Meaning(
            FailureKind.AUTH_FAILED, "The account's session may not do this.", _RECONNECT
        ),
        (413, "PayloadTooLarge"): Meaning(
            FailureKind.REJECTED,
            "The account's server takes no file as large as this.",
            "Attach a smaller file: a server may have a limit below Bluesky's own.",
            "bluesky.media.image_size_max",
        ),
    }
)

METHOD_MEANINGS: Mapping[tuple[str, int, str], Meaning] = MappingProxyType(
    {
        (REFRESH_SESSION, 400, "InvalidRequest"): _MOVED,
        (CREATE_SESSION, 401, "AuthFactorTokenRequired"): Meaning(
            FailureKind.REJECTED,
            "This is the account's own password, which asks for a code by e-mail.",
            f"{APP_PASSWORD}: it asks for none.",
        ),
    }
)


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    meaning = _meaning(call, reply)
    response = {"status": reply.status, "error": error_name(reply), "body": shown_body(reply, _TOKEN)}
    if meaning.kind is FailureKind.REJECTED and method_of(call) == CREATE_SESSION:
        return InputRefused(meaning.message, remediation=meaning.remediation, response=response)
    return PlatformFailure(
        meaning.kind,
        meaning.message,
        rule=meaning.rule,
        remediation=meaning.remediation,
        retry_at=_retry_at(reply),
        # Some limits count per address. Yet each is one server's, and anybody may run a server that answers
        # what they like: it must not hold back accounts elsewhere.
        scope=LimitScope.ACCOUNT,
        response=response,
    )


def _meaning(call: Call, reply: Reply) -> Meaning:
    name = error_name(reply)
    key = (reply.status, name or "")
    found = METHOD_MEANINGS.get((method_of(call), *key)) or MEANINGS.get(key) or _by_status(call, reply, name)
    # A sign-in has no session that could have ended.
    return _WRONG_PASSWORD if found is _SESSION_OVER and method_of(call) == CREATE_SESSION else found


def _by_status(call: Call, reply: Reply, name: str | None) -> Meaning:
    status = reply.status
    if status == 429:
        return Meaning(FailureKind.RATE_LIMITED, "Bluesky wants fewer requests for a while.")
    if status in {404, 405, 501} or 300 <= status < 400 or (status == 403 and name is None):
        return _NO_PDS  # 403 without a name is a firewall's, not the server's
    if status in {401, 403}:
        return _SESSION_OVER
    if 400 <= status < 500 and status != 408:
        return Meaning(FailureKind.REJECTED, f"Bluesky refused this: {_said(reply)}")
    if call.effect is Effect.PUBLISH:
        return Meaning(FailureKind.IN_DOUBT, "Bluesky did not say whether the post was accepted.")
    return Meaning(FailureKind.UNAVAILABLE, "Bluesky could not answer.")


def _said(reply: Reply) -> str:
    """The server's own sentence, for a person to read; its status where it said none."""
    text = reply.data().get("message")
    return shown_sentence(text, _TOKEN) if isinstance(text, str) else f"HTTP {reply.status}."


def _retry_at(reply: Reply) -> datetime | None:
    """The later of what `Retry-After` (seconds) and `RateLimit-Reset` (Unix seconds) say, if anything."""
    moments = []
    if (seconds := _number(reply, "retry-after")) is not None:
        moments.append(reply.received_at + timedelta(seconds=seconds))
    if (seconds := _number(reply, "ratelimit-reset")) is not None:
        moments.append(datetime.fromtimestamp(seconds, UTC))
    return max(moments, default=None)


def _number(reply: Reply, header: str) -> int | None:
    text = reply.headers.get(header, "")
    # Ten digits last until the year 2286; a longer number is no moment that a calendar could hold.
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None
