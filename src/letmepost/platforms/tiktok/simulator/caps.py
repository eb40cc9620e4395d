"""What TikTok allows in 24 hours. Source: fact sheet sections 1.6 and 5. A window has no fixed start."""

from letmepost.platforms.tiktok.simulator.endpoint import Request
from letmepost.platforms.tiktok.simulator.scenarios import CAPPED_FOR_S, POSTS_PER_DAY
from letmepost.platforms.tiktok.simulator.tasks import Task, all_tasks, published_at_of, status_of, tasks_of
from letmepost.platforms.tiktok.simulator.wire import TikTokError

_DAY_S = 86_400.0
_PENDING_SHARES = 5
_USERS_OF_UNAUDITED_APP = 5
_MESSAGES = {
    "spam_risk_too_many_posts": "The daily post cap from the API is reached for the current user.",
    "spam_risk_too_many_pending_share": "There may be at most 5 pending shares within any 24-hour period.",
    "spam_risk_user_banned_from_posting": "The user is banned from making new posts.",
    "reached_active_user_cap": "The daily quota for active publishing users from your client is reached.",
}


def used_up_cap(request: Request, *, is_direct: bool) -> TikTokError | None:
    """Return the refusal of a new post because of a limit; None if there is none."""
    code = _fixed(request) or (_counted(request, is_direct=is_direct) if request.scenario.is_metered else None)
    return None if code is None else TikTokError(403, code, _MESSAGES[code])


def _fixed(request: Request) -> str | None:
    """Return the code of the account's scenario."""
    is_capped = request.at < request.account["made_at"] + CAPPED_FOR_S
    return request.scenario.ban or (request.scenario.cap if is_capped else None)


def _counted(request: Request, *, is_direct: bool) -> str | None:
    recent = [task for task in tasks_of(request.state, request.account["id"]) if _is_recent(task, request.at)]
    if not is_direct:
        pending = [task for task in recent if status_of(task, request.scenario, request.at) == "SEND_TO_USER_INBOX"]
        return "spam_risk_too_many_pending_share" if len(pending) >= _PENDING_SHARES else None
    published = [task for task in recent if task["is_direct"] and published_at_of(task, request.scenario) is not None]
    if len(published) >= POSTS_PER_DAY:
        return "spam_risk_too_many_posts"
    is_full = not request.scenario.is_audited and len(_other_users(request)) >= _USERS_OF_UNAUDITED_APP
    return "reached_active_user_cap" if is_full else None


def _other_users(request: Request) -> set[str]:
    """Return the users that posted in the last day; empty if this account is one of them."""
    users = {task["account"] for task in all_tasks(request.state) if task["is_direct"] and _is_recent(task, request.at)}
    return set() if request.account["id"] in users else users


def _is_recent(task: Task, at: float) -> bool:
    return task["made_at"] > at - _DAY_S
