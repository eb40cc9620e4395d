"""The authorization endpoint: the consent page, and the redirect back to the app with a code or an error.

Source: RFC 6749 section 4.1, RFC 7636 section 4.3; both read 2026-11-22.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias
from urllib.parse import urlencode, urlsplit, urlunsplit

from letmepost.platforms._kit.simulator.oauth.consent_page import consent_page, error_page
from letmepost.platforms._kit.simulator.oauth.grants import Code, FindApp, NewSecret, issue_code
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

CREATED_CODE_LIFETIME = timedelta(days=1)
"""The lifetime of a code that a test receives with a new account: long enough for any test."""

NewAccount: TypeAlias = Callable[[State, str, datetime, bytes], str]
"""Creates an account from scenario, time and entropy, and returns its id."""


def _access_denied() -> Mapping[str, str]:
    return {"error": "access_denied"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person can choose on the consent page.

    Args:
        name: the choice in the query of its link.
        account: returns the id of the account that the app may then act for; None if the choice denies access.
        withheld: the scopes that are not granted.
        denial: what the app receives if the choice denies access.
    """

    name: str
    label: str
    account: NewAccount | None = None
    withheld: frozenset[str] = frozenset()
    denial: Mapping[str, str] = field(default_factory=_access_denied)


def _accept(_state: State, _query: Mapping[str, str]) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEndpoint:
    """The authorization endpoint of one platform.

    Args:
        title: the platform's name.
        find_app: returns the app of a client id.
        scopes: every scope of the platform.
        choices: returns what a person can choose. The first choice allows everything.
        new_account: creates the account of a consent without a page.
        new_secret: returns the text of a code.
        code_lifetime: how long the code of a consent is valid.
        uses_pkce: True if a code challenge is checked, False if the platform ignores it.
        check: returns what else is wrong with a request, as a text for the error page.
        unknown_scope: what the app receives if it requests no scope or an unknown one; None for an error page.
        scope_separators: the characters that separate requested scopes.
        client_parameter: the name of the parameter with the client id.
    """

    title: str
    find_app: FindApp
    scopes: tuple[str, ...]
    choices: Callable[[State], Sequence[Choice]]
    new_account: NewAccount
    new_secret: NewSecret
    code_lifetime: timedelta
    uses_pkce: bool = True
    check: Callable[[State, Mapping[str, str]], str | None] = _accept
    unknown_scope: Mapping[str, str] | None = None
    scope_separators: str = " "
    client_parameter: str = "client_id"

    def authorize(self, state: State, call: SimulatedCall) -> SimulatedReply:
        """Return the consent page; with the `choice` of one of its links, the redirect back to the app."""
        query = dict(call.query)
        problem = self._problem(state, query)
        if problem is not None:
            return _page(400, error_page(self.title, problem))
        asked = self._asked(query)
        if not asked or not set(asked) <= set(self.scopes):
            if self.unknown_scope is None:
                return _page(400, error_page(self.title, f"scope is empty or unknown: {query.get('scope', '')!r}"))
            return _redirect(query, self.unknown_scope)
        choices = self.choices(state)
        chosen = next((choice for choice in choices if choice.name == query.get("choice")), None)
        if chosen is None:
            return _page(200, self._choices_page(call, query, asked, choices))
        if chosen.account is None:
            return _redirect(query, chosen.denial)
        account_id = chosen.account(state, "ok", call.now, call.entropy)
        scopes = [scope for scope in asked if scope not in chosen.withheld]
        code = self._issue_code(state, call.entropy, account_id, scopes, call.now + self.code_lifetime, query)
        return _redirect(query, {"code": code})

    def create_account(self, state: State, scenario: str, now: datetime, entropy: bytes) -> Mapping[str, str]:
        """Create an account, and return the code of a consent to every scope, for any app and redirect URI."""
        account_id, expires_at = self.new_account(state, scenario, now, entropy), now + CREATED_CODE_LIFETIME
        return {"code": self._issue_code(state, entropy, account_id, list(self.scopes), expires_at, {})}

    def _problem(self, state: State, query: Mapping[str, str]) -> str | None:
        """Return what is wrong with a request, if the app must not receive a response."""
        client_id = query.get(self.client_parameter, "")
        if self.find_app(state, client_id) is None:
            return f"{self.client_parameter} is unknown: {client_id!r}"
        if query.get("response_type") != "code":
            return "response_type must be code"
        if not _is_uri(query.get("redirect_uri", "")):
            return "redirect_uri must be an absolute URI without a fragment"
        if self.uses_pkce and query.get("code_challenge") and query.get("code_challenge_method") != "S256":
            return "code_challenge_method must be S256"
        return self.check(state, query)

    def _asked(self, query: Mapping[str, str]) -> list[str]:
        names = re.split(f"[{re.escape(self.scope_separators)}]+", query.get("scope", ""))
        return [name for name in names if name]

    def _choices_page(
        self, call: SimulatedCall, query: Mapping[str, str], asked: Sequence[str], choices: Sequence[Choice]
    ) -> str:
        links = [
            (choice.name, choice.label, f"{call.root}{call.path}?{urlencode({**query, 'choice': choice.name})}")
            for choice in choices
        ]
        return consent_page(self.title, urlsplit(query["redirect_uri"]).netloc, asked, links)

    def _issue_code(
        self,
        state: State,
        entropy: bytes,
        account_id: str,
        scopes: list[str],
        expires_at: datetime,
        query: Mapping[str, str],
    ) -> str:
        code = Code(
            account_id=account_id,
            scopes=scopes,
            expires_at=expires_at.timestamp(),
            client_id=query.get(self.client_parameter),
            redirect_uri=query.get("redirect_uri"),
            challenge=(query.get("code_challenge") or None) if self.uses_pkce else None,
        )
        text = self.new_secret(entropy, "code")
        issue_code(state, text, code)
        return text


def _is_uri(text: str) -> bool:
    """Return True for an absolute URI without a fragment (RFC 6749 section 3.1.2)."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return text.isascii() and bool(parts.scheme) and not parts.fragment


def _redirect(query: Mapping[str, str], parameters: Mapping[str, str]) -> SimulatedReply:
    """Return the redirect to the app. The `state` is returned unchanged."""
    returned = {**parameters, "state": query["state"]} if query.get("state") else parameters
    parts = urlsplit(query["redirect_uri"])
    joined = "&".join(part for part in (parts.query, urlencode(returned)) if part)
    return SimulatedReply(status=302, headers={"location": urlunsplit(parts._replace(query=joined))})


def _page(status: int, html: str) -> SimulatedReply:
    return SimulatedReply(status=status, headers={"content-type": "text/html; charset=utf-8"}, body=html.encode())
