"""The token endpoint: exchanges codes and refresh tokens for access tokens, and authenticates the app.

Source: RFC 6749 sections 2.3.1, 4.1.3, 5 and 6, RFC 7636 section 4.6; both read 2026-11-22.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from hashlib import sha256
from typing import Any, TypeAlias

from letmepost.platforms._kit.simulator.oauth.grants import (
    ACCESS,
    REFRESH,
    App,
    Code,
    FindApp,
    IssuedToken,
    NewSecret,
    find_code,
    find_token,
    issue_token,
    revoke_token,
    token_status,
    use_code,
)
from letmepost.platforms._kit.simulator.wire import Refusal, form_of, json_reply
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State


class Problem(Enum):
    """Why a request to the token endpoint is refused. Each platform has its own error for it."""

    NO_CLIENT = auto()
    WRONG_CLIENT = auto()
    NO_PARAMETER = auto()
    WRONG_GRANT_TYPE = auto()
    WRONG_CODE = auto()
    WRONG_REDIRECT_URI = auto()
    WRONG_VERIFIER = auto()
    WRONG_TOKEN = auto()


Refuse: TypeAlias = Callable[[Problem, str], Refusal]
"""Returns the platform's refusal for a problem, and for the name of the parameter that has it."""


def refuse_by(table: Mapping[Problem, tuple[int, str, str]], headers: Mapping[str, str] | None = None) -> Refuse:
    """Return a function that refuses with the JSON of RFC 6749 section 5.2.

    Args:
        table: the platform's status, `error` and `error_description`. `{name}` stands for the parameter's name.
    """

    def refuse(problem: Problem, name: str) -> Refusal:
        status, error, description = table[problem]
        value = {"error": error, "error_description": description.format(name=name)}
        return Refusal(status, value, headers=headers)

    return refuse


_WRONG_GRANT = (400, "invalid_grant", "The {name} is not valid.")
_REFUSE_BY_STANDARD = refuse_by(
    {
        Problem.NO_CLIENT: (401, "invalid_client", "The app must authenticate."),
        Problem.WRONG_CLIENT: (401, "invalid_client", "The app is unknown, or its secret is wrong."),
        Problem.NO_PARAMETER: (400, "invalid_request", "The {name} is missing."),
        Problem.WRONG_GRANT_TYPE: (400, "unsupported_grant_type", "The {name} is not supported."),
        Problem.WRONG_CODE: _WRONG_GRANT,
        Problem.WRONG_REDIRECT_URI: _WRONG_GRANT,
        Problem.WRONG_VERIFIER: _WRONG_GRANT,
        Problem.WRONG_TOKEN: _WRONG_GRANT,
    }
)
"""RFC 6749 section 5.2, and RFC 7636 section 4.6 for the verifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """The lifetimes of new tokens. `access` is None if they do not expire, `refresh` if there is no refresh token."""

    access: timedelta | None
    refresh: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The tokens that a request receives."""

    now: datetime
    access: IssuedToken
    refresh: IssuedToken | None

    def describe(self) -> dict[str, Any]:
        """Return the JSON of RFC 6749 section 5.1."""
        lifetime_s = self.access.seconds_left(self.now)
        return {
            "token_type": "bearer",
            **({} if lifetime_s is None else {"expires_in": lifetime_s}),
            "access_token": self.access.text,
            "scope": " ".join(self.access.token["scopes"]),
            **({} if self.refresh is None else {"refresh_token": self.refresh.text}),
        }


def challenge_of(verifier: str) -> str:
    """Return the challenge of a verifier by the method S256 (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEndpoint:
    """The token endpoint of one platform.

    Args:
        find_app: returns the app of a client id.
        new_secret: returns the text of a token.
        lifetimes: returns the lifetimes of an account's tokens with these scopes.
        refuse: returns the platform's refusal. `refuse_by` makes it from a table. By default, the errors are those of
            the standard.
        describe: returns the JSON of a success.
        uses_basic: True if the app authenticates with HTTP Basic, False if with fields of the form.
        rotates: True if a refresh token is valid once, and the response has a new one.
        keeps_refused_codes: True if a code stays valid after a request with a wrong redirect URI or verifier.
        client_parameter: the name of the form's field with the client id.
        challenge: returns the challenge of a verifier.
    """

    find_app: FindApp
    new_secret: NewSecret
    lifetimes: Callable[[State, str, list[str]], Lifetimes]
    refuse: Refuse = _REFUSE_BY_STANDARD
    describe: Callable[[Granted], Mapping[str, Any]] = Granted.describe
    uses_basic: bool = False
    rotates: bool = False
    keeps_refused_codes: bool = False
    client_parameter: str = "client_id"
    challenge: Callable[[str], str] = challenge_of

    def token(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """Respond to a call with a form."""
        return self.respond(state, call, form_of(call))

    def respond(self, state: State, call: SimulatedCall, form: Mapping[str, str]) -> SimulatedReply:
        """Respond to a call with these parameters.

        Raises:
            Refusal: the app, the grant type, the code or the refresh token is wrong.
        """
        app = self.authenticate_app(state, call, form)
        match form.get("grant_type"):
            case "authorization_code":
                granted = self._exchange_code(state, call, form, app)
            case "refresh_token":
                granted = self._refresh(state, call, self.require(form, "refresh_token"), app)
            case _:
                raise self.refuse(Problem.WRONG_GRANT_TYPE, "grant_type")
        return json_reply(self.describe(granted))

    def authenticate_app(self, state: State, call: SimulatedCall, form: Mapping[str, str]) -> App:
        """Return the app that sends a call.

        Raises:
            Refusal: its credentials are missing or wrong.
        """
        if self.uses_basic:
            scheme, _, given = call.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "basic":
                raise self.refuse(Problem.NO_CLIENT, "authorization")
            client_id, _, secret = _decode_basic(given).partition(":")
        else:
            client_id, secret = form.get(self.client_parameter, ""), form.get("client_secret", "")
        app = self.find_app(state, client_id)
        if app is None or not hmac.compare_digest(app.client_secret.encode(), secret.encode()):
            raise self.refuse(Problem.WRONG_CLIENT, "client_secret")
        return app

    def require(self, form: Mapping[str, str], name: str) -> str:
        """Return a parameter.

        Raises:
            Refusal: it is missing or empty.
        """
        if not form.get(name):
            raise self.refuse(Problem.NO_PARAMETER, name)
        return form[name]

    def _exchange_code(self, state: State, call: SimulatedCall, form: Mapping[str, str], app: App) -> Granted:
        text, redirect_uri = self.require(form, "code"), self.require(form, "redirect_uri")
        code = find_code(state, text)
        if code is None or call.now.timestamp() >= code["expires_at"] or code["client_id"] not in {None, app.client_id}:
            raise self.refuse(Problem.WRONG_CODE, "code")
        refusal = self._refuse_mismatch(code, form, redirect_uri)
        if refusal is None or not self.keeps_refused_codes:
            use_code(state, text)
        if refusal is not None:
            raise refusal
        return self._grant(state, call, app, code["account_id"], code["scopes"])

    def _refuse_mismatch(self, code: Code, form: Mapping[str, str], redirect_uri: str) -> Refusal | None:
        if code["redirect_uri"] not in {None, redirect_uri}:
            return self.refuse(Problem.WRONG_REDIRECT_URI, "redirect_uri")
        if code["challenge"] is None:
            return None
        if not form.get("code_verifier"):
            return self.refuse(Problem.NO_PARAMETER, "code_verifier")
        is_same = code["challenge"] == self.challenge(form["code_verifier"])
        return None if is_same else self.refuse(Problem.WRONG_VERIFIER, "code_verifier")

    def _refresh(self, state: State, call: SimulatedCall, text: str, app: App) -> Granted:
        token = find_token(state, text)
        is_own = token is not None and token["client_id"] == app.client_id and token["kind"] == REFRESH
        if token is None or not is_own or token_status(state, token, call.now) != "active":
            raise self.refuse(Problem.WRONG_TOKEN, "refresh_token")
        if not self.rotates:
            return self._grant(state, call, app, token["account_id"], token["scopes"], kept=IssuedToken(text, token))
        revoke_token(state, text)
        return self._grant(state, call, app, token["account_id"], token["scopes"])

    def _grant(
        self,
        state: State,
        call: SimulatedCall,
        app: App,
        account_id: str,
        scopes: list[str],
        kept: IssuedToken | None = None,
    ) -> Granted:
        """Issue an access token, and a refresh token unless there is one to keep."""
        lifetimes = self.lifetimes(state, account_id, scopes)

        def issue(kind: str, lifetime: timedelta | None) -> IssuedToken:
            text = self.new_secret(call.entropy, kind)
            return issue_token(
                state,
                text,
                client_id=app.client_id,
                account_id=account_id,
                kind=kind,
                scopes=scopes,
                now=call.now,
                lifetime=lifetime,
            )

        access = issue(ACCESS, lifetimes.access)
        if kept is None and lifetimes.refresh is not None:
            kept = issue(REFRESH, lifetimes.refresh)
        return Granted(now=call.now, access=access, refresh=kept)


def _decode_basic(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""
