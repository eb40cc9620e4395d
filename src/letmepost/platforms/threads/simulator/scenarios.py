"""How a test account's server differs from a healthy one. A scenario belongs to one account.

A write creates a container or publishes one. Reads are healthy in every scenario, so that the result of a write can
always be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import WriteAttempt, common_scenarios
from letmepost.platforms._meta.simulator.container_scenarios import (
    LAG_S,
    SLOW_PROCESSING_S,
    ContainerScenario,
    duplicate,
    failed,
    rejected,
    unavailable,
)
from letmepost.platforms.threads.simulator.graph import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(ContainerScenario):
    """The differences from a healthy server, which is the default.

    Args:
        media_error: the error of every media item.
        has_instagram: False if no Instagram account is linked, so that posts cannot be shared to one.
    """

    media_error: str | None = None
    has_instagram: bool = True


def _rate_limited(_attempt: WriteAttempt) -> Refused:
    return Refused("Application request limit reached", code=4, status=403)


_COMMON = common_scenarios(
    Scenario, rate_limited=_rate_limited, unavailable=unavailable, failed=failed, duplicate=duplicate
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
        "rejected": Scenario(summary="Every post is rejected because of its content.", refuse=rejected),
        "processing_forever": Scenario(summary="Containers never become ready.", processing_s=None),
        "lagging": Scenario(
            summary="For 3 s, new containers cannot be published, and new posts have no replies and no link.",
            lag_s=LAG_S,
        ),
        "media_broken": Scenario(summary="Every media item is too long.", media_error="INVALID_DURATION"),
        "media_unreachable": Scenario(summary="No media item can be fetched.", media_error="FAILED_DOWNLOADING_VIDEO"),
        "instagram_unlinked": Scenario(
            summary="No Instagram account is linked, so posts are published without being shared to one.",
            has_instagram=False,
        ),
    }
)
