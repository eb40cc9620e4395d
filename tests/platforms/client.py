"""Runs every flow of a platform against its simulator: with a journal, through pauses, and with any media."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import GaveUp, NoReply
from letmepost.domain.flow import (
    Call,
    Effect,
    Extra,
    Flow,
    Forget,
    FormFile,
    Instruction,
    Intent,
    Live,
    MediaRange,
    Part,
    Pause,
    Reconciled,
    Reply,
    Upload,
    Warn,
)
from letmepost.domain.ids import Prefix, format_id
from letmepost.platforms.contract import ConnectedAccount, ConsentRequest, Grant, ReadyPost
from tests.doubles.media import bytes_in
from tests.doubles.simulated import FlowDriver, PausedError, facts

CALLBACK = "https://me.example/callback"
_BOUNDARY = "b0undary"


@dataclass
class Client(FlowDriver):
    """A client of one platform.

    Args:
        connected: the account that was connected last.
        calls: every call of a flow, with its signature, whether or not it reached the simulator.
        intents: the publishing calls of the latest post.
    """

    connected: ConnectedAccount | None = None
    calls: list[Call] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    _journal: dict[str, Reply] = field(default_factory=dict)
    _paused: dict[str, datetime] = field(default_factory=dict)
    _content_types: dict[UUID, str] = field(default_factory=dict)

    @property
    def account(self) -> ConnectedAccount:
        assert self.connected is not None
        return self.connected

    def connect(self, scenario: str = "ok", **changes: str) -> ConnectedAccount:
        """Connect a new account. `changes` replaces parts of the input that connects it."""
        given = {**self.create_account(scenario), **changes}
        if self.platform.oauth is not None:
            return self.exchange(given["code"])[0]
        assert self.platform.connect is not None
        assert self.platform.connect_input is not None
        form = self.platform.connect_input.model_validate(given)
        return self.use(self.run(self.platform.connect(form, self.settings)))

    def consent(self, choice: str, *, code_challenge: str = "c") -> dict[str, str]:
        """Return what the app receives when a person follows the link of a choice on the consent page."""
        assert self.platform.oauth is not None
        request = ConsentRequest(redirect_uri=CALLBACK, state="s&t", code_challenge=code_challenge)
        url = urlsplit(self.platform.oauth.consent_url(request, self.settings))
        query = (*parse_qsl(url.query), ("choice", choice))
        reply = self.ask("GET", url.path.removeprefix(urlsplit(self.root).path), query=query)
        return dict(parse_qsl(urlsplit(reply.headers["location"]).query))

    def exchange(self, code: str, *, code_verifier: str = "") -> tuple[ConnectedAccount, ...]:
        """Connect the accounts of a consent, and use the first."""
        assert self.platform.oauth is not None
        grant = Grant(code=code, redirect_uri=CALLBACK, code_verifier=code_verifier)
        found = self.run(self.platform.oauth.accounts(grant, self.settings))
        self.use(found[0])
        return found

    def use(self, account: ConnectedAccount) -> ConnectedAccount:
        """Sign calls with the credential of this account from now on."""
        self.connected, self.credential = account, account.credential
        return account

    def refresh(self) -> None:
        """Replace the credential as the service does."""
        fresh = self.run(self.platform.refresh(facts(self.account), self.settings))
        assert self.credential is not None
        self.credential = replace(fresh, secrets={**self.credential.secrets, **fresh.secrets})

    def check(self) -> None:
        self.run(self.platform.check(facts(self.account), self.settings))

    def ready(self, account: ConnectedAccount, text: str = "hello", **content: Any) -> ReadyPost:
        """Return a new post, with a new journal."""
        post = super().ready(account, text=text, **content)
        items = [*(item for _, item in post.content.items()), *post.content.option_media.values()]
        self._content_types |= {item.media_id: item.facts.content_type for item in items if item.facts is not None}
        self.intents.clear()
        self._journal.clear()
        self._paused.clear()
        return replace(post, media_urls=_urls(items) if self.platform.pulls_media else {})

    def publish(self, account: ConnectedAccount, text: str = "hello", **content: Any) -> list[Instruction]:
        """Publish a new post, and return what its flow announced."""
        return self.finish(self.ready(account, text, **content))

    def finish(self, post: ReadyPost) -> list[Instruction]:
        """Publish the latest post in as many runs as its pauses require, and return what its last run announced."""
        while True:
            self.seen.clear()
            try:
                self.run(self.platform.publish(post, self.settings))
            except PausedError as paused:
                self.advance(seconds=paused.pause.seconds)
            else:
                return [one for one in self.seen if isinstance(one, Part | Live | Extra | Warn)]

    def lose(self, post: ReadyPost) -> Intent:
        """Publish the latest post until a response is lost, and return the intent."""
        with pytest.raises(NoReply):
            self.finish(post)
        return self.intents[-1]

    def look_for(self, post: ReadyPost, intent: Intent) -> Reconciled:
        """Return what became of an intent."""
        return self.run(self.platform.reconcile(post, intent, self.settings))

    def record(self, step: str | None, reply: Reply) -> None:
        """Use a reply for a step of the latest post from now on."""
        assert step is not None
        self._journal[step] = reply

    def unpublish(self, *uris: str) -> None:
        assert self.platform.unpublish is not None
        self.run(self.platform.unpublish(facts(self.account), uris, self.settings))

    def go_on(self, flow: Flow[Any], instruction: Instruction) -> Instruction:
        match instruction:
            case Pause(step, _, give_up_after_s):
                first = self._paused.setdefault(step, self.now)
                if (self.now - first).total_seconds() >= give_up_after_s:
                    return flow.throw(GaveUp(step, give_up_after_s))
            case Forget(step):
                self._journal.pop(step, None)
            case Call(step=str() as step) | Upload(step=str() as step) if step in self._journal:
                return flow.send(replace(self._journal[step], replayed=True))
        return super().go_on(flow, instruction)

    def upload(self, upload: Upload) -> Reply:
        reply = super().upload(upload)
        if reply.ok:
            self.record(upload.step, reply)
        return reply

    def send(self, call: Call) -> Reply:
        signed = call if self.credential is None else self.platform.sign(call, self.credential, self.now, bytes(32))
        self.calls.append(signed)
        if call.effect is Effect.PUBLISH:
            self.intents.append(Intent(call, self.now))
        reply = super().send(call)
        if reply.ok and call.step is not None:
            self.record(call.step, reply)
        return reply

    def body_of(self, call: Call) -> tuple[bytes, str]:
        if isinstance(call.body, MediaRange):
            return self._bytes(call.body), ""
        if call.multipart is not None:
            return b"".join(self._form(call.multipart)), f"multipart/form-data; boundary={_BOUNDARY}"
        return super().body_of(call)

    def _form(self, fields: Any) -> Iterator[bytes]:
        for name, content in fields:
            value = self._bytes(content.media) if isinstance(content, FormFile) else content.encode()
            yield f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"
        yield f"--{_BOUNDARY}--\r\n".encode()

    def _bytes(self, media: MediaRange) -> bytes:
        return bytes_in(media, self._content_types[media.media_id])


def _urls(items: list[MediaItem]) -> Mapping[str, str]:
    """Return the URLs where a platform can fetch media items."""
    return {
        format_id(Prefix.MEDIA, item.media_id): f"https://media.example.com/media/{item.media_id.int}" for item in items
    }
