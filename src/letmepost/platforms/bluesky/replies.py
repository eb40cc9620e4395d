"""What each refusal of a Bluesky server means.

The error's name decides, never its message: messages differ between versions of the server software.
Sources: https://github.com/bluesky-social/atproto packages/xrpc-server/src/errors.ts,
packages/pds/src/auth-verifier.ts, packages/pds/src/actor-store (commit d6296a1, read 2026-11-21).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.rates import retry_at
from letmepost.platforms._kit.replies import shown_reason, shown_response
from letmepost.platforms.bluesky import refusals
from letmepost.platforms.bluesky.video_replies import is_of_video_service, message_in, video_refusal
from letmepost.platforms.bluesky.xrpc import CREATE_SESSION, REFRESH_SESSION, error_name, method_of

TOKEN = re.compile(r"eyJ[\w-]{13,}(?:\.[\w-]*){0,2}")

BY_ERROR: Mapping[tuple[int, str], PlatformRefusal] = MappingProxyType(
    {
        (400, "ExpiredToken"): refusals.SESSION_ENDED,
        (400, "InvalidToken"): refusals.SESSION_ENDED,
        (400, "BadExpiration"): refusals.CLOCKS_APART,
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

_MEANINGS = Meanings(
    by_error=BY_ERROR,
    by_status={403: refusals.SESSION_ENDED, **dict.fromkeys((404, 405, 501), refusals.NO_SERVER)},
    unauthorized=refusals.SESSION_ENDED,
    rate_limited=refusals.RATE_LIMITED,
    redirected=refusals.NO_SERVER,
)


def explain(call: Call, reply: Reply) -> PlatformFailure:
    """Return what an unexpected reply means, including a success without the expected content."""
    refusal = _refusal(call, reply)
    if refusal.kind is FailureKind.REJECTED and method_of(call) == CREATE_SESSION:
        refusal = replace(refusal, is_input=True, rule="")
    # The scope is always the account. Some limits count per address, but each belongs to one server, and anyone may
    # run a server: its responses must not hold back accounts elsewhere.
    return refusal(
        response=shown_response(reply, TOKEN, error=error_name(reply)),
        retry_at=retry_at(reply, "ratelimit-reset"),
        network="Bluesky",
        reason=shown_reason(
            reply, message_in(reply) if is_of_video_service(call) else text_in(reply.data(), "message"), TOKEN
        ),
    )


def _refusal(call: Call, reply: Reply) -> PlatformRefusal:
    if is_of_video_service(call):
        return video_refusal(call, reply)
    name = error_name(reply)
    if reply.status == 403 and name is None:
        return refusals.NO_SERVER  # from a firewall: the server always sends a name
    found = BY_METHOD.get((method_of(call), reply.status, name or "")) or _MEANINGS.find(call, reply, name)
    # A sign-in has no session that could have ended.
    is_sign_in = method_of(call) == CREATE_SESSION
    if found is refusals.SESSION_ENDED and is_sign_in:
        return refusals.WRONG_PASSWORD
    is_video = call.headers.get("Content-Type", "").startswith("video/")
    return refusals.VIDEO_TOO_LARGE if found is refusals.FILE_TOO_LARGE and is_video else found
