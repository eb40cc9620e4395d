"""A minimal simulator on the kit: OAuth with PKCE, one endpoint that writes, and scenarios."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.oauth.consent import Choice, ConsentEndpoint
from letmepost.platforms._kit.simulator.oauth.grants import ACCESS, App, find_token, token_status
from letmepost.platforms._kit.simulator.oauth.token_endpoint import Lifetimes, Problem, TokenEndpoint, challenge_of
from letmepost.platforms._kit.simulator.routes import answer_by
from letmepost.platforms._kit.simulator.scenarios import (
    CommonScenario,
    WriteAttempt,
    check_scenario,
    common_scenarios,
    refuse_attempt,
)
from letmepost.platforms._kit.simulator.wire import FORM, Refusal, bearer_token, json_object, json_reply
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from tests.doubles.simulated import TextState

APP = App(client_id="the-app", client_secret="the-secret")
OTHER_APP = App(client_id="another-app", client_secret="another-secret")
CALLBACK = "https://me.example/callback?a=1"
VERIFIER = "v" * 43


def refuse(problem: Problem, name: str) -> Refusal:
    return Refusal(400, {"error": problem.name, "parameter": name})


def failure(status: int) -> Callable[[WriteAttempt], Refusal]:
    return lambda _attempt: Refusal(status, {"error": "failure"})


SCENARIOS: Mapping[str, CommonScenario] = common_scenarios(
    CommonScenario,
    rate_limited=failure(429),
    unavailable=failure(503),
    failed=failure(500),
    rejected=failure(422),
    duplicate=failure(409),
)


def create_account(state: State, scenario: str, _now: datetime, entropy: bytes) -> str:
    check_scenario(SCENARIOS, scenario)
    name = letters(entropy, "name", 8)
    state[f"account/{name}"] = scenario
    return name


def find_app(_state: State, client_id: str) -> App | None:
    return {app.client_id: app for app in (APP, OTHER_APP)}.get(client_id)


def new_secret(entropy: bytes, kind: str) -> str:
    return f"{kind}-{letters(entropy, kind, 32)}"


def lifetimes(state: State, account_id: str, scopes: list[str]) -> Lifetimes:
    access = SCENARIOS[state[f"account/{account_id}"]].access_lifetime
    return Lifetimes(access=access, refresh=timedelta(days=30) if "offline" in scopes else None)


CHOICES = (
    Choice("allow", "Allow <all>", account=create_account),
    Choice("less", "Allow reading", account=create_account, withheld=frozenset({"write", "offline"})),
    Choice("deny", "Deny"),
)
CONSENT = ConsentEndpoint(
    title="Example",
    find_app=find_app,
    scopes=("read", "write", "offline"),
    choices=lambda _state: CHOICES,
    new_account=create_account,
    new_secret=new_secret,
    code_lifetime=timedelta(minutes=10),
)
TOKENS = TokenEndpoint(find_app=find_app, new_secret=new_secret, lifetimes=lifetimes, refuse=refuse)


def create_post(state: State, call: SimulatedCall, box: str) -> SimulatedReply:
    token = find_token(state, bearer_token(call))
    if token is None or token["kind"] != ACCESS or token_status(state, token, call.now) != "active":
        raise Refusal(401, {"error": "unauthorized"})
    scenario = SCENARIOS[state[f"account/{token['account_id']}"]]
    refuse_attempt(state, token["account_id"], scenario, call.now, shows_post=True)
    return json_reply({"box": box, "post": json_object(call)}, status=201, delay_s=scenario.delay_s)


def refuse_unknown(call: SimulatedCall, methods: Collection[str]) -> Refusal:
    return Refusal(405 if methods else 404, {"error": f"{call.method} is not possible", "methods": sorted(methods)})


@dataclass
class Example:
    """The example and its client. A test may replace `consent` and `tokens`."""

    consent: ConsentEndpoint = CONSENT
    tokens: TokenEndpoint = TOKENS
    state: TextState = field(default_factory=TextState)
    now: datetime = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    draws: int = 0

    def entropy(self) -> bytes:
        self.draws += 1
        return sha256(str(self.draws).encode()).digest()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> SimulatedReply:
        routes = (
            ("GET", "/authorize", self.consent.authorize),
            ("POST", "/token", self.tokens.token),
            ("POST", "/boxes/([a-z]+)/posts", create_post),
        )
        call = SimulatedCall(
            method=method,
            root="https://sandbox.test/org_1/example",
            path=path,
            query=tuple((query or {}).items()),
            headers=headers or {},
            body=body,
            now=self.now,
            entropy=self.entropy(),
        )
        return answer_by(routes, refuse_unknown)(self.state, call)

    def authorize(self, **changes: str) -> SimulatedReply:
        query = {
            "response_type": "code",
            "client_id": APP.client_id,
            "redirect_uri": CALLBACK,
            "scope": "read write offline",
            "state": "s&t",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return self.ask("GET", "/authorize", query={name: value for name, value in query.items() if value})

    def returned(self, **changes: str) -> dict[str, str]:
        """Choose, and return what the app receives."""
        reply = self.authorize(**changes)
        assert reply.status == 302
        return dict(parse_qsl(urlsplit(reply.headers["location"]).query))

    def token(self, **fields: str) -> SimulatedReply:
        form = {"client_id": APP.client_id, "client_secret": APP.client_secret, **fields}
        sent = urlencode({name: value for name, value in form.items() if value}).encode()
        return self.ask("POST", "/token", sent, {"content-type": FORM})

    def exchange(self, code: str, /, **changes: str) -> SimulatedReply:
        fields = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self.token(**{"grant_type": "authorization_code", **fields, **changes})

    def refresh(self, refresh_token: str) -> SimulatedReply:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def post(self, token: str) -> SimulatedReply:
        return self.ask("POST", "/boxes/mine/posts", b'{"text": "a"}', {"authorization": f"Bearer {token}"})

    def replacing(self, **changes: Any) -> "Example":
        """Return an example with a token endpoint that differs."""
        return Example(tokens=replace(self.tokens, **changes))
