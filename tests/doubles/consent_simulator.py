"""The simulator of the consenting network: a page with three choices, and one token per code."""

import json
from collections.abc import Mapping
from datetime import datetime
from html import escape
from urllib.parse import parse_qsl, urlencode

from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "Allow one account": ("alice",),
    "Allow three accounts": ("alice", "bob", "carol"),
    "Deny": (),
}


def answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Respond to `/authorize`, `/token`, `/accounts` and `/revoke`."""
    query = dict(call.query)
    if call.path == "/authorize":
        return _page(state, query, call.entropy)
    if call.path == "/token":
        names = state.pop(f"code/{dict(parse_qsl(call.body.decode())).get('code')}", None)
        if names is None:
            return _json({"error": "invalid_grant"}, 400)
        token = call.entropy.hex()
        state[f"token/{token}"] = names
        return _json({"access_token": token, "refresh_token": f"r{token}", "expires_in": 7200, "scope": "write reply"})
    names = state.get("token/" + call.headers.get("authorization", "").removeprefix("Bearer "))
    return _json({}, 401) if names is None else _json({"names": names})


def create_account(state: State, scenario: str, now: datetime, entropy: bytes) -> Mapping[str, str]:
    code = entropy[:8].hex()
    state[f"code/{code}"] = [f"{scenario}-{code[:4]}"]
    return {"code": code}


def _page(state: State, query: Mapping[str, str], entropy: bytes) -> SimulatedReply:
    links = []
    for number, (label, names) in enumerate(_CHOICES.items()):
        parameters = {"state": query["state"], "error": "access_denied"}
        if names:
            code = f"{entropy[:8].hex()}{number}"
            state[f"code/{code}"] = list(names)
            parameters = {"state": query["state"], "code": code}
        href = escape(f"{query['redirect_uri']}?{urlencode(parameters)}")
        links.append(f'<p><a href="{href}">{label}</a></p>')
    body = f"<!doctype html><title>Double</title><h1>Double asks</h1>{''.join(links)}"
    return SimulatedReply(status=200, headers={"content-type": "text/html"}, body=body.encode())


def _json(value: object, status: int = 200) -> SimulatedReply:
    return SimulatedReply(status=status, headers={"content-type": "application/json"}, body=json.dumps(value).encode())
