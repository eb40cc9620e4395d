"""Sends the calls of flows to a simulated platform, with the service's own sender."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from pydantic import AnyHttpUrl

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import NoReply, NotSent
from letmepost.domain.flow import Call, Flow, Reply
from letmepost.gateways.drive import drive
from letmepost.gateways.http_client import Durations, HTTPClient, Incoming, Outgoing
from letmepost.gateways.sender import CallRecord, CredentialSource, Sender
from letmepost.platforms.connecting import App, ConnectedAccount, ConsentRequest, Credential, Grant, PlatformSettings
from tests.doubles.coroutines import without_waiting
from tests.doubles.faults import Killed, Way
from tests.doubles.media import bytes_of
from tests.doubles.simulated import SimulatedNetwork, facts

T = TypeVar("T")

SERVER = "social.example"
CALLBACK = "https://letmepost.example/v1/accounts/oauth/callback"


WAYS = (Way.NOT_SENT, Way.LOST_BEFORE, Way.LOST_AFTER, Way.KILLED, Way.BROKEN_AFTER, Way.UNREADABLE)
"""The ways that a request can be given. Without one, the simulator decides what happens."""

_REPLACED = {Way.BROKEN_AFTER: (500, b""), Way.UNREADABLE: (200, b"<html>")}


@dataclass
class SimulatedClient(SimulatedNetwork):
    """A platform's simulator, and the service that calls it for one account.

    Args:
        ways: what happens to requests, by their number in `requests`.
        app: the app at `SERVER`, on platforms where a person chooses the server.
        connected, credential: the account that was connected last, and its current credential.
        calls: the calls of flows, without their signatures. Those that were sent are in `requests`.
        media: the media items with bytes that can be sent.
        opened: the media items with bytes that were sent.
    """

    ways: Mapping[int, Way] = field(default_factory=dict)
    app: App | None = None
    connected: ConnectedAccount | None = None
    credential: Credential | None = None
    calls: list[Call] = field(default_factory=list)
    requests: list[Outgoing] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    records: list[CallRecord] = field(default_factory=list)
    media: dict[UUID, MediaItem] = field(default_factory=dict)
    opened: set[UUID] = field(default_factory=set)
    refresh_count: int = 0

    @property
    def settings(self) -> Any:  # each platform has its own class
        return _settings(self.platform.simulator.settings, self.root)

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

    def exchange(
        self, code: str, *, redirect_uri: str = CALLBACK, code_verifier: str = ""
    ) -> tuple[ConnectedAccount, ...]:
        """Connect the accounts of a consent."""
        assert self.platform.oauth is not None
        grant = Grant(code=code, redirect_uri=redirect_uri, code_verifier=code_verifier, app=self.register())
        found = self.run(self.platform.oauth.accounts(grant, self.settings))
        self.use(found[0])
        return found

    def consent(self, choice: str, *, redirect_uri: str = CALLBACK, code_challenge: str = "c") -> dict[str, str]:
        """Return the parameters with which a person returns who follows the link of a choice on the consent page."""
        assert self.platform.oauth is not None
        request = ConsentRequest(
            redirect_uri=redirect_uri, state="s&t", code_challenge=code_challenge, app=self.register()
        )
        url = urlsplit(self.platform.oauth.consent_url(request, self.settings))
        query = (*parse_qsl(url.query), ("choice", choice))
        reply = self.ask("GET", url.path.removeprefix(urlsplit(self.root).path), query=query)
        assert reply.status == 302
        location = reply.headers["location"]
        assert location.startswith(redirect_uri)
        return dict(parse_qsl(urlsplit(location).query))

    def register(self) -> App | None:
        """Return the app at `SERVER`; None if all accounts of the platform are on one server."""
        if self.app is None and self.platform.servers is not None:
            self.app = self.run(self.platform.servers.register(SERVER, CALLBACK, self.settings))
        return self.app

    def use(self, account: ConnectedAccount) -> ConnectedAccount:
        """Sign calls with the credential of this account from now on."""
        self.connected, self.credential = account, account.credential
        return account

    def run(self, flow: Flow[T]) -> T:
        """Return the result of a flow without a journal."""
        return without_waiting(drive(flow, self.sender()))

    def refresh(self) -> Credential:
        """Replace the credential like `services.accounts.tokens` does, which needs a database."""
        return without_waiting(self._refresh())

    def sender(self) -> Sender:
        """Return the function that sends the calls of flows."""
        return self._sender(None if self.credential is None else _Stored(self))

    async def respond(self, request: Outgoing) -> Incoming:
        """Return the simulator's response to a request, unless it has another `Way`."""
        way = self.ways.get(len(self.requests))
        self.requests.append(request)
        if way is Way.NOT_SENT or not request.url.startswith(self.root):
            raise NotSent(request.url)
        if way is Way.LOST_BEFORE:
            self._lose(request)
        parts = urlsplit(request.url.removeprefix(self.root))
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        answer = self.ask(request.method, unquote(parts.path), await _read(request.body), request.headers, query=query)
        if way is Way.KILLED:
            raise Killed
        if way is Way.LOST_AFTER or answer.dropped or answer.delay_s > request.timeout_s:
            self._lose(request)
        self.advance(seconds=answer.delay_s)
        status, body = _REPLACED.get(way, (answer.status, answer.body)) if way else (answer.status, answer.body)
        return Incoming(
            status=status,
            headers=answer.headers,
            body=body,
            received_at=self.now,
            durations=Durations(connect_ms=0, first_byte_ms=0, total_ms=0),
        )

    def _lose(self, request: Outgoing) -> None:
        self.advance(seconds=request.timeout_s)
        raise NoReply(f"no response within {request.timeout_s} s")

    def _sender(self, credentials: CredentialSource | None) -> Sender:
        return _RecordingSender(
            client=self,
            http=_SimulatedHTTP(self),
            platform=self.platform.signing_for(self.settings),
            clock=_Clock(self),
            credentials=credentials,
            open_media=self._open_media,
            records=self.records,
        )

    async def _refresh(self) -> Credential:
        assert self.credential is not None
        self.refresh_count += 1
        flow = self.platform.refresh(facts(self.account), self.settings)
        fresh = await drive(flow, self._sender(_Fixed(self.credential)))
        assert all(fresh.secrets.values())
        secrets = {**self.credential.secrets, **fresh.secrets}
        self.credential = replace(fresh, secrets=secrets)
        return self.credential

    async def _open_media(self, media_id: UUID, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
        self.opened.add(media_id)
        return await bytes_of(self.media[media_id], first_byte, length_bytes)


@cache
def _settings(make: Callable[[AnyHttpUrl], PlatformSettings], root: str) -> PlatformSettings:
    return make(AnyHttpUrl(root))


class _SimulatedHTTP(HTTPClient):
    """A client that only reaches the simulator."""

    def __init__(self, client: SimulatedClient) -> None:
        self._client = client

    async def send(self, request: Outgoing) -> Incoming:
        return await self._client.respond(request)


@dataclass(kw_only=True)
class _RecordingSender(Sender):
    client: SimulatedClient

    async def __call__(self, call: Call) -> Reply:
        self.client.calls.append(call)
        reply = await super().__call__(call)
        self.client.replies.append(reply)
        return reply


@dataclass
class _Clock:
    """The time of the network, as a `gateways.clock.Clock`."""

    network: SimulatedNetwork

    def now(self) -> datetime:
        return self.network.now

    def monotonic_s(self) -> float:
        return self.network.now.timestamp()

    def entropy(self, length_bytes: int) -> bytes:
        return self.network.entropy()[:length_bytes]


@dataclass
class _Stored:
    """The credential of the client, which is refreshed when it has expired."""

    client: SimulatedClient

    async def current(self) -> Credential:
        assert self.client.credential is not None
        return self.client.credential

    async def refresh(self, dead: Credential) -> Credential:
        assert self.client.credential == dead
        return await self.client._refresh()


@dataclass
class _Fixed:
    """A credential that is not refreshed, for the refresh itself."""

    credential: Credential

    async def current(self) -> Credential:
        return self.credential

    async def refresh(self, dead: Credential) -> None:
        """Do nothing, as in `services.accounts.tokens`."""


async def _read(body: bytes | AsyncIterator[bytes] | None) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return b"".join([chunk async for chunk in body])
