"""A platform's simulator as a network, and a driver that runs flows against it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import unquote, urlencode, urlsplit

import pytest
from pydantic import AnyHttpUrl

from letmepost.domain.content import PostContent
from letmepost.domain.errors import FailureKind, NoReply, NotSent, PlatformFailure, SendFailure
from letmepost.domain.flow import Call, Effect, Flow, Frozen, Instruction, Pause, Reply, Upload, Warn
from letmepost.platforms.contract import (
    AccountFacts,
    ConnectedAccount,
    Credential,
    Platform,
    ReadyPost,
    SimulatedCall,
    SimulatedPost,
    SimulatedReply,
)

T = TypeVar("T")


class TextState(MutableMapping[str, Any]):
    """A state that stores JSON text, so that changes in place are lost, and values that are not JSON fail."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def __getitem__(self, key: str) -> Any:
        return json.loads(self.texts[key])

    def __setitem__(self, key: str, value: object) -> None:
        self.texts[key] = json.dumps(value, allow_nan=False)

    def __delitem__(self, key: str) -> None:
        del self.texts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.texts))

    def __len__(self) -> int:
        return len(self.texts)


@dataclass
class SimulatedNetwork:
    """A simulator with a clock that only a test moves, and the same entropy in every run."""

    platform: Platform
    state: TextState = field(default_factory=TextState)
    now: datetime = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    draws: int = 0

    @property
    def root(self) -> str:
        return f"http://sandbox.test:8090/org_1/{self.platform.name}"

    def entropy(self) -> bytes:
        self.draws += 1
        return sha256(str(self.draws).encode()).digest()

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        query: tuple[tuple[str, str], ...] = (),
    ) -> SimulatedReply:
        """Return the simulator's response to a request."""
        call = SimulatedCall(
            method=method,
            root=self.root,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in (headers or {}).items()},
            body=body,
            now=self.now,
            entropy=self.entropy(),
        )
        return self.platform.simulator.answer(self.state, call)

    def create_account(self, scenario: str = "ok") -> Mapping[str, str]:
        """Return the credentials of a new account with this scenario."""
        return self.platform.simulator.create_account(self.state, scenario, self.now, self.entropy())

    def posts(self) -> list[SimulatedPost]:
        return self.platform.simulator.posts(self.state)

    def visible(self) -> list[str]:
        """Return the texts of the visible posts."""
        return [post.text for post in self.posts()]


class PausedError(Exception):
    """The flow waits."""

    def __init__(self, pause: Pause) -> None:
        super().__init__(pause.step)
        self.pause = pause


@dataclass
class FlowDriver(SimulatedNetwork):
    """Runs flows as the worker's driver does. `seen`: the instructions of the flows."""

    credential: Credential | None = None
    seen: list[Instruction] = field(default_factory=list)

    @property
    def settings(self) -> Any:  # each platform has its own class
        return self.platform.simulator.settings(AnyHttpUrl(self.root))

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
                instruction = self.go_on(flow, instruction)
        except StopIteration as finished:
            result: T = finished.value
            return result

    def go_on(self, flow: Flow[Any], instruction: Instruction) -> Instruction:
        """Execute an instruction of a flow; return the next one."""
        if isinstance(instruction, Pause):
            raise PausedError(instruction)
        if isinstance(instruction, Upload):
            return flow.send(self.upload(instruction))
        return self.carry_out(flow, instruction) if isinstance(instruction, Call) else next(flow)

    def carry_out(self, flow: Flow[Any], call: Call) -> Instruction:
        """Send a call of a flow; return the next instruction."""
        try:
            reply = self.send(call)
        except SendFailure as failure:
            if call.effect is Effect.PUBLISH:
                raise  # the flow does not handle it
            return flow.throw(PlatformFailure(FailureKind.UNAVAILABLE, str(failure)))
        return flow.send(reply)

    def upload(self, upload: Upload) -> Reply:
        """Send the parts of an upload until one is refused; return the last reply."""
        reply, offset = self.send(upload.part(0)), upload.end_of_part(0)
        while reply.ok and offset < upload.media.length_bytes:
            reply, offset = self.send(upload.part(offset)), upload.end_of_part(offset)
        return reply

    def send(self, call: Call) -> Reply:
        """Sign a call and send it."""
        signed = call if self.credential is None else self.platform.sign(call, self.credential, self.now, b"")
        if not signed.url.startswith(self.root):
            raise NotSent(signed.url)
        body, content_type = self.body_of(signed)
        headers = {"content-type": content_type} if content_type else {}
        path = unquote(urlsplit(signed.url.removeprefix(self.root)).path)
        answer = self.ask(signed.method, path, body, {**headers, **signed.headers}, query=tuple(signed.query))
        if answer.dropped or answer.delay_s > call.timeout_s:
            raise NoReply
        return Reply(status=answer.status, headers=answer.headers, body=answer.body, received_at=self.now)

    def body_of(self, call: Call) -> tuple[bytes, str]:
        """Return the body of a call and its content type, which is empty if the call's headers have it."""
        if call.json is not None:
            return json.dumps(call.json).encode(), "application/json"
        if call.form is not None:
            return urlencode(call.form).encode(), "application/x-www-form-urlencoded"
        return b"", ""


def facts(account: ConnectedAccount) -> AccountFacts:
    """Return the facts of an account that flows receive."""
    return AccountFacts(platform_account_id=account.platform_account_id, handle=account.handle, data=account.data)


def failed(run: Callable[[], object]) -> PlatformFailure:
    """Return the failure that `run` raises."""
    with pytest.raises(PlatformFailure) as caught:
        run()
    return caught.value


def is_accepted_whole(publish: Callable[[], Iterable[Instruction]]) -> bool:
    """Publish without preflight; return True if the simulator accepts all of it without a warning."""
    try:
        said = publish()
    except PlatformFailure as failure:
        if failure.kind is not FailureKind.REJECTED:
            raise
        return False
    return not any(isinstance(one, Warn) for one in said)
