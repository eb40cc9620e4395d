"""How X differs from a healthy server for one test account. A scenario belongs to one account.

Reads are healthy in every scenario, so that the result of a post can always be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from letmepost.platforms._simulator import Refuse, WriteAttempt, refuse_counted
from letmepost.platforms.contract import State
from letmepost.platforms.twitter.simulator.wire import PROBLEMS, RefusedError, forbidden, too_many, unavailable

ACCESS_LIFETIME = timedelta(hours=2)
EXPIRING_ACCESS_LIFETIME = timedelta(seconds=5)
SLOW_DELAY_S = 3.0
RATE_LIMITED_POSTS = 2
RATE_LIMITED_FOR_S = 2
UNAVAILABLE_FOR_S = 8.0
DAY_RESETS_AFTER_S = 6 * 3600
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The differences from a healthy server, which is the default.

    Args:
        refuse: returns the error to raise instead of executing an attempt; None to execute it.
        refuses_uploads: True if `refuse` applies to uploads too.
        delay_s: how long posts and uploads take.
        revoked: the permission is withdrawn after the account is connected.
        loses_first_response: the account's first post is executed, but its response is lost.
        processes_forever: no GIF is ever ready.
    """

    summary: str
    refuse: Refuse | None = None
    refuses_uploads: bool = False
    delay_s: float = 0.0
    access_lifetime: timedelta = ACCESS_LIFETIME
    revoked: bool = False
    loses_first_response: bool = False
    processes_forever: bool = False


def _rate_limited(attempt: WriteAttempt) -> RefusedError | None:
    if attempt.number > RATE_LIMITED_POSTS:
        return None
    reset = str(int(attempt.now.timestamp()) + RATE_LIMITED_FOR_S)
    return too_many({"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0", "x-rate-limit-reset": reset})


def _daily_limit(attempt: WriteAttempt) -> RefusedError:
    reset = str(int(attempt.now.timestamp()) + DAY_RESETS_AFTER_S)
    name = "x-user-limit-24hour"
    return too_many({f"{name}-limit": "50", f"{name}-remaining": "0", f"{name}-reset": reset})


def _unavailable(attempt: WriteAttempt) -> RefusedError | None:
    return unavailable() if attempt.age_s < UNAVAILABLE_FOR_S else None


def _flaky(attempt: WriteAttempt) -> RefusedError | None:
    return unavailable(500) if attempt.number % 2 else None


def _out_of_credits(_attempt: WriteAttempt) -> RefusedError:
    detail = "Your enrolled account [1] does not have any credits to fulfill this request."
    body = {"account_id": 1, "title": "CreditsDepleted", "detail": detail, "type": f"{PROBLEMS}/credits"}
    return RefusedError(402, body)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "ok": Scenario(summary="Everything works."),
        "slow": Scenario(summary="Posts and uploads take 3 s.", delay_s=SLOW_DELAY_S),
        "rate_limited": Scenario(
            summary="The first two posts return 429 with a retry time of 2 s.", refuse=_rate_limited
        ),
        "auth_revoked": Scenario(summary="Connecting works, then every call is refused.", revoked=True),
        "token_expiring": Scenario(
            summary="Access tokens are valid for 5 s and must then be refreshed.",
            access_lifetime=EXPIRING_ACCESS_LIFETIME,
        ),
        "rejected": Scenario(
            summary="Every post is rejected without a reason.",
            refuse=lambda attempt: forbidden() if attempt.shows_post else None,
        ),
        "unavailable": Scenario(
            summary="Posts and uploads return 503 and are not executed during 8 s from the first one on.",
            refuse=_unavailable,
            refuses_uploads=True,
        ),
        "flaky": Scenario(summary="The first, third, fifth … post returns 500 and is not executed.", refuse=_flaky),
        "timeout_after_publish": Scenario(
            summary="The first post is executed, but the connection breaks before the response.",
            loses_first_response=True,
        ),
        "duplicate": Scenario(
            summary="Every post is rejected as a duplicate.",
            refuse=lambda attempt: forbidden(DUPLICATE) if attempt.shows_post else None,
        ),
        "processing_forever": Scenario(summary="A GIF is never ready.", processes_forever=True),
        "daily_limit": Scenario(summary="The account has used up its limit of posts in 24 hours.", refuse=_daily_limit),
        "out_of_credits": Scenario(summary="The app's operator has not paid.", refuse=_out_of_credits),
    }
)


def refuse_attempt(state: State, account_id: str, scenario: Scenario, now: datetime, *, shows_post: bool) -> None:
    """Count the attempt, and raise the scenario's error instead of executing it."""
    if scenario.refuse is not None and (scenario.refuses_uploads or shows_post):
        refuse_counted(state, account_id, scenario.refuse, now, shows_post=shows_post)
