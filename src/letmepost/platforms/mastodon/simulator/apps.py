"""The apps that anyone may register at the server.

Source: https://docs.joinmastodon.org/methods/apps/#create and https://docs.joinmastodon.org/api/oauth-scopes/ (checked
2026-11-29).
"""

from typing import TypedDict

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth import grants
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.mastodon.simulator.wire import Parameters, invalid, next_id
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_WRITES = ("accounts", "bookmarks", "favourites", "filters", "follows", "lists", "media", "statuses")
_READS = (*_WRITES, "notifications", "search")
SCOPES = (
    *("read", "write", "follow", "push", "profile"),
    *(f"read:{name}" for name in _READS if name != "media"),
    *(f"write:{name}" for name in _WRITES),
)


class App(TypedDict):
    """A registered app."""

    id: str
    name: str
    website: str | None
    client_secret: str
    redirect_uris: list[str]
    scopes: list[str]


def register(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /api/v1/apps`."""
    given = Parameters.of(call)
    name, uris = given.text("client_name"), given.texts("redirect_uris") or (given.text("redirect_uris") or "").split()
    if name is None:
        raise invalid("Application name can't be blank")
    if not uris or not all("://" in uri for uri in uris):
        raise invalid("Redirect URI must be an absolute URI.")
    scopes = (given.text("scopes") or "read").split()
    if not set(scopes) <= set(SCOPES):
        raise invalid("Scopes doesn't match configured on the server.")
    client_id = letters(call.entropy, "client_id", 43)
    app = App(
        id=next_id(state, call.now),
        name=name,
        website=given.text("website"),
        client_secret=letters(call.entropy, "client_secret", 43),
        redirect_uris=uris,
        scopes=scopes,
    )
    state[f"app/{client_id}"] = app
    more = {"client_id": client_id, "redirect_uri": "\n".join(uris), "client_secret_expires_at": 0}
    return json_reply({**app, **more, "vapid_key": "sandbox"})


def find(state: State, client_id: str) -> App | None:
    """Return a registered app."""
    app: App | None = state.get(f"app/{client_id}")
    return app


def find_credentials(state: State, client_id: str) -> grants.App | None:
    """Return the credentials of a registered app."""
    app = find(state, client_id)
    return None if app is None else grants.App(client_id=client_id, client_secret=app["client_secret"])
