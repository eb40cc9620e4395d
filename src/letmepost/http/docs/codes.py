"""The pages of the error codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from letmepost.domain.errors import ErrorCode
from letmepost.http.docs.layout import DocumentPage, definitions, prose, table
from letmepost.http.errors import STATUS


@dataclass(frozen=True, slots=True)
class Meaning:
    """The text of a code's page: what it means, what to do, and whether the same request can succeed later."""

    summary: str
    remediation: str
    again: str


_NO, _CHANGED = "No.", "No. Change the request first."

MEANINGS: Mapping[ErrorCode, Meaning] = MappingProxyType(
    {
        ErrorCode.VALIDATION_FAILED: Meaning(
            "The request is wrong (400), its body (413) or headers (431) are too large, it arrived too slowly (408), "
            "or the current state does not allow it (409). Nothing was stored or sent.",
            "`rule` is the path of the field or the id of a rule. `remediation` says what to change.",
            _CHANGED,
        ),
        ErrorCode.PREFLIGHT_FAILED: Meaning(
            "At least one target breaks a documented rule of its platform. The whole request was rejected. Nothing was "
            "stored or sent.",
            "`violations` lists every broken rule of every target, and how to fix each.",
            _CHANGED,
        ),
        ErrorCode.UNAUTHENTICATED: Meaning(
            "The API key is missing, malformed, expired or revoked. The response does not say which.",
            "Send `Authorization: Bearer lmp_live_…` with an active key.",
            _NO,
        ),
        ErrorCode.UNAUTHORIZED: Meaning(
            "The API key is valid, but does not have the required scope.",
            "Use a key that has the scope named in the message.",
            _NO,
        ),
        ErrorCode.NOT_FOUND: Meaning(
            "The resource does not exist, or the API key cannot access it: it belongs to another organization or "
            "profile, or to the other mode (live or test).",
            "Check the id, and which key was sent.",
            _NO,
        ),
        ErrorCode.IDEMPOTENCY_CONFLICT: Meaning(
            "The `Idempotency-Key` was used for a different request, or the first request with it is still running.",
            "`rule` says which. Send a new key, or repeat the same request after `Retry-After`.",
            "Yes, if the first request is still running.",
        ),
        ErrorCode.RATE_LIMITED: Meaning(
            "The API key has exceeded its requests per minute, or has too many open event streams.",
            "Wait for `Retry-After` seconds. `RateLimit-Remaining` shows how many requests are left.",
            "Yes, after `Retry-After`.",
        ),
        ErrorCode.QUOTA_EXCEEDED: Meaning(
            "A quota that the operator of this deployment set is exhausted.",
            "`quota` says which one, how much of it is used, and when it resets. `Retry-After` says so in seconds.",
            "Yes, after `Retry-After`. A quota of stored items does not reset: delete something first.",
        ),
        ErrorCode.PLATFORM_NOT_ENABLED: Meaning(
            "This deployment has no credentials for the platform, or does not support it.",
            "Ask the operator to set it up. `GET /v1/platforms` lists the available platforms.",
            _NO,
        ),
        ErrorCode.PLATFORM_AUTH_FAILED: Meaning(
            "The platform does not accept the account's credential.",
            "Reconnect the account. Its waiting posts are held, and are queued automatically when it is reconnected.",
            "Yes, after the account is reconnected.",
        ),
        ErrorCode.PLATFORM_REJECTED: Meaning(
            "The platform rejected the content. It is never sent again automatically. While connecting an account: the "
            "input is wrong, such as an unknown handle or a wrong app password (400), or the platform returned an "
            "unexpected response (502).",
            "`platformResponse` is the platform's response. `rule` and `remediation` explain it if it is a known one.",
            _CHANGED,
        ),
        ErrorCode.PLATFORM_UNAVAILABLE: Meaning(
            "The platform is down, is throttling requests, or did not respond in time.",
            "Posts are retried automatically, within the lateness that they allow. While connecting: try again later.",
            "Yes.",
        ),
        ErrorCode.INTERNAL_ERROR: Meaning(
            "An unexpected error occurred in this service.",
            "Repeat the request with the same `Idempotency-Key`. If the error persists, report the `requestId`.",
            "Yes. Send an `Idempotency-Key`, so that nothing is done twice.",
        ),
    }
)


def code_page(code: ErrorCode) -> DocumentPage:
    """Return the page of one code."""
    meaning = MEANINGS[code]
    facts = [
        ("Status", f"HTTP {STATUS[code]}; also in the <code>error</code> of a post, a batch item or an event."),
        ("How to fix it", prose(meaning.remediation)),
        ("Can the same request succeed later?", prose(meaning.again)),
    ]
    return DocumentPage(code, f"<p>{prose(meaning.summary)}</p>{definitions(facts)}", is_code=True)


def codes_page() -> DocumentPage:
    """Return a table of all codes."""
    rows: list[tuple[str, ...]] = [
        (f'<a href="/docs/errors/{code}"><code>{code}</code></a>', str(STATUS[code]), prose(MEANINGS[code].summary))
        for code in ErrorCode
    ]
    intro = "<p>Branch on <code>code</code>, and on <code>rule</code> where you need more detail.</p>"
    return DocumentPage("Error codes", intro + table(("Code", "HTTP", "When"), rows))
