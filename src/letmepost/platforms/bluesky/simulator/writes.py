"""The steps of every write call: authentication, cost, scenario, execution."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from letmepost.platforms._kit.simulator.routes import Answer
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.bluesky.simulator import limits
from letmepost.platforms.bluesky.simulator.accounts import find_by_identifier
from letmepost.platforms.bluesky.simulator.commits import commit, written
from letmepost.platforms.bluesky.simulator.lexicons import POST
from letmepost.platforms.bluesky.simulator.operations import Operation, Write
from letmepost.platforms.bluesky.simulator.records import find_record
from letmepost.platforms.bluesky.simulator.scenarios import SCENARIOS
from letmepost.platforms.bluesky.simulator.sessions import authenticate
from letmepost.platforms.bluesky.simulator.xrpc import XRPCError, json_input
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State


def handler(operation: Operation) -> Answer:
    """Return the handler of this operation's calls."""

    def handle(state: State, call: SimulatedCall) -> SimulatedReply:
        account = authenticate(state, call)
        did, scenario = account["did"], SCENARIOS[account["scenario"]]
        body = json_input(call, operation.shape)
        owner = find_by_identifier(state, body["repo"])
        if owner is None:
            raise XRPCError(403, "AccountNotFound", "Account not found")
        if owner["did"] != did:
            raise XRPCError(401, "AuthenticationRequired", "Authentication Required")
        headers = limits.spend(state, limits.WRITES, did, operation.points(body), call.now)
        posts = [part for part in operation.records(body) if part["collection"] == POST]
        refuse_attempt(state, did, scenario, call.now, shows_post=bool(posts))
        if scenario.is_taken:
            _take_keys(state, did, [part["rkey"] for part in posts if "rkey" in part], call.now)
        response = operation.execute(Write(state=state, did=did, body=body, now=call.now))
        dropped = scenario.loses_first_response and _is_first(state, response)
        return json_reply(response, headers=headers, delay_s=scenario.delay_s, dropped=dropped)

    return handle


def _take_keys(state: State, did: str, rkeys: Sequence[str], now: datetime) -> None:
    """Put another post under each of the keys that is still free."""
    created_at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    other = {"$type": POST, "text": "Another post has this key.", "createdAt": created_at}
    changes = [written(POST, rkey, other, "valid") for rkey in rkeys if find_record(state, did, POST, rkey) is None]
    if changes:
        commit(state, did, changes, now)


def _is_first(state: State, response: Mapping[str, Any]) -> bool:
    """Return True if the response reports a record for the first time, and store that."""
    uris = [part["uri"] for part in response.get("results", [response]) if "uri" in part]
    fresh = [uri for uri in uris if is_first_response(state, uri)]
    return bool(fresh)
