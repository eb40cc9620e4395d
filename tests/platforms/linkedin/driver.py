"""Runs flows against LinkedIn's simulator."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from letmepost.domain.flow import Call, Effect, Flow, Instruction, MediaRange, Reply
from letmepost.platforms.contract import (
    ConnectedAccount,
    ConsentRequest,
    Grant,
    Platform,
    ReadyPost,
)
from letmepost.platforms.linkedin import PLATFORM
from letmepost.platforms.linkedin.connect import accounts, consent_url
from tests.doubles.simulated import FlowDriver, PausedError
from tests.platforms.linkedin.transcripts import BYTES

T = TypeVar("T")

CALLBACK = "https://letmepost.example/v1/accounts/oauth/linkedin/callback"


@dataclass
class Driver(FlowDriver):
    """A driver for LinkedIn. `journal`: the replies to a post that is published."""

    platform: Platform = PLATFORM
    journal: dict[str, Reply] | None = None

    def connect(self, scenario: str = "ok") -> ConnectedAccount:
        """Return the account of a simulated consent."""
        [account] = self.exchange(self.create_account(scenario)["code"])
        return account

    def connect_pages(self) -> tuple[ConnectedAccount, ...]:
        """Connect a member with two pages who consented on the consent page."""
        return self.exchange(self.consent("pages")["code"])

    def consent(self, choice: str) -> dict[str, str]:
        """Return what the app receives when a person follows the link of a choice."""
        request = ConsentRequest(redirect_uri=CALLBACK, state="s1", code_challenge="c")
        url = urlsplit(consent_url(request, self.settings))
        query = (*parse_qsl(url.query), ("choice", choice))
        response = self.ask("GET", url.path.removeprefix(urlsplit(self.root).path), query=query)
        assert response.status == 302
        location = response.headers["location"]
        assert location.startswith(f"{CALLBACK}?")
        return dict(parse_qsl(urlsplit(location).query))

    def exchange(self, code: str, redirect_uri: str = CALLBACK) -> tuple[ConnectedAccount, ...]:
        grant = Grant(code=code, redirect_uri=redirect_uri, code_verifier="")
        found = self.run(accounts(grant, self.settings))
        self.credential = found[0].credential
        return found

    def publish(self, account: ConnectedAccount, **content: Any) -> list[Instruction]:
        """Return what the flow announced, with all pauses waited out."""
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

    def go_on(self, flow: Flow[Any], instruction: Instruction) -> Instruction:
        if isinstance(instruction, Call) and self.journal is not None and instruction.step in self.journal:
            return flow.send(self.journal[instruction.step])
        return super().go_on(flow, instruction)

    def send(self, call: Call) -> Reply:
        reply = super().send(call)
        if self.journal is not None and call.step is not None and call.effect is not Effect.READ and reply.ok:
            self.journal[call.step] = reply
        return reply

    def body_of(self, call: Call) -> tuple[bytes, str]:
        return (BYTES[call.headers["Content-Type"]], "") if isinstance(call.body, MediaRange) else super().body_of(call)
