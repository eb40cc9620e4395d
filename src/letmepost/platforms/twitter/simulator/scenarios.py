"""How X differs from a healthy server for one test account. A scenario belongs to one account.

Reads are healthy in every scenario, so that the result of a post can always be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import (
    RATE_LIMITED_FOR_S,
    CommonScenario,
    WriteAttempt,
    common_scenarios,
    refuse_posts,
)
from letmepost.platforms.twitter.simulator.wire import PROBLEMS, RefusedError, forbidden, too_many, unavailable

DAY_RESETS_AFTER_S = 6 * 3600
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(CommonScenario):
    """The differences from a healthy server, which is the default.

    Args:
        loses_first_response: the account's first post is executed, but its response is lost.
        processes_forever: no GIF is ever ready.
    """

    access_lifetime: timedelta = timedelta(hours=2)
    processes_forever: bool = False


def _rate_limited(attempt: WriteAttempt) -> RefusedError:
    reset = str(int(attempt.now.timestamp()) + RATE_LIMITED_FOR_S)
    return too_many({"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0", "x-rate-limit-reset": reset})


def _daily_limit(attempt: WriteAttempt) -> RefusedError:
    reset = str(int(attempt.now.timestamp()) + DAY_RESETS_AFTER_S)
    name = "x-user-limit-24hour"
    return too_many({f"{name}-limit": "50", f"{name}-remaining": "0", f"{name}-reset": reset})


def _out_of_credits(_attempt: WriteAttempt) -> RefusedError:
    detail = "Your enrolled account [1] does not have any credits to fulfill this request."
    body = {"account_id": 1, "title": "CreditsDepleted", "detail": detail, "type": f"{PROBLEMS}/credits"}
    return RefusedError(402, body)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **common_scenarios(
            Scenario,
            rate_limited=_rate_limited,
            unavailable=lambda _attempt: unavailable(),
            failed=lambda _attempt: unavailable(500),
            duplicate=lambda _attempt: forbidden(DUPLICATE),
        ),
        "rejected": Scenario(
            summary="Every post is rejected without a reason.", refuse=refuse_posts(lambda _attempt: forbidden())
        ),
        "processing_forever": Scenario(summary="A GIF is never ready.", processes_forever=True),
        "daily_limit": Scenario(summary="The account has used up its limit of posts in 24 hours.", refuse=_daily_limit),
        "out_of_credits": Scenario(summary="The app's operator has not paid.", refuse=_out_of_credits),
    }
)
