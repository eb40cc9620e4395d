"""The pages of the error codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from letmepost.domain.errors import ErrorCode
from letmepost.http.docs.layout import definitions, page, prose, table
from letmepost.http.errors import STATUS


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says, what to do, and whether the same request may succeed later."""

    summary: str
    remediation: str
    again: str


_NO, _CHANGED = "No.", "Not as it is: change the request first."

MEANINGS: Mapping[ErrorCode, Meaning] = MappingProxyType(
    {
        ErrorCode.VALIDATION_FAILED: Meaning(
            "The request is wrong (400), its body (413) or headers (431) are too large, it arrived too slowly (408), "
            "or the current state forbids it (409). Nothing was stored or sent.",
            "`rule` is the path of the field or a named rule, `remediation` says what to change.",
            _CHANGED,
        ),
        ErrorCode.PREFLIGHT_FAILED: Meaning(
            "At least one target breaks a documented rule of its platform. The whole request was refused: nothing was "
            "stored, nothing was sent.",
            "`violations` lists every broken rule of every target, each with what to do about it.",
            _CHANGED,
        ),
        ErrorCode.UNAUTHENTICATED: Meaning(
            "The key is missing, malformed, expired or revoked. The answer does not tell which.",
            "Send `Authorization: Bearer lmp_live_…` with a key that is alive.",
            _NO,
        ),
        ErrorCode.UNAUTHORIZED: Meaning(
            "The key is real, but may not do this.",
            "The message names the scope that is missing. Use a key that has it.",
            _NO,
        ),
        ErrorCode.NOT_FOUND: Meaning(
            "There is no such thing, or it is not yours: another organization's, another profile's, or of the other "
            "world, live or test.",
            "Check the id, and which key asks.",
            _NO,
        ),
        ErrorCode.IDEMPOTENCY_CONFLICT: Meaning(
            "The `Idempotency-Key` was used with another request, or the first request with it is still being carried "
            "out.",
            "`rule` tells which: send a new key, or the same request again after `Retry-After`.",
            "Yes, while the first request is under way.",
        ),
        ErrorCode.RATE_LIMITED: Meaning(
            "The key has made more requests this minute than it may, or follows too many streams of events.",
            "Wait for `Retry-After` seconds. `RateLimit-Remaining` tells beforehand what is left.",
            "Yes, after `Retry-After`.",
        ),
        ErrorCode.QUOTA_EXCEEDED: Meaning(
            "A quota that the operator of this deployment set is used up.",
            "`quota` says which one, how much of it is used, and when it comes back; `Retry-After` says so in seconds.",
            "Yes, after `Retry-After`. A quota of what is stored has none: it takes deleting something.",
        ),
        ErrorCode.PLATFORM_NOT_ENABLED: Meaning(
            "This deployment has no credentials for the platform, or does not know it.",
            "Ask the operator to set it up. `GET /v1/platforms` lists what there is.",
            _NO,
        ),
        ErrorCode.PLATFORM_AUTH_FAILED: Meaning(
            "The platform does not accept the account's credential.",
            "Connect the account again. Posts that wait for it are held, and queued by themselves then.",
            "Yes, once the account has been reconnected.",
        ),
        ErrorCode.PLATFORM_REJECTED: Meaning(
            "The platform refused the content, and it is never sent again automatically. When an account is connected: "
            "the input is wrong, such as an unknown handle or a wrong app password (400), or the platform misbehaved "
            "(502).",
            "`platformResponse` is the platform's own answer; `rule` and `remediation` explain it where it is known.",
            _CHANGED,
        ),
        ErrorCode.PLATFORM_UNAVAILABLE: Meaning(
            "The platform is down, throttles, or did not answer in time.",
            "Posts are tried again by themselves, within the lateness that they allow. Connecting: try again later.",
            "Yes.",
        ),
        ErrorCode.INTERNAL_ERROR: Meaning(
            "Something broke on our side.",
            "Send the request again with the same `Idempotency-Key`; if it stays, report the `requestId`.",
            "Yes, with an Idempotency-Key.",
        ),
    }
)


def code_page(code: ErrorCode) -> str:
    """The page of one code."""
    meaning = MEANINGS[code]
    facts = [
        ("Status", f"HTTP {STATUS[code]}, or in the <code>error</code> of a result, a post or an event."),
        ("What to do", prose(meaning.remediation)),
        ("May the same request succeed later?", prose(meaning.again)),
    ]
    return page(code, f"<p>{prose(meaning.summary)}</p>{definitions(facts)}", is_code=True)


def codes_page() -> str:
    """Every code in one table."""
    rows: list[tuple[str, ...]] = [
        (f'<a href="/docs/errors/{code}"><code>{code}</code></a>', str(STATUS[code]), prose(MEANINGS[code].summary))
        for code in ErrorCode
    ]
    intro = "<p>Branch on <code>code</code>, and on <code>rule</code> where you need to know more.</p>"
    return page("Error codes", intro + table(("Code", "HTTP", "When"), rows))
