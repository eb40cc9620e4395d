"""A minimal network of many servers: an account is connected by consent at the server that a person chooses."""

import json
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Auth, Call, Effect, Flow
from letmepost.domain.refusals import FieldRefusal
from letmepost.platforms._kit.oauth import consent_url, read_tokens
from letmepost.platforms.connecting import (
    App,
    ConnectedAccount,
    ConsentRequest,
    Grant,
    OAuth,
    PlatformSettings,
    Servers,
)
from letmepost.platforms.contract import Platform
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from tests.doubles.consent_simulator import answer, create_account
from tests.doubles.consenting import FEATURES, Server, consenting
from tests.doubles.platform import explain

NAME = "federated"
ENVIRONMENT = {f"LETMEPOST_{NAME.upper()}_SCHEME": "http"}
"""The settings of a deployment that calls servers on loopback."""
MALFORMED = FieldRefusal(
    message="`server` is not the name of a server: {given}.",
    remediation="Send a name such as social.example.",
    sample={"given": "not a name"},
)


class Settings(PlatformSettings):
    """The scheme of every server, and the URL of the simulator, which replaces all of them."""

    scheme: str = "https"
    simulator_url: str = ""

    def url(self, server: str, path: str) -> str:
        """Return a URL of a server."""
        return f"{self.simulator_url or f'{self.scheme}://{server}'}{path}"


@dataclass
class FederatedServer(Server):
    """One server of the network. `app_answers`: the responses to the next registrations. Without any, they succeed."""

    apps: dict[str, str] = field(default_factory=dict)
    redirect_uris: list[str] = field(default_factory=list)
    app_answers: list[Response] = field(default_factory=list)

    def consent(self, authorization_url: str, *accounts: str, scope: str = "write reply") -> dict[str, str]:
        assert dict(parse_qsl(urlsplit(authorization_url).query))["client_id"] in self.apps
        return super().consent(authorization_url, *accounts, scope=scope)

    def app(self) -> ASGIApp:
        return Starlette(routes=[Route("/apps", self._apps, methods=["POST"]), *_routes(super().app())])

    async def _apps(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        self.redirect_uris.append(form["redirect_uri"])
        if self.app_answers:
            return self.app_answers.pop(0)
        client_id = f"app-{len(self.redirect_uris)}"
        self.apps[client_id] = f"secret-of-{client_id}"
        return JSONResponse({"client_id": client_id, "client_secret": self.apps[client_id]})

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if self.apps.get(form.get("client_id", "")) != form.get("client_secret"):
            return JSONResponse({"error": "invalid_client"}, 401)
        return await super()._token(request)


def federated(**changes: Any) -> Platform:
    """Return the platform."""
    made = consenting()
    oauth = OAuth(consent_url=_consent_url, accounts=_accounts, features=FEATURES, servers=SERVERS)
    simulator = replace(made.simulator, settings=_simulated, answer=_answer, create_account=create_account)
    own = {"name": NAME, "title": NAME.title(), "settings": Settings, "oauth": oauth, "simulator": simulator}
    return replace(made, **{**own, "check": _check, "disconnect": _disconnect, "server": _server, **changes})


def _routes(app: ASGIApp) -> list[Any]:
    assert isinstance(app, Starlette)
    return list(app.routes)


def _simulated(base: AnyHttpUrl) -> PlatformSettings:
    return Settings(simulator_url=str(base))


def _answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Respond as the simulator of the consenting network, but only to apps that were registered."""
    form = dict(parse_qsl(call.body.decode()))
    if call.path == "/apps":
        client_id = call.entropy[:8].hex()
        state[f"app/{client_id}"] = form["redirect_uri"]
        return _json({"client_id": client_id, "client_secret": "simulated"})
    client_id = form.get("client_id", dict(call.query).get("client_id", ""))
    if call.path in {"/authorize", "/token"} and f"app/{client_id}" not in state:
        return _json({"error": "invalid_client"}, 401)
    return answer(state, call)


def _json(value: object, status: int = 200) -> SimulatedReply:
    return SimulatedReply(status=status, headers={"content-type": "application/json"}, body=json.dumps(value).encode())


def _parse(given: str) -> str:
    name = given.strip().removeprefix("https://").partition("/")[0].lower()
    if not name or " " in name:
        raise MALFORMED(field="server", given=given)
    return name


def _register(server: str, redirect_uri: str, settings: Settings) -> Flow[App]:
    call = Call(
        method="POST",
        url=settings.url(server, "/apps"),
        form={"redirect_uri": redirect_uri},
        auth=Auth.NONE,
        effect=Effect.PREPARE,
        step="app",
    )
    reply = yield call
    if not reply.ok or "client_id" not in reply.data():
        raise explain(call, reply)
    return App(server=server, client_id=reply.data()["client_id"], client_secret=reply.data()["client_secret"])


def _consent_url(request: ConsentRequest, settings: Settings) -> str:
    assert request.app is not None
    endpoint = settings.url(request.app.server, "/authorize")
    return consent_url(endpoint, request.app.client_id, request, ("write", "reply"), uses_pkce=True)


def _accounts(grant: Grant, settings: Settings) -> Flow[tuple[ConnectedAccount, ...]]:
    app = grant.app
    assert app is not None
    call = Call(
        method="POST",
        url=settings.url(app.server, "/token"),
        form={
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "code": grant.code,
            "code_verifier": grant.code_verifier,
            "redirect_uri": grant.redirect_uri,
        },
        auth=Auth.NONE,
        effect=Effect.PREPARE,
        step="token",
    )
    tokens = read_tokens(call, (yield call), explain)
    headers = {"authorization": f"Bearer {tokens.access_token}"}
    listing = Call(method="GET", url=settings.url(app.server, "/accounts"), auth=Auth.NONE, headers=headers)
    names = (yield listing).data()["names"]
    return tuple(
        ConnectedAccount(
            platform_account_id=f"{name}@{app.server}",
            handle=f"{name}@{app.server}",
            display_name=name.title(),
            credential=tokens.credential(),
            scopes=tokens.scopes,
            data={"server": app.server},
        )
        for name in names
    )


def _server(account: AccountFacts) -> str:
    return str(account.data["server"])


def _check(account: AccountFacts, settings: Settings) -> Flow[None]:
    call = Call(method="GET", url=settings.url(_server(account), "/accounts"))
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)


def _disconnect(account: AccountFacts, settings: Settings) -> Flow[None]:
    yield Call(method="POST", url=settings.url(_server(account), "/revoke"), effect=Effect.PREPARE, step="revoke")


SERVERS = Servers(parse=_parse, register=_register)
