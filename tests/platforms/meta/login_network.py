"""A network with Facebook Login and nothing else, for the tests of what Meta's platforms share."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AnyHttpUrl, SecretStr

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Reply
from letmepost.platforms._kit.simulator.oauth.consent import Choice
from letmepost.platforms._kit.simulator.oauth.grants import App
from letmepost.platforms._meta import calls, graph
from letmepost.platforms._meta.login import Person, consent_url, log_in
from letmepost.platforms._meta.pages import PageList, find_pages
from letmepost.platforms._meta.settings import GraphSettings
from letmepost.platforms._meta.simulator.login import Login
from letmepost.platforms._meta.simulator.people import create_user
from letmepost.platforms._meta.simulator.router import answer_graph
from letmepost.platforms.connecting import ConnectedAccount, ConsentRequest, Grant, OAuth
from letmepost.platforms.simulation import Simulator, State
from tests.doubles.client import CALLBACK, SimulatedClient
from tests.doubles.platform import make_platform

APP = App(client_id="138000000000001", client_secret="login-secret")
SCOPES = ("pages_show_list", "pages_manage_posts", "business_management")
REQUIRED = SCOPES[:2]


def explain(call: Call, reply: Reply) -> PlatformFailure:
    return graph.explain(call, reply, {}, "Example")


def _new_person(state: State, scenario: str, _now: datetime, entropy: bytes) -> str:
    return create_user(state, ("ok",), scenario, entropy)["id"]


def _settings(base: AnyHttpUrl) -> GraphSettings:
    return GraphSettings(
        client_id=APP.client_id, client_secret=SecretStr(APP.client_secret), api_url=base, web_url=base
    )


def _accounts(_grant: Grant, _settings: object) -> Flow[tuple[ConnectedAccount, ...]]:
    raise NotImplementedError
    yield


LOGIN = Login(
    title="Example",
    app=APP,
    scopes=SCOPES,
    choices=lambda _state: (
        Choice("allow", "Allow", account=_new_person),
        Choice("few", "Few", account=_new_person, withheld=frozenset({"business_management"})),
        Choice("none", "None", account=_new_person, withheld=frozenset(REQUIRED)),
    ),
    new_account=_new_person,
)
PLATFORM = make_platform(
    name="example",
    sign=calls.sign,
    sign_for=calls.signer,
    explain=explain,
    oauth=OAuth(
        consent_url=lambda request, settings: consent_url(request, settings, SCOPES), accounts=_accounts, features={}
    ),
    simulator=Simulator(
        answer=answer_graph(LOGIN, ()),
        create_account=LOGIN.consent.create_account,
        posts=lambda _state: [],
        scenarios={"ok": "Everything works."},
        settings=_settings,
    ),
)


class LoginClient(SimulatedClient):
    """A deployment that lets people log in."""

    def log_in(self, choice: str = "allow", **changes: str) -> Person:
        given: Mapping[str, str] = {"code": self.consent(choice)["code"], "redirect_uri": CALLBACK, **changes}
        grant = Grant(code=given["code"], redirect_uri=given["redirect_uri"], code_verifier="")
        return self.run(log_in(grant, self.settings, REQUIRED, explain))

    def pages(self, person: Person, *fields: str) -> PageList:
        return self.run(find_pages(person, self.settings, explain, fields=fields))


def consent_request() -> ConsentRequest:
    return ConsentRequest(redirect_uri=CALLBACK, state="s", code_challenge="c")
