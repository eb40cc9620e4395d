"""How a test account's server differs from a healthy one. A scenario belongs to one account.

A write creates a container or publishes one. Reads are healthy in every scenario, so that the result of a write can
always be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import CommonScenario, WriteAttempt, common_scenarios
from letmepost.platforms.threads.simulator.graph import Refused, wrong_parameter

PROCESSING_S = 1.0
SLOW_PROCESSING_S = 8.0
LAG_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(CommonScenario):
    """The differences from a healthy server, which is the default.

    Args:
        access_lifetime, token_age: of a long-lived token when it is issued.
        processing_s: how long the media of a container take; None means that no container becomes ready, not even of
            texts.
        lag_s: how long one part of the network does not know what another part has created.
        media_error: the error of every media item.
        has_instagram: False if no Instagram account is linked, so that posts cannot be shared to one.
    """

    access_lifetime: timedelta = timedelta(days=60)
    token_age: timedelta = timedelta()
    processing_s: float | None = PROCESSING_S
    lag_s: float = 0.0
    media_error: str | None = None
    has_instagram: bool = True


def _rate_limited(_attempt: WriteAttempt) -> Refused:
    return Refused("Application request limit reached", code=4, status=403)


def _unavailable(_attempt: WriteAttempt) -> Refused:
    return Refused("Service temporarily unavailable", code=2, status=503, is_transient=True)


def _failed(_attempt: WriteAttempt) -> Refused:
    return Refused("An unknown error occurred", code=1, status=500, is_transient=True)


def _rejected(attempt: WriteAttempt) -> Refused | None:
    """Refuse the container. A post that is not accepted never has one to publish."""
    return None if attempt.shows_post else wrong_parameter("Refused by this sandbox account.")


def _duplicate(_attempt: WriteAttempt) -> Refused:
    return Refused("Duplicate status message", code=506)


_COMMON = common_scenarios(
    Scenario, rate_limited=_rate_limited, unavailable=_unavailable, failed=_failed, duplicate=_duplicate
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **_COMMON,
        "slow": replace(
            _COMMON["slow"],
            summary="Writes take 3 s, and media are processed for 8 s.",
            processing_s=SLOW_PROCESSING_S,
        ),
        "token_expiring": Scenario(
            summary="Tokens are valid for 2 minutes, can be refreshed immediately, and must be.",
            access_lifetime=timedelta(minutes=2),
            token_age=timedelta(days=59),
        ),
        "rejected": Scenario(summary="Every post is rejected because of its content.", refuse=_rejected),
        "processing_forever": Scenario(summary="Containers never become ready.", processing_s=None),
        "lagging": Scenario(
            summary="For 3 s, new containers cannot be published, and new posts have no replies and no link.",
            lag_s=LAG_S,
        ),
        "media_broken": Scenario(summary="Every media item is too long.", media_error="INVALID_DURATION"),
        "instagram_unlinked": Scenario(
            summary="No Instagram account is linked, so posts are published without being shared to one.",
            has_instagram=False,
        ),
    }
)
