"""The consent page. Each choice is a link, so that a test can follow one without a browser.

Source: https://docs.joinmastodon.org/methods/oauth/#authorize (checked 2026-11-29).
"""

from html import escape
from urllib.parse import urlencode

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.mastodon.simulator.people import App, Code, code_until, create_person, store_code
from letmepost.platforms.mastodon.simulator.wire import Parameters, web_page

_CHOICES = {"allow": "Authorize", "deny": "Deny"}


def authorize(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /oauth/authorize`: the page, or with `choice` the redirect. Authorizing creates a new account."""
    given = Parameters.of(call)
    client_id, redirect_uri = given.text("client_id") or "", given.text("redirect_uri") or ""
    app: App | None = state.get(f"app/{client_id}")
    problem = _problem(app, given, redirect_uri)
    if problem is not None:
        return web_page(400, f"<title>Sandbox</title><h1>An error has occurred</h1><p>{escape(problem)}</p>")
    choice, returned = given.text("choice"), {name: given.text(name) or "" for name in ("state",) if given.text(name)}
    if choice == "deny":
        denial = "The resource owner or authorization server denied the request."
        return _return(redirect_uri, {"error": "access_denied", "error_description": denial, **returned})
    if choice not in _CHOICES:
        return web_page(200, _links(call, "" if app is None else app["name"]))
    person = create_person(state, "ok", call.now, call.entropy)
    code = Code(
        person=person["id"],
        client_id=client_id,
        scopes=(given.text("scope") or "read").split(),
        redirect_uri=redirect_uri,
        challenge=given.text("code_challenge") or "",
        until=code_until(call.now),
    )
    return _return(redirect_uri, {"code": store_code(state, code, call.entropy), **returned})


def _problem(app: App | None, given: Parameters, redirect_uri: str) -> str | None:
    if app is None:
        return "Client authentication failed due to unknown client."
    if redirect_uri not in app["redirect_uris"]:
        return "The redirect uri included is not valid."
    if given.text("response_type") != "code":
        return "The authorization server does not support this response type."
    if not set((given.text("scope") or "read").split()) <= set(app["scopes"]):
        return "The requested scope is invalid, unknown, or malformed."
    if given.text("code_challenge") is not None and given.text("code_challenge_method") != "S256":
        return "The code_challenge_method must be S256."
    return None


def _return(redirect_uri: str, parameters: dict[str, str]) -> SimulatedReply:
    if "://" not in redirect_uri:  # a person copies the code
        return web_page(200, f"<title>Sandbox</title><code>{escape(parameters.get('code', ''))}</code>")
    joint = "&" if "?" in redirect_uri else "?"
    return SimulatedReply(status=302, headers={"location": f"{redirect_uri}{joint}{urlencode(parameters)}"})


def _links(call: SimulatedCall, name: str) -> str:
    lines = []
    for choice, label in _CHOICES.items():
        query = urlencode([*call.query, ("choice", choice)])
        lines.append(f'<li><a href="{escape(f"{call.root}{call.path}?{query}")}">{label}</a></li>')
    return f"<title>Sandbox</title><h1>{escape(name)} asks to act for you</h1><ul>{''.join(lines)}</ul>"
