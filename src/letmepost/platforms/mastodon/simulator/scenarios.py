"""How a test account's server differs from a healthy one. A scenario belongs to one account.

A write creates a status; an upload sends a media item. Reads are healthy in every scenario, so that the result of a
write can always be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import CommonScenario, common_scenarios
from letmepost.platforms.mastodon.simulator.limits import too_many
from letmepost.platforms.mastodon.simulator.wire import Refused, invalid

PROCESSING_S = 1.0
SLOW_PROCESSING_S = 8.0
LARGE_SERVER_CHARACTERS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(CommonScenario):
    """The differences from a healthy server, which is the default.

    Args:
        processing_s: how long a video or a GIF is processed; None means that it never ends.
        fails_processing: videos and GIFs cannot be processed.
        stops_upload: the first upload is received, and then refused because the server is unavailable.
        proxy_gives_up: each status is created, but the proxy responds with 504, and the key is not stored.
        ignores_keys: the server has no idempotency keys.
        fails_on_repeat: a repeated key is answered with 500.
        characters: how long a status may be.
    """

    processing_s: float | None = PROCESSING_S
    fails_processing: bool = False
    stops_upload: bool = False
    proxy_gives_up: bool = False
    ignores_keys: bool = False
    fails_on_repeat: bool = False
    characters: int = 500


def failed() -> Refused:
    """Return the refusal after an internal error."""
    return Refused(500, "An unexpected error occurred")


_COMMON = common_scenarios(
    Scenario,
    rate_limited=lambda attempt: too_many(attempt.now),
    unavailable=lambda _attempt: Refused(503, "There was a temporary problem"),
    failed=lambda _attempt: failed(),
    rejected=lambda _attempt: invalid("This sandbox account rejects every post"),
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **{name: scenario for name, scenario in _COMMON.items() if name != "token_expiring"},  # tokens do not expire
        "slow": replace(
            _COMMON["slow"],
            summary="Writes take 3 s, and videos and GIFs are processed for 8 s.",
            processing_s=SLOW_PROCESSING_S,
        ),
        "gateway_timeout": Scenario(
            summary="Every status is created, but the proxy responds with 504, and the idempotency key is not stored.",
            proxy_gives_up=True,
        ),
        "repeat_fails": Scenario(
            summary="The connection breaks after every create, and a repeated idempotency key is answered with 500.",
            loses_first_response=True,
            fails_on_repeat=True,
        ),
        "no_idempotency": Scenario(
            summary="The connection breaks after every create, and idempotency keys are ignored.",
            loses_first_response=True,
            ignores_keys=True,
        ),
        "large_limits": Scenario(summary="Statuses may have 5,000 characters.", characters=LARGE_SERVER_CHARACTERS),
        "processing_forever": Scenario(summary="Videos and GIFs are never processed.", processing_s=None),
        "upload_stops": Scenario(summary="The first upload is interrupted by a 503.", stops_upload=True),
        "media_broken": Scenario(summary="No video and no GIF can be processed.", fails_processing=True),
    }
)
