"""Routes calls to their handlers."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.threads.simulator import consent, containers, people, timeline
from letmepost.platforms.threads.simulator.graph import ConsentRefused, Parameters, Refused, json_reply, not_found
from letmepost.platforms.threads.simulator.people import Person, authenticate
from letmepost.platforms.threads.simulator.scenarios import SCENARIOS, refuse_attempt

Handler: TypeAlias = Callable[[State, SimulatedCall], SimulatedReply]
OfPerson: TypeAlias = Callable[[State, SimulatedCall, Person], SimulatedReply]

_OBJECT = re.compile(r"/v1\.0/([0-9]+)")
_OF_PERSON = re.compile(r"/v1\.0/([0-9]+|me)/([a-z_]+)")


def answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Change the state as the call requests, and return the server's response."""
    try:
        return _find(call)(state, call)
    except (Refused, ConsentRefused) as refusal:
        return refusal.reply()


def _find(call: SimulatedCall) -> Handler:
    fixed = _FIXED.get((call.method, call.path))
    if fixed is not None:
        return fixed
    if (found := _OF_PERSON.fullmatch(call.path)) is not None:
        handler, scope = _OF_PERSONS.get((call.method, found[2]), (None, ""))
        if handler is not None:
            return _of_person(found[1], handler, scope)
    if (found := _OBJECT.fullmatch(call.path)) is not None and call.method in {"GET", "DELETE"}:
        return _of_object(found[1])
    raise Refused(f"Unsupported {call.method.lower()} request", code=100, subcode=33)


def _of_person(named: str, handler: OfPerson, scope: str) -> Handler:
    def handle(state: State, call: SimulatedCall) -> SimulatedReply:
        person = authenticate(state, call, scope)
        if named not in {"me", person["id"]}:
            raise Refused("Unsupported request: the object does not exist or is not yours", code=100, subcode=33)
        return handler(state, call, person)

    return handle


def _of_object(named: str) -> Handler:
    def handle(state: State, call: SimulatedCall) -> SimulatedReply:
        if call.method == "DELETE":
            return timeline.delete(state, call, authenticate(state, call, "threads_delete"), named)
        person = authenticate(state, call, "threads_basic")
        container = state.get(f"container/{named}")
        if container is not None and container["person"] == person["id"]:
            return containers.show(container, call.now)
        post = state.get(f"post/{named}")
        if post is None:
            raise not_found()
        return timeline.show(state, post, call)

    return handle


def _make_container(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    given, scenario = Parameters.of(call), SCENARIOS[person["scenario"]]
    if given.get("reply_to_id") is not None or given.get("reply_control") is not None:
        authenticate(state, call, "threads_manage_replies")
    refuse_attempt(state, person["id"], scenario, call.now, shows_post=False)
    return _written(containers.make(state, call, person)["id"], scenario.delay_s)


def _publish(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    scenario = SCENARIOS[person["scenario"]]
    refuse_attempt(state, person["id"], scenario, call.now, shows_post=True)
    post = timeline.publish(state, call, person)
    return _written(post["id"], scenario.delay_s, is_lost=scenario.loses_first_response)


def _written(created_id: str, delay_s: float, *, is_lost: bool = False) -> SimulatedReply:
    reply = json_reply({"id": created_id})
    return SimulatedReply(status=reply.status, headers=reply.headers, body=reply.body, dropped=is_lost, delay_s=delay_s)


def _threads(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    return timeline.list_recent(state, call, person, replies=False)


def _replies(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    return timeline.list_recent(state, call, person, replies=True)


_FIXED: Mapping[tuple[str, str], Handler] = MappingProxyType(
    {
        ("GET", "/oauth/authorize"): consent.authorize,
        ("POST", "/oauth/access_token"): people.exchange_code,
        ("GET", "/access_token"): people.prolong,
        ("GET", "/refresh_access_token"): people.refresh,
        ("GET", "/v1.0/me"): people.me,
        ("GET", "/v1.0/debug_token"): people.debug_token,
    }
)
_OF_PERSONS: Mapping[tuple[str, str], tuple[OfPerson, str]] = MappingProxyType(
    {
        ("POST", "threads"): (_make_container, "threads_content_publish"),
        ("POST", "threads_publish"): (_publish, "threads_content_publish"),
        ("GET", "threads"): (_threads, "threads_basic"),
        ("GET", "replies"): (_replies, "threads_read_replies"),
        ("GET", "threads_publishing_limit"): (timeline.quota, "threads_basic"),
    }
)
