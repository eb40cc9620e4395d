"""Recent calls: what is kept of them, and that no credential is."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import httpx2
import pytest

from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State
from letmepost.sandbox import Store
from letmepost.sandbox.calls.recent import CALLS_MAX, RecentCall, RecentCalls
from letmepost.sandbox.calls.redaction import REDACTED
from letmepost.sandbox.pages.access import PageAccess
from tests.platforms.suite.description import PlatformSuite
from tests.platforms.suite.suites import each_suite
from tests.platforms.suite.test_credentials import use_everything
from tests.sandbox.support import CONTROL, Surroundings, open_client

NOW = datetime(2026, 11, 30, tzinfo=UTC)
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def call(
    path: str = "/", body: bytes = b"", headers: Mapping[str, str] | None = None, query: Mapping[str, str] | None = None
) -> SimulatedCall:
    return SimulatedCall(
        method="POST",
        root="http://sandbox.test/org_1/notes",
        path=path,
        query=tuple((query or {}).items()),
        headers=headers or {},
        body=body,
        now=NOW,
        entropy=bytes(32),
    )


def recorded(request: SimulatedCall, reply: SimulatedReply | None = None) -> RecentCall:
    calls = RecentCalls()
    calls.add("org_1", "notes", request, reply or SimulatedReply(status=200))
    [only] = calls.newest("org_1")
    return only


def text_of(shown: RecentCall) -> str:
    return "\n".join(
        map(str, [shown.path, shown.request_headers, shown.request_body, shown.reply_headers, shown.reply_body])
    )


@each_suite
def test_no_recorded_call_of_any_flow_contains_a_credential(suite: PlatformSuite) -> None:
    calls, seen, simulator = RecentCalls(), list[RecentCall](), suite.platform.simulator
    codes = set[str]()

    def answer(state: State, request: SimulatedCall) -> SimulatedReply:
        reply = simulator.answer(state, request)
        calls.add("org_1", suite.platform.name, request, reply)
        seen.append(calls.newest("org_1")[0])
        return reply

    def create_account(state: State, scenario: str, now: datetime, entropy: bytes) -> Mapping[str, str]:
        given = simulator.create_account(state, scenario, now, entropy)
        codes.update(value for name, value in given.items() if name in {"code", "appPassword"})
        return given

    watched = replace(simulator, answer=answer, create_account=create_account)
    worker, secrets = use_everything(replace(suite, platform=replace(suite.platform, simulator=watched)))
    secrets -= {worker.account.credential.secrets.get("client_id", "")}  # which is public
    found = [secret for secret in {*secrets, *codes} for shown in seen if secret in text_of(shown)]
    assert found == []
    assert REDACTED in "".join(map(text_of, seen)), "the calls were signed"


SECRET = "s3cr3t+/= value"


@pytest.mark.parametrize(
    "request_",
    [
        call(headers={"authorization": f"Bearer {SECRET}"}),
        call(headers={"Authorization": SECRET}),
        call(headers={"Cookie": SECRET}),
        call(query={"access_token": SECRET}),
        call(query={"code": SECRET}),
        call(query={"next": f"https://a.example/?appsecret_proof={quote(SECRET, safe='')}"}),
        call(body=json.dumps({"appPassword": SECRET}).encode(), headers=JSON),
        call(body=json.dumps({"client_secret": {"value": SECRET}}).encode(), headers=JSON),
        call(body=json.dumps({"code": SECRET, "text": f"my {SECRET}"}).encode(), headers=JSON),
        call(body=json.dumps({"password": "s3cr3t", "pin_secret": [{"a": "s3cr3t"}]}).encode(), headers=JSON),
        call(body=b"code_verifier=s3cr3t%2B%2F%3D+value&grant_type=x", headers=FORM),
        call(body=f"--x\r\n{SECRET}\r\n--x--".encode(), headers={"content-type": "multipart/form-data; boundary=x"}),
        call(body=json.dumps({"password": SECRET, "text": "x" * 70_000}).encode(), headers=JSON),
    ],
)
def test_credential_is_removed_from_the_request_and_from_the_reply_that_repeats_it(request_: SimulatedCall) -> None:
    echo = json.dumps({"echo": SECRET}).encode()
    shown = recorded(request_, SimulatedReply(status=200, headers=JSON, body=echo))
    hidden = text_of(replace(shown, reply_body=""))
    assert SECRET not in hidden
    assert "s3cr3t" not in hidden
    if REDACTED in hidden:
        assert "s3cr3t" not in shown.reply_body


def test_short_credential_is_removed_where_its_name_is() -> None:
    request = call(
        body=b'{"password":"pw","pin_token":1234,"text":"pwned"}',
        headers={**JSON, "authorization": "pw"},
        query={"code": "pw"},
    )
    shown = recorded(request)
    assert shown.path == f"/?code={quote(REDACTED, safe='()')}"
    assert shown.request_headers["authorization"] == REDACTED
    assert json.loads(shown.request_body) == {"password": REDACTED, "pin_token": REDACTED, "text": "pwned"}


@pytest.mark.parametrize("depth", [500, 20_000])
def test_deeply_nested_body_is_recorded(depth: int) -> None:
    body = b"[" * depth + b'{"password":"s3cr3t"}' + b"]" * depth
    assert "s3cr3t" not in text_of(recorded(call(body=body, headers=JSON)))


def test_half_of_a_character_breaks_neither_the_call_nor_the_page() -> None:
    body = b'{"password":"\\ud800abcdef","text":"\\ud800"}'
    shown = recorded(call(body=body, headers=JSON), SimulatedReply(status=200, headers=JSON, body=body))
    assert "abcdef" not in text_of(shown)
    text_of(shown).encode()


def test_redirect_does_not_show_its_code() -> None:
    shown = recorded(
        call(), SimulatedReply(status=302, headers={"location": "https://app.example/?code=abcdefgh&state=1"})
    )
    assert shown.reply_headers == {"location": f"https://app.example/?code={REDACTED}&state=1"}


def test_code_of_an_error_is_shown() -> None:
    body = b'{"error":{"code":"access_token_invalid"}}'
    assert recorded(call(), SimulatedReply(status=401, headers=JSON, body=body)).reply_body == (
        '{"error": {"code": "access_token_invalid"}}'
    )


def test_large_and_binary_bodies_are_described_by_their_size() -> None:
    assert recorded(call(body=b"\x89PNG" * 5, headers={"content-type": "image/png"})).request_body == (
        "(20 bytes of image/png)"
    )
    assert len(recorded(call(body=json.dumps({"text": "x" * 60_000}).encode(), headers=JSON)).request_body) < 3_000
    assert recorded(call(body=b"x" * 100_000)).request_body == "(100,000 bytes of an unknown type)"


def test_only_the_newest_calls_of_the_newest_worlds_are_kept() -> None:
    calls = RecentCalls()
    for number in range(CALLS_MAX + 1):
        calls.add("org_1", "notes" if number % 2 else "pins", call(f"/{number}"), SimulatedReply(status=200))
    assert [shown.path for shown in calls.newest("org_1")][:2] == [f"/{CALLS_MAX}", f"/{CALLS_MAX - 1}"]
    assert len(calls.newest("org_1")) == CALLS_MAX
    assert {shown.platform for shown in calls.newest("org_1", "pins")} == {"pins"}
    for number in range(1000):
        calls.add(f"other_{number}", "notes", call(), SimulatedReply(status=200))
    assert calls.newest("org_1") == []


async def test_front_page_shows_the_calls_of_its_world_with_their_outcome(
    surroundings: Surroundings, store: Store
) -> None:
    async with open_client(surroundings.app(store, pages=PageAccess(is_open=True))) as browser:
        assert "No calls yet." in (await browser.get("/org_1/-/")).text
        await browser.post("/org_1/notes/notes?access_token=a-secret", content=b"Hello")
        await browser.get("/org_1/pins/echo")
        await browser.get("/org_2/notes/of-another-world")
        page = (await browser.get("/org_1/-/")).text
        assert "/notes?access_token=" in page
        assert "a-secret" not in page
        assert "/echo" in page
        assert "of-another-world" not in page
        of_pins = (await browser.get("/org_1/-/?network=pins")).text
        assert "/echo" in of_pins
        assert "/notes?" not in of_pins
        await browser.delete("/control/org_1", headers=CONTROL)
        assert "No calls yet." in (await browser.get("/org_1/-/")).text


async def test_lost_reply_is_shown_as_lost(surroundings: Surroundings, store: Store) -> None:
    async with open_client(surroundings.app(store, pages=PageAccess(is_open=True))) as browser:
        with pytest.raises((httpx2.HTTPError, AssertionError)):
            await browser.post("/org_1/notes/notes?dropped=1", content=b"Hello")
        assert "Response, which was lost" in (await browser.get("/org_1/-/")).text
