"""Drives flows and single calls against the simulator, as the worker does against the real platform."""

import json
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from letmepost.domain.flow import Call, Flow, Forget, FormFile, Instruction, MediaRange, Pause, Reply, Upload
from letmepost.platforms.contract import (
    ConnectedAccount,
    Grant,
    Platform,
    ReadyPost,
)
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.connect import OAUTH
from tests.doubles.simulated import FlowDriver, PausedError

T = TypeVar("T")

STARTS = {"image/jpeg": b"\xff\xd8\xff\xe0", "image/png": b"\x89PNG\r\n\x1a\n", "image/gif": b"GIF89a"}
BOUNDARY = "b0undary"
_JOURNALED = ("media", "post", "thread", "comment")


@dataclass
class World(FlowDriver):
    """X, and the worker's knowledge of it. Pauses advance the clock."""

    platform: Platform = PLATFORM
    journal: dict[str, Reply] = field(default_factory=dict)

    def connect(self, scenario: str = "ok") -> ConnectedAccount:
        """Connect an account. Flows are signed with its credential from now on."""
        code = self.create_account(scenario)["code"]
        [account] = self.run(
            OAUTH.accounts(Grant(code=code, redirect_uri="https://a.test", code_verifier=""), self.settings)
        )
        assert isinstance(account, ConnectedAccount)
        self.credential = account.credential
        return account

    def publish(self, account: ConnectedAccount, text: str = "hello", **content: Any) -> list[Instruction]:
        """Publish a post, and return everything that the flow announced."""
        return self.publish_ready(self.ready(account, text, **content))

    def publish_ready(self, post: ReadyPost) -> list[Instruction]:
        self.seen.clear()
        self.journal.clear()
        while self.run(PLATFORM.publish(post, self.settings)) is not None:
            pass
        return [said for said in self.seen if not isinstance(said, Call | Upload | Pause)]

    def ready(self, account: ConnectedAccount, text: str = "hello", **content: Any) -> ReadyPost:
        return super().ready(account, text=text, **content)

    def run(self, flow: Flow[T]) -> Any:
        """Return the result of a flow, or the pause at which it ended."""
        try:
            return super().run(flow)
        except PausedError as paused:
            self.advance(seconds=paused.pause.seconds)
            return paused.pause

    def go_on(self, flow: Flow[Any], instruction: Instruction) -> Instruction:
        if isinstance(instruction, Forget):
            self.journal.pop(instruction.step, None)
        if isinstance(instruction, Call | Upload) and instruction.step in self.journal:
            return flow.send(replace(self.journal[instruction.step], replayed=True))
        return super().go_on(flow, instruction)

    def send(self, call: Call) -> Reply:
        reply = super().send(call)
        if reply.ok and call.step is not None and call.step.startswith(_JOURNALED):
            self.journal[call.step] = reply
        return reply

    def upload(self, upload: Upload) -> Reply:
        reply = super().upload(upload)
        if reply.ok:
            self.journal[upload.step] = reply
        return reply

    def body_of(self, call: Call) -> tuple[bytes, str]:
        if call.multipart is None:
            return super().body_of(call)
        return form(*call.multipart), f"multipart/form-data; boundary={BOUNDARY}"

    def call(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, dict[str, Any]]:
        """Send a call with JSON and the account's token, and return status and JSON."""
        token = "" if self.credential is None else self.credential.secrets["access_token"]
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        sent = b"" if body is None else json.dumps(body).encode()
        reply = self.ask(method, path, sent, query=tuple(query.items()), headers=headers)
        return reply.status, json.loads(reply.body)


def form(*fields: tuple[str, str | FormFile | bytes]) -> bytes:
    """Return a multipart body with `BOUNDARY`."""
    pieces = []
    for name, content in fields:
        value = _bytes(content) if isinstance(content, FormFile) else content
        shown = value.encode() if isinstance(value, str) else value
        pieces.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + shown)
    return b"\r\n".join([*pieces, f"--{BOUNDARY}--\r\n".encode()])


def _bytes(file: FormFile) -> bytes:
    media: MediaRange = file.media
    return STARTS[file.content_type].ljust(media.length_bytes, b"\n")[: media.length_bytes]
