"""The consent and the tokens of Threads and of Instagram Login: exchanged for 60 days, refreshed, and found in calls.

Source: fact sheets of Threads and Instagram, section 1, after
https://developers.facebook.com/docs/threads/get-started/long-lived-tokens, checked 2026-11-21.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeAlias

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint, NewAccount
from letmepost.platforms._kit.simulator.oauth.grants import App, Token, find_token, issue_token, only, token_status
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Granted, Lifetimes, Problem, TokenEndpoint
from letmepost.platforms._kit.simulator.wire import bearer_token
from letmepost.platforms._meta.simulator.graph import ConsentRefused, Parameters, Refused, json_reply, wrong_parameter
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_LONG_LIVED = "long-lived"
_REFRESHABLE_AFTER = timedelta(hours=24)

Lifetime: TypeAlias = Callable[[State, str], tuple[timedelta, timedelta]]
"""Returns the lifetime and the age of a new long-lived token of an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenServer:
    """The endpoints that issue the tokens of one network.

    Args:
        prefix: of the names of the grants.
        start: of the texts of tokens.
    """

    app: App
    prefix: str
    start: str
    lifetime: Lifetime

    def new_secret(self, entropy: bytes, kind: str) -> str:
        """Return the text of a code or a token."""
        return f"AQB{letters(entropy, kind, 40)}" if kind == "code" else f"{self.start}{letters(entropy, kind, 48)}"

    def prolong(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`GET /access_token`: exchange a token that is valid for an hour for a long-lived one."""
        given = Parameters.of(call)
        if given.get("grant_type") != f"{self.prefix}_exchange_token":
            raise wrong_parameter("Unsupported grant type")
        if given.get("client_secret") != self.app.client_secret:
            raise wrong_parameter("Error validating client secret.")
        token = self._find_token(state, call, given.get("access_token"))
        if token["kind"] == _LONG_LIVED:
            raise wrong_parameter("The access token is not a short-lived one.")
        return self._issue_long_lived(state, call, token)

    def refresh(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`GET /refresh_access_token`: from a token's second day to its last."""
        given = Parameters.of(call)
        if given.get("grant_type") != f"{self.prefix}_refresh_token":
            raise wrong_parameter("Unsupported grant type")
        token = self._find_token(state, call, given.get("access_token"))
        age_s = call.now.timestamp() - token["issued_at"]
        if token["kind"] != _LONG_LIVED or age_s < _REFRESHABLE_AFTER.total_seconds():
            raise wrong_parameter("The access token cannot be refreshed before it is 24 hours old.")
        return self._issue_long_lived(state, call, token)

    def authenticate(self, state: State, call: SimulatedCall, scope: str) -> str:
        """Return the id of the account of a call's token, if the token has the required scope."""
        token = self._find_token(state, call, bearer_token(call) or Parameters.of(call).get("access_token"))
        if scope not in token["scopes"]:
            raise Refused(f"Application does not have permission for this action: {scope}", code=10, status=403)
        return token["account_id"]

    def debug_token(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`GET /debug_token`."""
        token = self._find_token(state, call, Parameters.of(call).require("input_token"))
        return json_reply(
            {
                "data": {
                    "type": "USER",
                    "application": "Sandbox",
                    "expires_at": int(token["expires_at"] or 0),
                    "is_valid": True,
                    "issued_at": int(token["issued_at"]),
                    "scopes": token["scopes"],
                    "user_id": token["account_id"],
                }
            }
        )

    def _issue_long_lived(self, state: State, call: SimulatedCall, old: Token) -> SimulatedReply:
        lifetime, age = self.lifetime(state, old["account_id"])
        issued = issue_token(
            state,
            self.new_secret(call.entropy, "token"),
            client_id=old["client_id"],
            account_id=old["account_id"],
            kind=_LONG_LIVED,
            scopes=old["scopes"],
            now=call.now - age,
            lifetime=lifetime + age,
        )
        lifetime_s = issued.seconds_left(call.now)
        return json_reply({"access_token": issued.text, "token_type": "bearer", "expires_in": lifetime_s})

    def _find_token(self, state: State, call: SimulatedCall, text: str | None) -> Token:
        token = find_token(state, text or "")
        if token is None:
            raise Refused("Invalid OAuth access token - Cannot parse access token", code=190)
        match token_status(state, token, call.now):
            case "revoked":
                message = "Error validating access token: The user has not authorized application"
                raise Refused(message, code=190, subcode=458)
            case "expired":
                raise Refused("Error validating access token: Session has expired", code=190, subcode=463)
            case "active":
                return token


DENIAL = {"error": "access_denied", "error_reason": "user_denied", "error_description": "The user denied"}
"""What the app receives if the person cancels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentServer:
    """The consent page, and the exchange of its code for a token that is valid for an hour.

    Args:
        title, scopes, choices, new_account, check: as in `ConsentEndpoint`.
        refusals: the message for each parameter that is missing or wrong.
        describe: returns the response with a new token.
    """

    tokens: TokenServer
    title: str
    scopes: Sequence[str]
    choices: Sequence[Choice]
    new_account: NewAccount
    refusals: Mapping[str, str]
    describe: Callable[[Granted], Mapping[str, Any]]
    check: Callable[[State, Mapping[str, str]], str | None] = lambda _state, _query: None

    @property
    def page(self) -> ConsentEndpoint:
        """The consent page."""
        return ConsentEndpoint(
            title=self.title,
            find_app=only(self.tokens.app),
            scopes=tuple(self.scopes),
            choices=lambda _state: tuple(self.choices),
            new_account=self.new_account,
            new_secret=self.tokens.new_secret,
            code_lifetime=timedelta(hours=1),
            uses_pkce=False,
            check=self.check,
            scope_separators=", ",
        )

    def authorize(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`GET /oauth/authorize`. The URL with a code ends with `#_`, which is not part of the code."""
        reply = self.page.authorize(state, call)
        location = reply.headers.get("location", "")
        return replace(reply, headers={"location": f"{location}#_"}) if "code=" in location else reply

    def exchange_code(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """`POST /oauth/access_token`. The parameters may be in the query."""
        endpoint = TokenEndpoint(
            find_app=only(self.tokens.app),
            new_secret=self.tokens.new_secret,
            lifetimes=lambda *_: Lifetimes(access=timedelta(hours=1)),
            refuse=self._refuse,
            describe=self.describe,
            keeps_refused_codes=True,
        )
        return endpoint.respond(state, call, Parameters.of(call).values)

    def _refuse(self, _problem: Problem, name: str) -> ConsentRefused:
        return ConsentRefused(self.refusals.get(name, f"Missing required field {name}"))
