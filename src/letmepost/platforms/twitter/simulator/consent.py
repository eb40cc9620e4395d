"""The page on which a person lets the app act for an account, and the redirect back.

Each choice that allows access creates an account of its own. Source: fact sheet section 1, after docs.x.com
fundamentals/authentication/oauth-2-0/authorization-code, checked 2026-11-21.
"""

import html
from urllib.parse import urlencode, urlsplit, urlunsplit

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.twitter.simulator.accounts import CODE_LIFETIME, make_account, make_code
from letmepost.platforms.twitter.simulator.credentials import CLIENT_ID

AUTHORIZE = "/i/oauth2/authorize"
_STATE_MAX_CHARS = 500
_CHOICES = {"allow": "Allow", "without_media": "Allow everything but uploading media", "deny": "Deny"}


def authorize(state: State, call: SimulatedCall) -> SimulatedReply:
    """Return the page; with a `choice` in the query, the redirect back to the app."""
    query = dict(call.query)
    problem = _problem(query)
    if problem is not None:
        return _page(400, f"<h1>Something went wrong</h1><p>{html.escape(problem)}</p>")
    if query.get("choice") not in _CHOICES:
        return _page(200, _links(query))
    given = {"state": query["state"]}
    if query["choice"] == "deny":
        return _back(query["redirect_uri"], {"error": "access_denied", **given})
    wanted = query["scope"].split()
    scopes = [scope for scope in wanted if query["choice"] == "allow" or scope != "media.write"]
    account = make_account(state, "ok", call.now, call.entropy)
    code = make_code(
        state,
        account["id"],
        tuple(scopes),
        call.now + CODE_LIFETIME,
        call.entropy,
        redirect_uri=query["redirect_uri"],
        challenge=query["code_challenge"],
    )
    return _back(query["redirect_uri"], {**given, "code": code})


def _problem(query: dict[str, str]) -> str | None:
    for name in ("redirect_uri", "state", "scope", "code_challenge"):
        if not query.get(name):
            return f"{name} is missing"
    if query.get("client_id") != CLIENT_ID or query.get("response_type") != "code":
        return "the app is unknown"
    if query.get("code_challenge_method") != "S256" or len(query["state"]) > _STATE_MAX_CHARS:
        return "code_challenge_method or state is wrong"
    return None


def _links(query: dict[str, str]) -> str:
    ways = {choice: html.escape(urlencode({**query, "choice": choice})) for choice in _CHOICES}
    links = [f'<p><a id="{choice}" href="?{way}">{_CHOICES[choice]}</a></p>' for choice, way in ways.items()]
    return f"<h1>An app wants to access a sandbox account</h1>{''.join(links)}"


def _back(redirect_uri: str, parameters: dict[str, str]) -> SimulatedReply:
    parts = urlsplit(redirect_uri)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return SimulatedReply(status=302, headers={"location": urlunsplit(parts._replace(query=query))})


def _page(status: int, body: str) -> SimulatedReply:
    page = f"<!doctype html><title>Sandbox</title>{body}"
    return SimulatedReply(status=status, headers={"content-type": "text/html; charset=utf-8"}, body=page.encode())
