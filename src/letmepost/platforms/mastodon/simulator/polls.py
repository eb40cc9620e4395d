"""Polls: what the server accepts. The sandbox has no votes, and polls never end.

app/validators/poll_options_validator.rb and poll_expiration_validator.rb of https://github.com/mastodon/mastodon
(checked 2026-11-29).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import regex

from letmepost.platforms.mastodon.simulator.wire import Parameters, invalid, iso

ANSWERS = 4
ANSWER = 50
SHORTEST_S = 300
LONGEST_S = 2_629_746


def read(given: Parameters, poll_id: str, now: datetime) -> Mapping[str, Any]:
    """Return the poll that the parameters describe, as the API shows it to its author."""
    options = [option.strip() for option in given.texts("options") if option.strip()]
    expires_in = given.number("expires_in")
    if len(options) < 2:
        raise invalid("Options must have more than one item")
    if len(options) > ANSWERS:
        raise invalid(f"Options can't contain more than {ANSWERS} items")
    if any(len(regex.findall(r"\X", option)) > ANSWER for option in options):
        raise invalid(f"Options cannot be longer than {ANSWER} characters each")
    if len(set(options)) != len(options):
        raise invalid("Options contain duplicate items")
    if expires_in is None or expires_in > LONGEST_S:
        raise invalid("Expires at is too far into the future")
    if expires_in < SHORTEST_S:
        raise invalid("Expires at is too soon")
    votes = None if given.flag("hide_totals") else 0
    return {
        "id": poll_id,
        "expires_at": iso(now.timestamp() + expires_in),
        "expired": False,
        "multiple": given.flag("multiple"),
        **dict.fromkeys(("votes_count", "voters_count"), 0),
        "voted": True,
        **{name: [] for name in ("own_votes", "emojis")},
        "options": [{"title": option, "votes_count": votes} for option in options],
    }
