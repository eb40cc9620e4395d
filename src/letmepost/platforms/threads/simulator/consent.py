"""The consent page. Each choice is a link, so that a test can follow one without a browser.

Source: fact sheet section 1.1, after https://developers.facebook.com/docs/threads/get-started, checked 2026-11-21.
"""

from html import escape
from urllib.parse import urlencode

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.threads.simulator.graph import Parameters
from letmepost.platforms.threads.simulator.people import CLIENT_ID, SCOPES, create_person, issue_code

_CHOICES = {
    "allow": "Allow everything",
    "allow-less": "Allow posting, and nothing else",
    "deny": "Not now",
}
_LESS = ("threads_basic", "threads_content_publish")


def authorize(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /oauth/authorize`: the page, or with `choice` the redirect. Allowing access creates a new person."""
    given = Parameters.of(call)
    asked = (given.get("scope") or "").replace(",", " ").split()
    redirect_uri = given.get("redirect_uri")
    if given.get("client_id") != CLIENT_ID or given.get("response_type") != "code" or redirect_uri is None:
        return _page("<p>Invalid Request: the app, the response type or the redirect URI is wrong.</p>", status=400)
    if "threads_basic" not in asked or not set(asked) <= set(SCOPES):
        return _page(f"<p>Invalid Scopes: {escape(' '.join(asked))}</p>", status=400)
    choice = given.get("choice")
    returned = {} if given.get("state") is None else {"state": given.get("state")}
    if choice == "deny":
        denial = {"error": "access_denied", "error_reason": "user_denied", "error_description": "The user denied"}
        return _return(redirect_uri, {**denial, **returned})
    if choice not in _CHOICES:
        return _page(_links(call))
    scopes = tuple(scope for scope in asked if choice == "allow" or scope in _LESS)
    person = create_person(state, "ok", call.entropy)
    code = issue_code(state, person, scopes, redirect_uri, call.now, call.entropy)
    return _return(redirect_uri, {"code": code, **returned}, tail="#_")


def _return(redirect_uri: str, parameters: dict[str, str | None], tail: str = "") -> SimulatedReply:
    joint = "&" if "?" in redirect_uri else "?"
    return SimulatedReply(status=302, headers={"location": f"{redirect_uri}{joint}{urlencode(parameters)}{tail}"})


def _links(call: SimulatedCall) -> str:
    lines = []
    for name, label in _CHOICES.items():
        query = urlencode([*call.query, ("choice", name)])
        lines.append(f'<li><a href="{escape(f"{call.root}{call.path}?{query}")}">{label}</a></li>')
    return f"<ul>{''.join(lines)}</ul>"


def _page(content: str, *, status: int = 200) -> SimulatedReply:
    page = f"<!DOCTYPE html><title>Sandbox</title><h1>The app asks to act for you</h1>{content}"
    return SimulatedReply(status=status, headers={"content-type": "text/html; charset=utf-8"}, body=page.encode())
