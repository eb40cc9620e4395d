"""The daily quota of the Google Cloud project: what calls cost, and the errors when it is used up.

The simulated project has an extended quota, which no test uses up: what is spent is only counted. Scenarios exhaust a
bucket. Source: fact sheet sections 5 and 6, after https://developers.google.com/youtube/v3/determine_quota_cost.

The state's keys: `quota/<date in California>`.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from letmepost.platforms.simulation import State
from letmepost.platforms.youtube.simulator.wire import YouTubeError

_ZONE = ZoneInfo("America/Los_Angeles")


def spend(state: State, bucket: str, units: int, now: datetime) -> None:
    """Count the cost of a call, which a refused call has, too."""
    key = f"quota/{now.astimezone(_ZONE).date().isoformat()}"
    spent = state.get(key, {})
    state[key] = {**spent, bucket: spent.get(bucket, 0) + units}


def is_same_day(first: float, second: float) -> bool:
    """Return True if two times are on the same day in California, where quotas reset at midnight."""
    days = {datetime.fromtimestamp(moment, UTC).astimezone(_ZONE).date() for moment in (first, second)}
    return len(days) == 1


def exhausted(bucket: str) -> YouTubeError:
    """Return the refusal of a call because the project's quota is used up."""
    if bucket == "units":
        link = '<a href="/youtube/v3/getting-started#quota">quota</a>'
        message = f"The request cannot be completed because you have exceeded your {link}."
        return YouTubeError(403, "quotaExceeded", message, domain="youtube.quota")
    name, limit = ("Video Uploads", "defaultVideoInsertPerDayPerProject")
    if bucket == "searches":
        name, limit = ("Search Queries", "defaultSearchListPerDayPerProject")
    details = {
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {
            "service": "youtube.googleapis.com",
            "quota_limit": limit,
            "quota_limit_value": "100",
            "consumer": "projects/100000000000",
        },
    }
    message = (
        f"Quota exceeded for quota metric '{name}' and limit '{name} per day' of service 'youtube.googleapis.com' for "
        "consumer 'project_number:100000000000'."
    )
    return YouTubeError(429, "rateLimitExceeded", message, details=details)
