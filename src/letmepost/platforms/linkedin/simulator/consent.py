"""Consent, and the exchange of its code.

Source: fact sheet section 1. A code is valid once and for 30 minutes. Members cannot deselect scopes, and an app that
requests more than it is allowed gets nothing.
"""

import html
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State
from letmepost.platforms.linkedin.simulator.members import Member, create_member, find_member, list_members
from letmepost.platforms.linkedin.simulator.scenarios import REFRESH_LIFETIME, SCENARIOS
from letmepost.platforms.linkedin.simulator.tokens import Token, status_of, token_text

CLIENT_ID = "86sandboxapp"
CLIENT_SECRET = "WPL_AP1.sandbox"  # noqa: S105 - of an app that exists nowhere else
CODE_LIFETIME = timedelta(minutes=30)

SCOPES = (
    "openid",
    "profile",
    "email",
    "w_member_social",
    "w_organization_social",
    "r_organization_social",
    "rw_organization_admin",
)
_MISMATCH = (
    "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. "
    "Or authorization code expired. Or external member binding exists"
)


def create_account(state: State, scenario: str, now: datetime, entropy: bytes) -> Mapping[str, str]:
    """Create a member without pages who behaves as `scenario` states, and has consented.

    Return the code of the consent.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"there is no scenario {scenario!r}")
    member = create_member(state, scenario, now, entropy)
    return {"code": _grant(state, member, SCOPES, None, now, entropy)}


def authorize(state: State, call: SimulatedCall) -> SimulatedReply:
    """`GET /oauth/v2/authorization`: a page with a link for each choice, which leads back to the app."""
    query = dict(call.query)
    if query.get("client_id") != CLIENT_ID or query.get("response_type") != "code" or not query.get("redirect_uri"):
        return _page("<h1>LinkedIn</h1><p>Bummer, something went wrong. The app's request is not valid.</p>", 400)
    wanted = query.get("scope", "").split()
    if not wanted or not set(wanted) <= set(SCOPES):
        return _back(query, error="unauthorized_scope_error", error_description="A scope is not authorized")
    choice = query.pop("choice", None)
    if choice is None:
        return _choices(state, call, query)
    if choice == "deny":
        return _back(query, error="user_cancelled_authorize", error_description="The user cancelled the authorization")
    member = _chosen(state, call, choice)
    if member is None:
        return _back(query, error="user_cancelled_login", error_description="The user cancelled LinkedIn login")
    return _back(query, code=_grant(state, member, wanted, query["redirect_uri"], call.now, call.entropy))


def access_token(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /oauth/v2/accessToken`: the app's secret is in the body."""
    form = _form(call)
    if not _is_app(form):
        return _refused(401, "invalid_client", "Client authentication failed")
    exchange = {"authorization_code": _exchange, "refresh_token": _refresh}.get(form.get("grant_type", ""))
    if exchange is None:
        return _refused(400, "invalid_request", "A required parameter is invalid")
    return exchange(state, call, form)


def _exchange(state: State, call: SimulatedCall, form: Mapping[str, str]) -> SimulatedReply:
    code = state.pop(f"code/{form.get('code')}", None)
    if code is None or call.now.timestamp() >= code["expires_at"]:
        return _refused(400, "invalid_request", "Unable to retrieve access token: authorization code not found")
    if code["redirect_uri"] not in {None, form.get("redirect_uri")}:
        return _refused(400, "invalid_request", _MISMATCH)
    member = find_member(state, code["member"])
    if not SCENARIOS[member["scenario"]].refreshable:
        return _granted(_new_token(state, call, member, code["scopes"]), call)
    text = token_text(call.entropy, "refresh")
    refresh_token = _token(member, code["scopes"], call.now, REFRESH_LIFETIME)
    state[f"refresh/{text}"] = refresh_token
    return _granted(_new_token(state, call, member, code["scopes"]), call, (text, refresh_token))


def introspect(state: State, call: SimulatedCall) -> SimulatedReply:
    """`POST /oauth/v2/introspectToken`."""
    form = _form(call)
    if not _is_app(form):
        return _refused(401, "invalid_client", "Client authentication failed")
    token: Token | None = state.get(f"token/{form.get('token')}")
    if token is None:
        return _json({"active": False})
    status = status_of(state, token, call.now)
    body = {
        "active": status == "active",
        "status": status,
        "client_id": CLIENT_ID,
        "authorized_at": int(token["created_at"]),
        "created_at": int(token["created_at"]),
        "expires_at": int(token["expires_at"]),
        "scope": ",".join(token["scopes"]),
        "auth_type": "3L",
    }
    return _json(body)


def _refresh(state: State, call: SimulatedCall, form: Mapping[str, str]) -> SimulatedReply:
    """Return a new access token. The refresh token and its expiry stay the same."""
    text = form.get("refresh_token", "")
    refresh_token: Token | None = state.get(f"refresh/{text}")
    if refresh_token is None or status_of(state, refresh_token, call.now) != "active":
        return _refused(400, "invalid_grant", "The provided authorization grant or refresh token is invalid, expired")
    member = find_member(state, refresh_token["member"])
    return _granted(_new_token(state, call, member, refresh_token["scopes"]), call, (text, refresh_token))


def _granted(
    access: tuple[str, Token], call: SimulatedCall, refresh: tuple[str, Token] | None = None
) -> SimulatedReply:
    text, token = access
    body = {
        "access_token": text,
        "expires_in": _seconds_left(token, call.now),
        "scope": ",".join(token["scopes"]),
        "token_type": "Bearer",
        "id_token": "eyJhbGciOiJub25lIn0.e30.",
    }
    if refresh is not None:
        body |= {"refresh_token": refresh[0], "refresh_token_expires_in": _seconds_left(refresh[1], call.now)}
    return _json(body)


def _new_token(state: State, call: SimulatedCall, member: Member, scopes: list[str]) -> tuple[str, Token]:
    text = token_text(call.entropy, "access")
    token = _token(member, scopes, call.now, SCENARIOS[member["scenario"]].access_lifetime)
    state[f"token/{text}"] = token
    return text, token


def _token(member: Member, scopes: list[str], now: datetime, lifetime: timedelta) -> Token:
    at = now.timestamp()
    return Token(member=member["id"], scopes=scopes, created_at=at, expires_at=at + lifetime.total_seconds())


def _seconds_left(token: Token, now: datetime) -> int:
    return max(int(token["expires_at"] - now.timestamp()), 0)


def _grant(
    state: State,
    member: Member,
    scopes: list[str] | tuple[str, ...],
    redirect_uri: str | None,
    now: datetime,
    entropy: bytes,
) -> str:
    code = token_text(entropy, "code")
    state[f"code/{code}"] = {
        "member": member["id"],
        "scopes": list(scopes),
        "redirect_uri": redirect_uri,
        "expires_at": (now + CODE_LIFETIME).timestamp(),
    }
    return code


def _chosen(state: State, call: SimulatedCall, choice: str) -> Member | None:
    if choice in {"member", "pages"}:
        return create_member(state, "ok", call.now, call.entropy, page_count=2 if choice == "pages" else 0)
    member: Member | None = state.get(f"member/{choice}")
    return member


def _choices(state: State, call: SimulatedCall, query: Mapping[str, str]) -> SimulatedReply:
    known = [(member["id"], f"Allow as {member['name']}") for member in list_members(state)]
    choices = [
        ("member", "Allow as a new member"),
        ("pages", "Allow as a new member with two pages"),
        *known,
        ("deny", "Cancel"),
    ]
    here = f"{call.root}{call.path}"
    links = "".join(_link(f"{here}?{urlencode({**query, 'choice': choice})}", label) for choice, label in choices)
    return _page(f"<h1>LinkedIn</h1><p>Sandbox would like to: {html.escape(query['scope'])}</p>{links}")


def _link(url: str, label: str) -> str:
    return f'<p><a href="{html.escape(url)}">{html.escape(label)}</a></p>'


def _back(query: Mapping[str, str], **parameters: str) -> SimulatedReply:
    if "state" in query:
        parameters["state"] = query["state"]
    uri = query["redirect_uri"]
    location = f"{uri}{'&' if '?' in uri else '?'}{urlencode(parameters)}"
    return SimulatedReply(status=302, headers={"location": location})


def _page(body: str, status: int = 200) -> SimulatedReply:
    text = f"<!doctype html><title>LinkedIn (sandbox)</title>{body}"
    return SimulatedReply(status=status, headers={"content-type": "text/html; charset=utf-8"}, body=text.encode())


def _form(call: SimulatedCall) -> dict[str, str]:
    return dict(parse_qsl(call.body.decode("utf-8", errors="replace")))


def _is_app(form: Mapping[str, str]) -> bool:
    return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)


def _refused(status: int, error: str, description: str) -> SimulatedReply:
    return _json({"error": error, "error_description": description}, status)


def _json(value: Mapping[str, object], status: int = 200) -> SimulatedReply:
    return SimulatedReply(status=status, headers={"content-type": "application/json"}, body=json.dumps(value).encode())
