"""The routes of the simulator."""

from collections.abc import Collection

from letmepost.platforms._kit.simulator.routes import Handler, answer_by
from letmepost.platforms.simulation import SimulatedCall
from letmepost.platforms.twitter.simulator import media, oauth, posts, segments, users
from letmepost.platforms.twitter.simulator.endpoint import Endpoint, Handle
from letmepost.platforms.twitter.simulator.wire import PROBLEMS, RefusedError

_READ = frozenset({"tweet.read", "users.read"})
_WRITE = _READ | {"tweet.write"}
_MEDIA = frozenset({"media.write"})


def _endpoint(name: str, handle: Handle, limit: int, scopes: frozenset[str], *, is_slow: bool = False) -> Handler:
    return Endpoint(name=name, handle=handle, limit=limit, scopes=scopes, is_slow=is_slow).respond


def _refuse_unknown(call: SimulatedCall, _methods: Collection[str]) -> RefusedError:
    detail = f"There is nothing at {call.method} {call.path}."
    return RefusedError(
        404, {"title": "Not Found", "detail": detail, "type": f"{PROBLEMS}/resource-not-found", "status": 404}
    )


answer = answer_by(
    (
        ("GET", oauth.AUTHORIZE, oauth.CONSENT.authorize),
        ("POST", "/2/oauth2/token", oauth.TOKENS.token),
        ("POST", "/2/oauth2/revoke", oauth.revoke),
        ("POST", "/2/tweets", _endpoint("create", posts.create, 100, _WRITE, is_slow=True)),
        ("GET", "/i/web/status/([0-9]{1,19})(?:/photo/1)?", posts.open_page),
        ("DELETE", "/2/tweets/([0-9]{1,19})", _endpoint("delete", posts.delete, 50, _WRITE)),
        ("GET", "/2/users/me", _endpoint("me", users.own_user, 75, _READ)),
        ("GET", "/2/users/([0-9]{1,19})/tweets", _endpoint("timeline", posts.timeline, 900, _READ)),
        ("POST", "/2/media/upload", _endpoint("upload", media.upload, 500, _MEDIA, is_slow=True)),
        ("GET", "/2/media/upload", _endpoint("status", media.status, 1000, _MEDIA)),
        ("POST", "/2/media/upload/initialize", _endpoint("initialize", segments.initialize, 1875, _MEDIA)),
        ("POST", "/2/media/upload/([0-9]{1,19})/append", _endpoint("append", segments.append, 1875, _MEDIA)),
        ("POST", "/2/media/upload/([0-9]{1,19})/finalize", _endpoint("finalize", segments.finalize, 1875, _MEDIA)),
        ("POST", "/2/media/metadata", _endpoint("metadata", media.describe, 500, _MEDIA)),
    ),
    _refuse_unknown,
)
