"""Drives flows and single calls against the simulator, as the worker's driver does against a network."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import pytest
from pydantic import AnyHttpUrl

from letmepost.domain.content import PostContent
from letmepost.domain.errors import FailureKind, NoReply, PlatformFailure
from letmepost.domain.flow import Call, Flow, Forget, FormFile, Frozen, Instruction, MediaRange, Pause, Reply
from letmepost.platforms.contract import (
    AccountFacts,
    ConnectedAccount,
    Credential,
    Grant,
    ReadyPost,
    SimulatedCall,
    SimulatedReply,
)
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.connect import OAUTH

T = TypeVar("T")

ROOT = "http://sandbox.test:8090/org_1/twitter"
STARTS = {"image/jpeg": b"\xff\xd8\xff\xe0", "image/png": b"\x89PNG\r\n\x1a\n", "image/gif": b"GIF89a"}
BOUNDARY = "b0undary"
_JOURNALED = ("media", "post", "thread", "comment")


@dataclass
class World:
    """One simulated world, and what a worker knows of it. A pause is waited out by moving the clock."""

    settings: Any = field(default_factory=lambda: PLATFORM.simulator.settings(AnyHttpUrl(ROOT)))
    state: dict[str, Any] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    credential: Credential | None = None
    seen: list[Instruction] = field(default_factory=list)
    journal: dict[str, Reply] = field(default_factory=dict)
    draws: int = 0

    def connect(self, scenario: str = "ok") -> ConnectedAccount:
        """A connected account; flows are signed with its credential from now on."""
        code = PLATFORM.simulator.create_account(self.state, scenario, self.now, self.entropy())["code"]
        [account] = self.run(
            OAUTH.accounts(Grant(code=code, redirect_uri="https://a.test", code_verifier=""), self.settings)
        )
        assert isinstance(account, ConnectedAccount)
        self.credential = account.credential
        return account

    def publish(self, account: ConnectedAccount, text: str = "hello", **content: Any) -> list[Instruction]:
        """Publish a post; everything that the flow announced."""
        return self.publish_ready(self.ready(account, text, **content))

    def publish_ready(self, post: ReadyPost) -> list[Instruction]:
        self.seen.clear()
        self.journal.clear()
        while self.run(PLATFORM.publish(post, self.settings)) is not None:
            pass
        return [said for said in self.seen if not isinstance(said, Call | Pause)]

    def ready(self, account: ConnectedAccount, text: str = "hello", **content: Any) -> ReadyPost:
        return ReadyPost(
            account=facts(account),
            content=PostContent(text=text, **content),
            frozen=Frozen(at=self.now, entropy=self.entropy()),
        )

    def run(self, flow: Flow[T]) -> Any:
        """The result of a flow, or the pause at which it ended."""
        try:
            instruction = next(flow)
            while True:
                self.seen.append(instruction)
                if isinstance(instruction, Pause):
                    self.now += timedelta(seconds=instruction.seconds)
                    return instruction
                instruction = self._go_on(flow, instruction)
        except StopIteration as finished:
            return finished.value

    def _go_on(self, flow: Flow[T], instruction: Instruction) -> Instruction:
        if isinstance(instruction, Forget):
            self.journal.pop(instruction.step, None)
        if not isinstance(instruction, Call):
            return next(flow)
        if instruction.step in self.journal:
            return flow.send(replace(self.journal[instruction.step], replayed=True))
        reply = self.send(instruction)
        if reply.ok and instruction.step is not None and instruction.step.startswith(_JOURNALED):
            self.journal[instruction.step] = reply
        return flow.send(reply)

    def send(self, call: Call) -> Reply:
        """Sign a call and send it."""
        signed = call if self.credential is None else PLATFORM.sign(call, self.credential, self.now, b"")
        assert signed.url.startswith(ROOT), signed.url
        body, content_type = _body(signed)
        headers = {"content-type": content_type, **{name.lower(): value for name, value in signed.headers.items()}}
        path = urlsplit(signed.url.removeprefix(ROOT)).path
        answer = self.answer(signed.method, path, body, query=tuple(signed.query), headers=headers)
        if answer.dropped or answer.delay_s > call.timeout_s:
            raise NoReply
        return Reply(status=answer.status, headers=answer.headers, body=answer.body, received_at=self.now)

    def answer(self, method: str, path: str, body: bytes = b"", **call: Any) -> SimulatedReply:
        """What the simulator answers to anything."""
        given = {"query": (), "headers": {}, **call}
        return PLATFORM.simulator.answer(
            self.state,
            SimulatedCall(
                method=method, root=ROOT, path=path, body=body, now=self.now, entropy=self.entropy(), **given
            ),
        )

    def call(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, dict[str, Any]]:
        """A call with JSON and the account's token: status and JSON."""
        token = "" if self.credential is None else self.credential.secrets["access_token"]
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        sent = b"" if body is None else json.dumps(body).encode()
        reply = self.answer(method, path, sent, query=tuple(query.items()), headers=headers)
        return reply.status, json.loads(reply.body)

    def entropy(self) -> bytes:
        self.draws += 1
        return sha256(str(self.draws).encode()).digest()

    def visible(self) -> list[str]:
        return [post.text for post in PLATFORM.simulator.posts(self.state)]


def _body(call: Call) -> tuple[bytes, str]:
    if call.json is not None:
        return json.dumps(call.json).encode(), "application/json"
    if call.form is not None:
        return urlencode(call.form).encode(), "application/x-www-form-urlencoded"
    if call.multipart is not None:
        return form(*call.multipart), f"multipart/form-data; boundary={BOUNDARY}"
    return b"", ""


def form(*fields: tuple[str, str | FormFile | bytes]) -> bytes:
    """A multipart body with `BOUNDARY`."""
    pieces = []
    for name, content in fields:
        value = _bytes(content) if isinstance(content, FormFile) else content
        shown = value.encode() if isinstance(value, str) else value
        pieces.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + shown)
    return b"\r\n".join([*pieces, f"--{BOUNDARY}--\r\n".encode()])


def _bytes(file: FormFile) -> bytes:
    media: MediaRange = file.media
    return STARTS[file.content_type].ljust(media.length_bytes, b"\n")[: media.length_bytes]


def facts(account: ConnectedAccount) -> AccountFacts:
    return AccountFacts(platform_account_id=account.platform_account_id, handle=account.handle, data=account.data)


def failed(run: Callable[[], object]) -> PlatformFailure:
    """The failure that this raises."""
    with pytest.raises(PlatformFailure) as caught:
        run()
    assert isinstance(caught.value.kind, FailureKind)
    return caught.value
