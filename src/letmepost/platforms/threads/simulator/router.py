"""The routes of the simulator."""

from collections.abc import Collection

from letmepost.platforms._kit.simulator.routes import Handler, answer_by
from letmepost.platforms._kit.simulator.scenarios import refuse_attempt
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.platforms.threads.simulator import consent, containers, people, timeline, tokens
from letmepost.platforms.threads.simulator.graph import Parameters, Refused, json_reply, not_found
from letmepost.platforms.threads.simulator.people import Person
from letmepost.platforms.threads.simulator.scenarios import SCENARIOS


def _signed(handler: Handler, scope: str) -> Handler:
    """Return the handler of calls with a token, which also passes the token's account to `handler`."""

    def handle(state: State, call: SimulatedCall, *arguments: str) -> SimulatedReply:
        return handler(state, call, tokens.authenticate(state, call, scope), *arguments)

    return handle


def _own(handler: Handler, scope: str) -> Handler:
    """Return the same for calls whose path names the token's account."""

    def handle(state: State, call: SimulatedCall, person: Person, named: str) -> SimulatedReply:
        if named not in {"me", person["id"]}:
            raise Refused("Unsupported request: the object does not exist or is not yours", code=100, subcode=33)
        return handler(state, call, person)

    return _signed(handle, scope)


def _make_container(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    given, scenario = Parameters.of(call), SCENARIOS[person["scenario"]]
    if given.get("reply_to_id") is not None or given.get("reply_control") is not None:
        tokens.authenticate(state, call, "threads_manage_replies")
    if given.get("location_id") is not None:
        tokens.authenticate(state, call, "threads_location_tagging")
    if given.get("crossreshare_to_ig") == "true":
        tokens.authenticate(state, call, "threads_share_to_instagram")
    refuse_attempt(state, person["id"], scenario, call.now, shows_post=False)
    return json_reply({"id": containers.make(state, call, person)["id"]}, delay_s=scenario.delay_s)


def _publish(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    scenario = SCENARIOS[person["scenario"]]
    refuse_attempt(state, person["id"], scenario, call.now, shows_post=True)
    post = timeline.publish(state, call, person)
    shown = {"id": post["id"], **timeline.share(post, scenario)}
    return json_reply(shown, delay_s=scenario.delay_s, dropped=scenario.loses_first_response)


def _threads(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    return timeline.list_recent(state, call, person, replies=False)


def _replies(state: State, call: SimulatedCall, person: Person) -> SimulatedReply:
    return timeline.list_recent(state, call, person, replies=True)


def _show(state: State, call: SimulatedCall, person: Person, named: str) -> SimulatedReply:
    container = state.get(f"container/{named}")
    if container is not None and container["person"] == person["id"]:
        return containers.show(container, call.now)
    post = state.get(f"post/{named}")
    if post is None:
        raise not_found()
    return timeline.show(state, post, call)


def _refuse_unknown(call: SimulatedCall, _methods: Collection[str]) -> Refused:
    return Refused(f"Unsupported {call.method.lower()} request", code=100, subcode=33)


answer = answer_by(
    (
        ("GET", "/oauth/authorize", consent.CONSENT.authorize),
        ("POST", "/oauth/access_token", consent.CONSENT.exchange_code),
        ("GET", "/access_token", tokens.SERVER.prolong),
        ("GET", "/refresh_access_token", tokens.SERVER.refresh),
        *(
            (method, rf"/v1\.0/{path}", handler)
            for method, path, handler in (
                ("GET", "me", _signed(people.me, "threads_basic")),
                ("GET", "debug_token", _signed(tokens.debug_token, "threads_basic")),
                ("POST", "([0-9]+|me)/threads", _own(_make_container, "threads_content_publish")),
                ("POST", "([0-9]+|me)/threads_publish", _own(_publish, "threads_content_publish")),
                ("GET", "([0-9]+|me)/threads", _own(_threads, "threads_basic")),
                ("GET", "([0-9]+|me)/replies", _own(_replies, "threads_read_replies")),
                ("GET", "([0-9]+|me)/threads_publishing_limit", _own(timeline.quota, "threads_basic")),
                ("GET", "([0-9]+)", _signed(_show, "threads_basic")),
                ("DELETE", "([0-9]+)", _signed(timeline.delete, "threads_delete")),
            )
        ),
    ),
    _refuse_unknown,
)
