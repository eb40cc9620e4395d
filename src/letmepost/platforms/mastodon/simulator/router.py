"""The routes of the simulator, and the rate limits of its API."""

from collections.abc import Collection
from dataclasses import replace

from letmepost.platforms._kit.simulator.routes import Handler, answer_by
from letmepost.platforms.mastodon.simulator import accounts, apps, instance, limits, media, oauth, statuses
from letmepost.platforms.mastodon.simulator.wire import Refused
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State


def _signed(handler: Handler, scope: str) -> Handler:
    """Return the handler of calls with a token, which also passes the token's account to `handler`."""

    def handle(state: State, call: SimulatedCall, *arguments: str) -> SimulatedReply:
        return handler(state, call, oauth.authenticate(state, call, scope), *arguments)

    return handle


def _refuse_unknown(_call: SimulatedCall, _methods: Collection[str]) -> Refused:
    return Refused(404, "Not Found")


_ID = "([A-Za-z0-9_-]{1,64})"
_answer = answer_by(
    (
        ("GET", "/api/v[12]/instance", instance.show),
        ("POST", "/api/v1/apps", apps.register),
        ("GET", "/oauth/authorize", oauth.CONSENT.authorize),
        ("POST", "/oauth/token", oauth.token),
        ("POST", "/oauth/revoke", oauth.revoke),
        ("GET", "/api/v1/accounts/verify_credentials", _signed(accounts.verify_credentials, "read:accounts")),
        ("GET", f"/api/v1/accounts/{_ID}/statuses", _signed(statuses.list_own, "read:statuses")),
        ("POST", "/api/v1/statuses", _signed(statuses.create, "write:statuses")),
        ("GET", f"/api/v1/statuses/{_ID}", _signed(statuses.show, "read:statuses")),
        ("DELETE", f"/api/v1/statuses/{_ID}", _signed(statuses.delete, "write:statuses")),
        ("POST", "/api/v2/media", _signed(media.upload, "write:media")),
        ("GET", f"/api/v1/media/{_ID}", _signed(media.show, "write:media")),
        ("PUT", f"/api/v1/media/{_ID}", _signed(media.set_thumbnail, "write:media")),
        ("GET", f"/media_attachments/{_ID}/(?:original|small)", media.open_file),
        ("GET", f"/users/{_ID}", accounts.open_page),
        ("GET", f"/users/{_ID}/statuses/{_ID}", statuses.open_page),
    ),
    _refuse_unknown,
)


def answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Change the state as the call requests, and return the server's response."""
    call = replace(call, path=call.path.rstrip("/"))
    try:
        headers = limits.spend(state, call)
    except Refused as refusal:
        return refusal.reply()
    reply = _answer(state, call)
    return replace(reply, headers={**headers, **reply.headers})
