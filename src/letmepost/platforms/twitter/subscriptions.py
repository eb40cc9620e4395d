"""Whether an account has a subscription at X, which lets it publish longer videos.

https://docs.x.com/x-api/fundamentals/data-dictionary (`subscription_type`; read 2026-11-21).
"""

from collections.abc import Mapping
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.platforms._kit.fields import text_in

_FIELD = "subscription"
_NONE = "None"


def account_data(user: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the data of an account, from a user that X returned."""
    return {_FIELD: text_in(user, "subscription_type") or _NONE}


def is_subscribed(account: AccountFacts) -> bool:
    """Return True if the account had a subscription when X last reported it."""
    return (text_in(account.data, _FIELD) or _NONE) != _NONE
