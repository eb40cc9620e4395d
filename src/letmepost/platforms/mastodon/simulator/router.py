"""Routes calls to their handlers, and counts them against the rate limits."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.mastodon.simulator import consent, instance, limits, media, people, statuses
from letmepost.platforms.mastodon.simulator.people import Person, authenticate, scenario_of
from letmepost.platforms.mastodon.simulator.scenarios import refuse_attempt
from letmepost.platforms.mastodon.simulator.wire import Refused, json_reply, web_page

Handler: TypeAlias = Callable[[State, SimulatedCall], SimulatedReply]
OfPerson: TypeAlias = Callable[[State, SimulatedCall, Person, str], SimulatedReply]

_ID = r"([A-Za-z0-9_-]{1,64})"


def answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Change the state as the call requests, and return the server's response."""
    call = replace(call, path=call.path.rstrip("/"))
    headers: Mapping[str, str] = {}
    try:
        headers = limits.spend(state, call)
        reply = _find(call)(state, call)
    except Refused as refusal:
        return refusal.reply(headers)
    return replace(reply, headers={**headers, **reply.headers})


def _find(call: SimulatedCall) -> Handler:
    fixed = _FIXED.get((call.method, call.path))
    if fixed is not None:
        return fixed
    for method, pattern, handler, scope in _OF_PERSONS:
        found = pattern.fullmatch(call.path) if method == call.method else None
        if found is not None:
            return _of_person(handler, scope, found[1] if found.groups() else "")
    return lambda _state, _call: web_page(404, "<title>The page you are looking for isn't here</title>")


def _of_person(handler: OfPerson, scope: str, target: str) -> Handler:
    return lambda state, call: handler(state, call, authenticate(state, call, scope), target)


def _create(state: State, call: SimulatedCall, person: Person, _target: str) -> SimulatedReply:
    scenario = scenario_of(person)
    refuse_attempt(state, person["id"], scenario, call.now, shows_post=True)
    status, is_new = statuses.create(state, call, person)
    reply = json_reply(statuses.entity(state, status, call))
    if scenario.proxy_gives_up and is_new:
        reply = web_page(504, "<html><head><title>504 Gateway Time-out</title></head></html>")
    return replace(reply, dropped=scenario.loses_response and is_new, delay_s=scenario.delay_s)


def _upload(state: State, call: SimulatedCall, person: Person, _target: str) -> SimulatedReply:
    scenario = scenario_of(person)
    refuse_attempt(state, person["id"], scenario, call.now, shows_post=False)
    return replace(media.upload(state, call, person), delay_s=scenario.delay_s)


_FIXED: Mapping[tuple[str, str], Handler] = MappingProxyType(
    {
        ("GET", "/api/v1/instance"): instance.show,
        ("GET", "/api/v2/instance"): instance.show,
        ("POST", "/api/v1/apps"): people.register_app,
        ("GET", "/oauth/authorize"): consent.authorize,
        ("POST", "/oauth/token"): people.token,
        ("POST", "/oauth/revoke"): people.revoke,
        ("GET", "/api/v1/accounts/verify_credentials"): people.verify_credentials,
    }
)
_OF_PERSONS: tuple[tuple[str, re.Pattern[str], OfPerson, str], ...] = tuple(
    (method, re.compile(pattern), handler, scope)
    for method, pattern, handler, scope in (
        ("POST", "/api/v1/statuses", _create, "write:statuses"),
        ("GET", f"/api/v1/statuses/{_ID}", statuses.show, "read:statuses"),
        ("GET", f"/api/v1/statuses/{_ID}/context", statuses.context, "read:statuses"),
        ("DELETE", f"/api/v1/statuses/{_ID}", statuses.delete, "write:statuses"),
        ("GET", f"/api/v1/accounts/{_ID}/statuses", statuses.list_own, "read:statuses"),
        ("GET", f"/api/v1/polls/{_ID}", statuses.show_poll, "read:statuses"),
        ("POST", "/api/v2/media", _upload, "write:media"),
        ("POST", "/api/v1/media", _upload, "write:media"),
        ("GET", f"/api/v1/media/{_ID}", media.show, "write:media"),
        ("PUT", f"/api/v1/media/{_ID}", media.update, "write:media"),
    )
)
