"""The consent page, and the exchange of its code for a token that is valid for an hour.

Source: fact sheet section 1, after https://developers.facebook.com/docs/threads/get-started, checked 2026-11-21.
"""

from collections.abc import Mapping
from typing import Any

from letmepost.platforms._kit.simulator.oauth.consent import Choice
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Granted
from letmepost.platforms._meta.simulator.long_lived import DENIAL, ConsentServer
from letmepost.platforms.simulation import State
from letmepost.platforms.threads.simulator.people import create_person
from letmepost.platforms.threads.simulator.tokens import SERVER

_EXTRAS = (
    *("threads_manage_replies", "threads_read_replies", "threads_delete"),
    *("threads_location_tagging", "threads_share_to_instagram"),
)
_SCOPES = ("threads_basic", "threads_content_publish", *_EXTRAS)
_CHOICES = (
    Choice("allow", "Allow everything", account=create_person),
    Choice(
        "allow-less",
        "Allow posting, and nothing else",
        account=create_person,
        withheld=frozenset(_EXTRAS),
    ),
    Choice("deny", "Not now", denial=DENIAL),
)
_REFUSALS = {
    "client_secret": "Error validating client secret.",
    "grant_type": "Unsupported grant type",
    "refresh_token": "Unsupported grant type",
    "code": "Matching code was not found or was already used",
    "redirect_uri": "Error validating verification code: redirect_uri does not match",
}
"""By the name of the parameter that is missing or wrong."""


def _check(_state: State, query: Mapping[str, str]) -> str | None:
    return None if "threads_basic" in query.get("scope", "") else "scope must contain threads_basic"


def _describe(granted: Granted) -> dict[str, Any]:
    return {"access_token": granted.access.text, "user_id": int(granted.access.token["account_id"])}


CONSENT = ConsentServer(
    tokens=SERVER,
    title="Threads",
    scopes=_SCOPES,
    choices=_CHOICES,
    new_account=create_person,
    refusals=_REFUSALS,
    describe=_describe,
    check=_check,
)
