"""Polls: what the server accepts, and how it shows them.

app/validators/poll_options_validator.rb and poll_expiration_validator.rb of https://github.com/mastodon/mastodon
(checked 2026-11-29).
"""

from datetime import datetime
from typing import Any, TypedDict

import regex

from letmepost.platforms.mastodon.simulator.wire import Parameters, invalid, iso

ANSWERS = 4
ANSWER = 50
SHORTEST_S = 300
LONGEST_S = 2_629_746


class Poll(TypedDict):
    """A poll. The sandbox has no votes."""

    id: str
    options: list[str]
    until: float
    multiple: bool
    hide_totals: bool


def read(given: Parameters, poll_id: str, now: datetime) -> Poll:
    """Return the poll that the parameters describe."""
    options = [option.strip() for option in given.texts("options") if option.strip()]
    expires_in = given.text("expires_in") or ""
    if len(options) < 2:
        raise invalid("Options must have more than one item")
    if len(options) > ANSWERS:
        raise invalid(f"Options can't contain more than {ANSWERS} items")
    if any(len(regex.findall(r"\X", option)) > ANSWER for option in options):
        raise invalid(f"Options cannot be longer than {ANSWER} characters each")
    if len(set(options)) != len(options):
        raise invalid("Options contain duplicate items")
    if not expires_in.isdecimal() or int(expires_in) > LONGEST_S:
        raise invalid("Expires at is too far into the future")
    if int(expires_in) < SHORTEST_S:
        raise invalid("Expires at is too soon")
    return Poll(
        id=poll_id,
        options=options,
        until=now.timestamp() + int(expires_in),
        multiple=given.flag("multiple"),
        hide_totals=given.flag("hide_totals"),
    )


def entity(poll: Poll, now: datetime) -> dict[str, Any]:
    """Return a poll as the API shows it to its author."""
    is_over = now.timestamp() >= poll["until"]
    votes = None if poll["hide_totals"] and not is_over else 0
    return {
        "id": poll["id"],
        "expires_at": iso(poll["until"]),
        "expired": is_over,
        "multiple": poll["multiple"],
        **dict.fromkeys(("votes_count", "voters_count"), 0),
        "voted": True,
        **{name: [] for name in ("own_votes", "emojis")},
        "options": [{"title": option, "votes_count": votes} for option in poll["options"]],
    }
