"""A minimal network whose accounts are connected by consent, and its server on loopback."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from pydantic import AnyHttpUrl, SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Auth, Call, Effect, Flow, Reply
from letmepost.platforms._kit.oauth import consent_url, read_tokens
from letmepost.platforms.connecting import (
    Callback,
    ConnectedAccount,
    ConsentRequest,
    Credential,
    Grant,
    Notice,
    OAuth,
    PlatformSettings,
)
from letmepost.platforms.contract import Platform
from tests.doubles.platform import explain
from tests.sandbox.support import platform

NAME = "double"
FEATURES = {"publish": ("write",), "comment": ("write", "reply")}


class Settings(PlatformSettings):
    """The URL of the network, and the credentials of the deployment's app."""

    base_url: str = "http://127.0.0.1:1"
    client_id: str | None = None
    client_secret: SecretStr | None = None


@dataclass
class Consented:
    """A granted consent. Its code is valid for one exchange."""

    accounts: tuple[str, ...]
    scope: str
    challenge: str
    redirect_uri: str


@dataclass
class Server:
    """The network.

    Args:
        token_answers: the responses to the next token requests. Without any, they succeed.
        unavailable: lists of accounts are refused.
    """

    codes: dict[str, Consented] = field(default_factory=dict)
    tokens: dict[str, tuple[str, ...]] = field(default_factory=dict)
    token_answers: list[Response] = field(default_factory=list)
    exchanged: list[Mapping[str, str]] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    expires_in: int = 7200
    unavailable: bool = False

    def consent(self, authorization_url: str, *accounts: str, scope: str = "write reply") -> dict[str, str]:
        """Consent on the network's page; return the parameters with which the browser returns."""
        asked = dict(parse_qsl(urlsplit(authorization_url).query))
        code = f"code-{len(self.codes)}"
        self.codes[code] = Consented(accounts, scope, asked["code_challenge"], asked["redirect_uri"])
        return {"code": code, "state": asked["state"]}

    def app(self) -> ASGIApp:
        routes = [
            Route("/token", self._token, methods=["POST"]),
            Route("/accounts", self._accounts),
            Route("/revoke", self._revoke, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        self.exchanged.append(form)
        if self.token_answers:
            return self.token_answers.pop(0)
        consented = self.codes.pop(form.get("code", ""), None)
        if consented is None or not _proves(form, consented):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = f"token-{len(self.exchanged)}"
        self.tokens[token] = consented.accounts
        answer = {"access_token": token, "refresh_token": f"r-{token}", "expires_in": self.expires_in}
        return JSONResponse({**answer, "scope": consented.scope})

    async def _accounts(self, request: Request) -> Response:
        if self.unavailable:
            return JSONResponse({}, 503)
        names = self.tokens.get(request.headers["authorization"].removeprefix("Bearer "))
        return JSONResponse({"names": names}) if names is not None else JSONResponse({}, 401)

    async def _revoke(self, request: Request) -> Response:
        self.revoked.append(request.headers["authorization"].removeprefix("Bearer "))
        return JSONResponse({})


def consenting(**changes: Any) -> Platform:
    """Return the platform."""
    made = replace(
        platform(NAME),
        settings=Settings,
        connect_input=None,
        connect=None,
        oauth=OAuth(consent_url=_consent_url, accounts=_accounts, features=FEATURES, withdrawn=_signed),
        notified=_progress,
        sign=_sign,
        needs_refresh=lambda reply: reply.status == 401,
        check=_check,
        disconnect=_disconnect,
        refresh=_refresh,
        explain=explain,
    )
    simulator = replace(made.simulator, settings=_simulated)
    return replace(made, simulator=simulator, **changes)


def environment(base_url: str) -> dict[str, str]:
    """Return the settings of a deployment with an app on the network."""
    given = {"BASE_URL": base_url, "CLIENT_ID": "app", "CLIENT_SECRET": "app-secret"}
    return {f"LETMEPOST_{NAME.upper()}_{name}": value for name, value in given.items()}


def _simulated(base: AnyHttpUrl) -> PlatformSettings:
    return Settings(base_url=str(base), client_id="app", client_secret=SecretStr("app-secret"))


def _consent_url(request: ConsentRequest, settings: Settings) -> str:
    return consent_url(f"{settings.base_url}/authorize", "app", request, ("write", "reply"), uses_pkce=True)


def _accounts(grant: Grant, settings: Settings) -> Flow[tuple[ConnectedAccount, ...]]:
    form = {"grant_type": "authorization_code", "code": grant.code, "code_verifier": grant.code_verifier}
    call = Call(
        method="POST",
        url=f"{settings.base_url}/token",
        form={**form, "redirect_uri": grant.redirect_uri},
        auth=Auth.NONE,
        effect=Effect.WRITE,
    )
    tokens = read_tokens(call, (yield call), explain)
    listing = Call(
        method="GET",
        url=f"{settings.base_url}/accounts",
        auth=Auth.NONE,
        headers={"authorization": f"Bearer {tokens.access_token}"},
    )
    reply = yield listing
    if not reply.ok:
        raise explain(listing, reply)
    credential = tokens.credential()
    person = "-".join(reply.data()["names"])
    return tuple(
        ConnectedAccount(
            platform_account_id=f"id-{name}",
            handle=name,
            display_name=name.title(),
            credential=credential,
            scopes=tokens.scopes,
            granted_by=f"person-{person}",
            data={"base_url": settings.base_url},
        )
        for name in reply.data()["names"]
    )


def _refresh(account: AccountFacts, settings: Settings) -> Flow[Credential]:
    call = Call(
        method="POST",
        url=f"{settings.base_url}/token",
        form={"grant_type": "refresh_token"},
        effect=Effect.WRITE,
    )
    tokens = read_tokens(call, (yield call), explain)
    return tokens.credential()


def _check(account: AccountFacts, settings: Settings) -> Flow[None]:
    call = Call(method="GET", url=f"{settings.base_url}/accounts")
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)


def _disconnect(account: AccountFacts, settings: Settings) -> Flow[None]:
    call = Call(method="POST", url=f"{settings.base_url}/revoke", effect=Effect.WRITE)
    reply: Reply = yield call
    if not reply.ok:
        raise PlatformFailure(FailureKind.UNAVAILABLE, "It cannot be revoked now.")


def _signed(callback: Callback, settings: Settings) -> tuple[str]:
    """Return the account of a signed body, which has the form `secret:account`."""
    secret, _, account_id = callback.body.decode().partition(":")
    if settings.client_secret is None or secret != settings.client_secret.get_secret_value():
        raise ValueError("not signed by the app")
    return (account_id,)


def _progress(callback: Callback, settings: Settings) -> list[Notice]:
    return [Notice(owner_id=owner_id) for owner_id in _signed(callback, settings)]


def _sign(call: Call, credential: Credential, now: datetime, entropy: bytes) -> Call:
    headers = {**call.headers, "authorization": f"Bearer {credential.secrets['access_token']}"}
    return call if call.auth is Auth.NONE else replace(call, headers=headers)


def _proves(form: Mapping[str, str], consented: Consented) -> bool:
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return challenge == consented.challenge and form["redirect_uri"] == consented.redirect_uri
