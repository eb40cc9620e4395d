"""How a test account's LinkedIn differs from a healthy one. A scenario belongs to one member.

A write is a call that creates a post or a comment; an upload requests an upload URL or sends bytes. Reads, deletions
and consent are healthy in every scenario except `auth_revoked`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import (
    RATE_LIMITED_FOR_S,
    CommonScenario,
    WriteAttempt,
    common_scenarios,
)
from letmepost.platforms.linkedin.simulator.restli import RestliError, invalid

DUPLICATE_URN = "urn:li:share:7012345000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(CommonScenario):
    """The differences from a healthy platform with an app without refresh tokens, which is the default.

    Args:
        refreshable: True if the app is a partner's, which receives refresh tokens.
        hides_first_urn: the response to a post's first write lacks its URN.
        never_ready: media stay in processing.
        fails_processing: no video can be processed.
        stops_upload: each video is interrupted once by an error.
        expires_first_upload: the URLs of the first upload have expired.
    """

    access_lifetime: timedelta = timedelta(days=60)
    refreshable: bool = False
    hides_first_urn: bool = False
    never_ready: bool = False
    fails_processing: bool = False
    stops_upload: bool = False
    expires_first_upload: bool = False


def _rate_limited(_attempt: WriteAttempt) -> RestliError:
    message = "Resource level throttle limit for calls to this resource is reached."
    headers = {"retry-after": str(RATE_LIMITED_FOR_S)}
    return RestliError(429, "TOO_MANY_REQUESTS", message, number=101, headers=headers)


def day_limit(scope: str) -> RestliError:
    """Return the refusal of a used-up daily limit: `APPLICATION`, or `APPLICATION_AND_MEMBER`."""
    message = f"Resource level throttle {scope} DAY limit for calls to this resource is reached."
    return RestliError(429, "TOO_MANY_REQUESTS", message, number=101)


def _rejected(_attempt: WriteAttempt) -> RestliError:
    return invalid("INVALID_VALUE_FOR_FIELD", "/commentary", "Refused by this sandbox account")


def _unavailable(_attempt: WriteAttempt) -> RestliError:
    return RestliError(503, "SERVICE_UNAVAILABLE", "Service Unavailable", number=0)


def _failed(_attempt: WriteAttempt) -> RestliError:
    return RestliError(500, "INTERNAL_SERVER_ERROR", "Internal Server Error", number=0)


def duplicate_post(urn: str) -> RestliError:
    """Return the refusal of a post if another post of the author has the same content."""
    return invalid("DUPLICATE_POST", "/commentary", f"Content is a duplicate of {urn}")


_COMMON = common_scenarios(
    Scenario,
    rate_limited=_rate_limited,
    unavailable=_unavailable,
    failed=_failed,
    rejected=_rejected,
    duplicate=lambda _attempt: duplicate_post(DUPLICATE_URN),
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **_COMMON,
        "token_expiring": replace(_COMMON["token_expiring"], refreshable=True),
        "quota_exhausted": Scenario(
            summary="The member's daily limit is used up: every write returns 429.",
            refuse=lambda _attempt: day_limit("APPLICATION_AND_MEMBER"),
        ),
        "silent_success": Scenario(
            summary="A post's first write is executed, but the response lacks the URN.", hides_first_urn=True
        ),
        "processing_forever": Scenario(summary="Media never become ready.", never_ready=True),
        "processing_fails": Scenario(summary="No video can be processed.", fails_processing=True),
        "upload_stops": Scenario(summary="The upload of a video is interrupted once by a 503.", stops_upload=True),
        "upload_expired": Scenario(
            summary="The URLs of the first upload have expired when they are used.", expires_first_upload=True
        ),
    }
)
