"""The tokens of calls: of a person, or of a Page through a person.

Source: fact sheet sections M2, M3, M6.1 and F1, after
https://developers.facebook.com/docs/facebook-login/guides/access-tokens, checked 2026-11-28.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth.grants import (
    App,
    Token,
    find_token,
    issue_token,
    replace_token,
    token_status,
)
from letmepost.platforms._kit.simulator.scenarios import is_withdrawn
from letmepost.platforms._kit.simulator.wire import bearer_token
from letmepost.platforms._meta.simulator.graph import Parameters, Refused
from letmepost.platforms._meta.simulator.people import Page, User, find_page, find_user
from letmepost.platforms.simulation import SimulatedCall, State

LONG_LIVED = "long-lived"
OF_PAGE = "page"
_MAY_ACT = frozenset({"CREATE_CONTENT", "MANAGE", "MODERATE"})


@dataclass(frozen=True, slots=True)
class Session:
    """The token of a call, the person through whom it acts, and the Page if it is a Page's."""

    text: str
    token: Token
    user: User
    page: Page | None


def new_secret(entropy: bytes, kind: str) -> str:
    """Return the text of a code or a token."""
    return f"AQ{letters(entropy, kind, 44)}" if kind == "code" else f"EAA{letters(entropy, kind, 48)}"


def text_of(call: SimulatedCall) -> str:
    """Return the token that a call has, in its header or its parameters; empty without one."""
    return bearer_token(call) or Parameters.of(call).get("access_token") or ""


def authenticate(state: State, call: SimulatedCall, app: App, *scopes: str) -> Session:
    """Return the session of a call, if its token is valid and has the scopes."""
    session = find_session(state, text_of(call), call.now)
    proof = Parameters.of(call).get("appsecret_proof")
    expected = hmac.digest(app.client_secret.encode(), session.text.encode(), sha256).hex()
    if proof is not None and not hmac.compare_digest(proof.encode(), expected.encode()):
        raise Refused("Invalid appsecret_proof provided in the API argument", code=100)
    for scope in scopes:
        if scope not in session.token["scopes"]:
            raise Refused(f"(#200) Requires {scope} permission to manage the object", code=200, status=403)
    return session


def find_session(state: State, text: str, now: datetime) -> Session:
    """Return the session of a token, if it is valid."""
    token = find_token(state, text)
    if token is None:
        raise Refused("Invalid OAuth access token - Cannot parse access token", code=190)
    user = find_user(state, state.get(f"issuer/{text}", token["account_id"]))
    page = find_page(state, token["account_id"]) if token["kind"] == OF_PAGE else None
    if is_withdrawn(state, user["id"]) or token_status(state, token, now) == "revoked":
        raise _ended("The user has not authorized application", 458)
    if user["ended"] is not None:
        raise _ended("The session has been invalidated", user["ended"])
    if token_status(state, token, now) == "expired":
        raise _ended("Session has expired", 463)
    if page is not None:
        _check_role(page, user)
    return Session(text, token, user, page)


def page_token(state: State, session: Session, page: Page, call: SimulatedCall) -> str:
    """Return the token of a Page, the same for every read with one token of a person.

    It does not expire if the person's token is long-lived, and expires with it otherwise.
    """
    key = f"page_token/{session.text}/{page['id']}"
    if key in state:
        known: str = state[key]
        return known
    left = session.token["expires_at"]
    is_long = session.token["kind"] == LONG_LIVED or left is None
    issued = issue_token(
        state,
        new_secret(call.entropy, f"page {page['id']}"),
        client_id=session.token["client_id"],
        account_id=page["id"],
        kind=OF_PAGE,
        scopes=session.token["scopes"],
        now=call.now,
        lifetime=None if is_long or left is None else timedelta(seconds=left - call.now.timestamp()),
    )
    state[key] = issued.text
    state[f"issuer/{issued.text}"] = session.user["id"]
    return issued.text


def replace_page_token(state: State, issued: str, wanted: str) -> None:
    """Replace the text of a Page's token, also where a person reads it. Raise ValueError if another token has it."""
    replace_token(state, issued, wanted)
    state[f"issuer/{wanted}"] = state.pop(f"issuer/{issued}")
    for key in [key for key in state if key.startswith("page_token/") and state[key] == issued]:
        state[key] = wanted


def require_page(session: Session, page_id: str) -> Page:
    """Return the Page of a session, if the path of the call names it or `me`."""
    if session.page is None or page_id not in {"me", session.page["id"]}:
        raise unsupported(page_id)
    return session.page


def unsupported(object_id: str) -> Refused:
    """Return the refusal of an object that does not exist, or that the token may not see."""
    return Refused(
        f"Unsupported request. Object with ID '{object_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation",
        code=100,
        subcode=33,
    )


def _check_role(page: Page, user: User) -> None:
    tasks = page["roles"].get(user["id"])
    if tasks is None:
        raise _ended("The user must be an administrator of the page in order to impersonate it", 492)
    if not _MAY_ACT & set(tasks):
        message = "Error validating access token: a higher role is required before impersonating a user's page"
        raise Refused(message, code=190)


def _ended(message: str, subcode: int) -> Refused:
    return Refused(f"Error validating access token: {message}", code=190, subcode=subcode)
