"""Runs flows against the simulator as the worker's driver does against a network."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pytest
from pydantic import AnyHttpUrl

from letmepost.domain.content import PostContent
from letmepost.domain.errors import FailureKind, NoReply, NotSent, PlatformFailure, SendFailure
from letmepost.domain.flow import Auth, Call, Effect, Flow, Frozen, Instruction, MediaRange, Pause, Reply
from letmepost.platforms.contract import (
    AccountFacts,
    ConnectedAccount,
    ConsentRequest,
    Credential,
    Grant,
    ReadyPost,
    SimulatedCall,
    SimulatedReply,
)
from letmepost.platforms.linkedin import PLATFORM
from letmepost.platforms.linkedin.connect import accounts, consent_url
from tests.platforms.linkedin.transcripts import BYTES

T = TypeVar("T")

ROOT = "http://sandbox.test:8090/org_1/linkedin"
CALLBACK = "https://letmepost.example/v1/accounts/oauth/linkedin/callback"


class PausedError(Exception):
    """The flow waits."""


@dataclass
class Driver:
    """`seen`: what the last flow asked for. `journal`: what a post that is published has done by now."""

    settings: Any = field(default_factory=lambda: PLATFORM.simulator.settings(AnyHttpUrl(ROOT)))
    state: dict[str, Any] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    credential: Credential | None = None
    seen: list[Instruction] = field(default_factory=list)
    journal: dict[str, Reply] | None = None
    draws: int = 0

    def connect(self, scenario: str = "ok") -> ConnectedAccount:
        """The account of a simulated consent."""
        given = PLATFORM.simulator.create_account(self.state, scenario, self.now, self.entropy())
        [account] = self.exchange(given["code"])
        return account

    def connect_pages(self) -> tuple[ConnectedAccount, ...]:
        """A member with two pages, who consented on the page."""
        return self.exchange(self.consent("pages")["code"])

    def consent(self, choice: str) -> dict[str, str]:
        """What comes back to the app when a person follows the link of a choice."""
        request = ConsentRequest(redirect_uri=CALLBACK, state="s1", code_challenge="c")
        url = urlsplit(consent_url(request, self.settings))
        query = (*parse_qsl(url.query), ("choice", choice))
        answer = self.ask("GET", url.path.removeprefix(urlsplit(ROOT).path), query=query)
        assert answer.status == 302
        location = answer.headers["location"]
        assert location.startswith(f"{CALLBACK}?")
        return dict(parse_qsl(urlsplit(location).query))

    def exchange(self, code: str, redirect_uri: str = CALLBACK) -> tuple[ConnectedAccount, ...]:
        grant = Grant(code=code, redirect_uri=redirect_uri, code_verifier="")
        found = self.run(accounts(grant, self.settings))
        self.credential = found[0].credential
        return found

    def publish(self, account: ConnectedAccount, **content: Any) -> list[Instruction]:
        """What the flow told, all pauses waited for."""
        return self.run_to_the_end(self.ready(account, **content))

    def run_to_the_end(self, post: ReadyPost) -> list[Instruction]:
        self.journal = {}
        try:
            while not self._is_done(post):
                self.now += timedelta(seconds=5)
        finally:
            self.journal = None
        return [said for said in self.seen if not isinstance(said, Call)]

    def _is_done(self, post: ReadyPost) -> bool:
        self.seen.clear()
        try:
            self.run(PLATFORM.publish(post, self.settings))
        except PausedError:
            return False
        return True

    def ready(self, account: ConnectedAccount, **content: Any) -> ReadyPost:
        return ReadyPost(
            account=facts(account),
            content=PostContent(**content),
            frozen=Frozen(at=self.now, entropy=self.entropy()),
        )

    def run(self, flow: Flow[T]) -> T:
        try:
            instruction = next(flow)
            while True:
                self.seen.append(instruction)
                instruction = self._go_on(flow, instruction)
        except StopIteration as finished:
            result: T = finished.value
            return result

    def _go_on(self, flow: Flow[T], instruction: Instruction) -> Instruction:
        if isinstance(instruction, Pause):
            raise PausedError
        if not isinstance(instruction, Call):
            return next(flow)
        step = instruction.step or ""
        if self.journal is not None and step in self.journal:
            return flow.send(self.journal[step])
        try:
            reply = self.send(instruction)
        except SendFailure as failure:
            if instruction.effect is Effect.PUBLISH:
                raise  # not the flow's to judge
            return flow.throw(PlatformFailure(FailureKind.UNAVAILABLE, str(failure)))
        if self.journal is not None and instruction.effect is not Effect.READ and reply.ok:
            self.journal[step] = reply
        return flow.send(reply)

    def send(self, call: Call) -> Reply:
        is_signed = self.credential is not None and call.auth is Auth.ACCOUNT
        signed = PLATFORM.sign(call, self.credential, self.now, b"") if self.credential and is_signed else call
        if not signed.url.startswith(ROOT):
            raise NotSent(signed.url)
        body, headers = self._body(signed)
        path = unquote(urlsplit(signed.url.removeprefix(ROOT)).path)
        answer = self.ask(signed.method, path, body, {**headers, **signed.headers}, query=tuple(signed.query))
        if answer.dropped or answer.delay_s > call.timeout_s:
            raise NoReply
        return Reply(status=answer.status, headers=answer.headers, body=answer.body, received_at=self.now)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        query: tuple[tuple[str, str], ...] = (),
    ) -> SimulatedReply:
        """What the simulator answers to a request."""
        call = SimulatedCall(
            method=method,
            root=ROOT,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in (headers or {}).items()},
            body=body,
            now=self.now,
            entropy=self.entropy(),
        )
        return PLATFORM.simulator.answer(self.state, call)

    def _body(self, call: Call) -> tuple[bytes, Mapping[str, str]]:
        if call.json is not None:
            return json.dumps(call.json).encode(), {"content-type": "application/json"}
        if call.form is not None:
            return urlencode(call.form).encode(), {"content-type": "application/x-www-form-urlencoded"}
        is_media = isinstance(call.body, MediaRange)
        return (BYTES[call.headers["Content-Type"]] if is_media else b""), {}

    def entropy(self) -> bytes:
        self.draws += 1
        return sha256(str(self.draws).encode()).digest()

    def visible(self) -> list[str]:
        return [post.text for post in PLATFORM.simulator.posts(self.state)]


def facts(account: ConnectedAccount) -> AccountFacts:
    return AccountFacts(platform_account_id=account.platform_account_id, handle=account.handle, data=account.data)


def failed(run: Callable[[], object]) -> PlatformFailure:
    with pytest.raises(PlatformFailure) as caught:
        run()
    return caught.value
