"""The routes of Facebook Login, and what every Graph call has in common."""

from collections.abc import Callable, Collection

from letmepost.platforms._kit.simulator.routes import Answer, Handler, answer_by
from letmepost.platforms._meta.simulator.graph import Parameters, Refused
from letmepost.platforms._meta.simulator.login import Login
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

Row = tuple[str, str, Handler]
VERSION = r"/v2[1-7]\.0/"
"""The versions that answered on 2026-11-28, as the start of a path."""
_REMOVED = frozenset({"ids", "method", "callback", "date_format"})
"""Parameters that no version accepts from new apps since 2026-11-04."""


def answer_graph(login: Login, rows: Collection[Row], *, me: Callable[..., SimulatedReply] | None = None) -> Answer:
    """Return the function that answers the calls of one network.

    Args:
        rows: method, path without the version, and handler; they take precedence over those of the login.
        me: replaces the handler of `GET /me`.
    """
    own = (
        ("GET", "oauth/access_token", login.exchange),
        ("POST", "oauth/access_token", login.exchange),
        ("GET", "me", me or login.me),
        ("GET", "debug_token", login.debug_token),
        ("GET", "me/permissions", login.permissions),
        ("GET", "me/accounts", login.accounts),
        ("GET", "me/businesses", login.businesses),
        ("GET", "([0-9]+)/(owned_pages|client_pages)", login.business_pages),
    )
    versioned = [(method, f"{VERSION}{path}/?", _current(handler)) for method, path, handler in (*rows, *own)]
    dialog = ("GET", f"{VERSION}dialog/oauth", login.consent.authorize)
    return answer_by((dialog, *versioned), _refuse_unknown)


def _current(handler: Handler) -> Handler:
    """Return the handler of calls that use nothing that Meta has removed."""

    def handle(state: State, call: SimulatedCall, *arguments: str) -> SimulatedReply:
        given = Parameters.of(call)
        removed = sorted(_REMOVED & set(given.values))
        if removed or ".as(" in (given.get("fields") or ""):
            raise Refused(f"(#100) Param {removed[0] if removed else 'fields'} is no longer supported", code=100)
        return handler(state, call, *arguments)

    return handle


def _refuse_unknown(call: SimulatedCall, _methods: Collection[str]) -> Refused:
    return Refused(
        f"Unsupported {call.method.lower()} request. The object or the edge does not exist", code=100, subcode=33
    )
