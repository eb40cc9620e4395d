"""Routes calls to their endpoints."""

import re
from collections.abc import Sequence

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.twitter.simulator import consent, media, posts, tokens, users
from letmepost.platforms.twitter.simulator.endpoint import Endpoint, Handle
from letmepost.platforms.twitter.simulator.wire import PROBLEMS, RefusedError

_READ = frozenset({"tweet.read", "users.read"})
_WRITE = _READ | {"tweet.write"}
_MEDIA = frozenset({"media.write"})


def _endpoint(name: str, handle: Handle, limit: int, scopes: frozenset[str], *, is_slow: bool = False) -> Endpoint:
    return Endpoint(name=name, handle=handle, limit=limit, scopes=scopes, is_slow=is_slow)


ENDPOINTS: Sequence[tuple[str, re.Pattern[str], Endpoint]] = tuple(
    (method, re.compile(pattern), endpoint)
    for method, pattern, endpoint in (
        ("POST", "/2/tweets", _endpoint("create", posts.create, 100, _WRITE, is_slow=True)),
        ("DELETE", "/2/tweets/([0-9]{1,19})", _endpoint("delete", posts.delete, 50, _WRITE)),
        ("GET", "/2/users/me", _endpoint("me", users.own_user, 75, _READ)),
        ("GET", "/2/users/([0-9]{1,19})/tweets", _endpoint("timeline", posts.timeline, 900, _READ)),
        ("POST", "/2/media/upload", _endpoint("upload", media.upload, 500, _MEDIA, is_slow=True)),
        ("GET", "/2/media/upload", _endpoint("status", media.status, 1000, _MEDIA)),
        ("POST", "/2/media/upload/initialize", _endpoint("initialize", media.initialize, 1875, _MEDIA)),
        ("POST", "/2/media/upload/([0-9]{1,19})/append", _endpoint("append", media.append, 1875, _MEDIA)),
        ("POST", "/2/media/upload/([0-9]{1,19})/finalize", _endpoint("finalize", media.finalize, 1875, _MEDIA)),
        ("POST", "/2/media/metadata", _endpoint("metadata", media.describe, 500, _MEDIA)),
    )
)


def answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Change the state as the call requests, and return the server's response."""
    try:
        return _respond(state, call)
    except RefusedError as refusal:
        return refusal.reply({})


def _respond(state: State, call: SimulatedCall) -> SimulatedReply:
    match call.method, call.path:
        case "GET", consent.AUTHORIZE:
            return consent.authorize(state, call)
        case "POST", "/2/oauth2/token":
            return tokens.token(state, call)
        case "POST", "/2/oauth2/revoke":
            return tokens.revoke(state, call)
    for method, pattern, endpoint in ENDPOINTS:
        found = pattern.fullmatch(call.path) if method == call.method else None
        if found is not None:
            return endpoint.respond(state, call, found[1] if found.groups() else "")
    detail = f"There is nothing at {call.method} {call.path}."
    raise RefusedError(
        404, {"title": "Not Found", "detail": detail, "type": f"{PROBLEMS}/resource-not-found", "status": 404}
    )
