"""Apps, authorization codes and tokens.

The state's keys: `oauth/code/<code>`, `oauth/token/<token>`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, TypedDict

from letmepost.platforms._kit.simulator.scenarios import is_withdrawn
from letmepost.platforms.simulation import State

ACCESS = "access"
REFRESH = "refresh"

NewSecret: TypeAlias = Callable[[bytes, str], str]
"""Returns the text of a code or a token in the platform's form, from the entropy and the kind of the secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app that is registered with the platform."""

    client_id: str
    client_secret: str = field(repr=False)


FindApp: TypeAlias = Callable[[State, str], App | None]
"""Returns the app of a client id."""


class Code(TypedDict):
    """An unused authorization code, and its expiry in Unix seconds.

    `client_id`, `redirect_uri` and `challenge` are None if any value is accepted.
    """

    account_id: str
    scopes: list[str]
    expires_at: float
    client_id: str | None
    redirect_uri: str | None
    challenge: str | None


class Token(TypedDict):
    """A token of the kind `ACCESS`, `REFRESH`, or another that the platform has. Times are Unix seconds.

    `client_id` is the app's that it was issued to. `expires_at` is None if it does not expire.
    """

    client_id: str
    account_id: str
    kind: str
    scopes: list[str]
    issued_at: float
    expires_at: float | None
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and its text."""

    text: str
    token: Token

    def seconds_left(self, now: datetime) -> int | None:
        """Return the rest of its lifetime; None if it does not expire."""
        expires_at = self.token["expires_at"]
        return None if expires_at is None else max(int(expires_at - now.timestamp()), 0)


def only(app: App) -> FindApp:
    """Return a function that finds this one app."""
    return lambda _state, client_id: app if client_id == app.client_id else None


def issue_code(state: State, text: str, code: Code) -> None:
    """Store an authorization code."""
    state[_code_key(text)] = code


def find_code(state: State, text: str) -> Code | None:
    """Return the unused code with this text, whether or not it has expired."""
    code: Code | None = state.get(_code_key(text))
    return code


def use_code(state: State, text: str) -> None:
    """Use a code up."""
    del state[_code_key(text)]


def issue_token(
    state: State,
    text: str,
    *,
    client_id: str,
    account_id: str,
    kind: str,
    scopes: list[str],
    now: datetime,
    lifetime: timedelta | None,
) -> IssuedToken:
    """Store a token that is issued now. `lifetime` is None if it does not expire."""
    token = Token(
        client_id=client_id,
        account_id=account_id,
        kind=kind,
        scopes=scopes,
        issued_at=now.timestamp(),
        expires_at=None if lifetime is None else (now + lifetime).timestamp(),
        is_revoked=False,
    )
    state[_token_key(text)] = token
    return IssuedToken(text, token)


def find_token(state: State, text: str) -> Token | None:
    """Return the token with this text, whether or not it is still valid."""
    token: Token | None = state.get(_token_key(text))
    return token


def token_status(state: State, token: Token, now: datetime) -> Literal["active", "expired", "revoked"]:
    """Return whether a token is still valid."""
    if token["is_revoked"] or is_withdrawn(state, token["account_id"]):
        return "revoked"
    is_expired = token["expires_at"] is not None and now.timestamp() >= token["expires_at"]
    return "expired" if is_expired else "active"


def revoke_token(state: State, text: str) -> bool:
    """Revoke a token, and return False if it was never issued."""
    token = find_token(state, text)
    if token is None:
        return False
    state[_token_key(text)] = {**token, "is_revoked": True}
    return True


def replace_token(state: State, issued: str, wanted: str) -> None:
    """Replace the text of an issued token. The token does not expire any more.

    Raises:
        ValueError: another token has this text.
    """
    if _token_key(wanted) in state:
        raise ValueError("another account has this token")
    token: Token = state.pop(_token_key(issued))
    state[_token_key(wanted)] = {**token, "expires_at": None}


def _code_key(text: str) -> str:
    return f"oauth/code/{text}"


def _token_key(text: str) -> str:
    return f"oauth/token/{text}"
