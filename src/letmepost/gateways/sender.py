"""Sends the calls of one account's flows: signs them, streams their media files, and refreshes an expired token."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlencode, urlsplit

from letmepost.domain.budgets import Budget
from letmepost.domain.costs import Cost
from letmepost.domain.errors import LimitScope, NoReply, SendFailure
from letmepost.domain.flow import Auth, Call, Effect, MediaRange, Reply
from letmepost.gateways.clock import Clock
from letmepost.gateways.http_client import HTTPClient, Incoming, Outgoing
from letmepost.gateways.metrics import Metrics
from letmepost.gateways.multipart import OpenMedia, make_form
from letmepost.gateways.redaction import Secrets
from letmepost.platforms.connecting import Credential
from letmepost.platforms.contract import Platform

SIGNING_ENTROPY_BYTES = 32
_BOUNDARY_ENTROPY_BYTES = 16
_ERROR_NAMES = frozenset({"error", "error_type", "errors"})
"""Fields of errors with a success status, which the APIs of Meta and X send."""


Charge: TypeAlias = Callable[[Cost], None]
"""Counts what a platform charges for a call."""


def charge_nothing(_cost: Cost) -> None:
    """Count nothing."""


class CredentialSource(Protocol):
    """The source of an account's credential."""

    async def current(self) -> Credential:
        """Return the stored credential."""

    async def refresh(self, dead: Credential) -> Credential | None:
        """Return a credential newer than the dead one: from the platform, or from a concurrent refresh.

        None if this credential is not refreshed: the reply then stays as it is.
        """


@dataclass(frozen=True, slots=True)
class CallRecord:
    """The record of a call, without secrets, query or body.

    The parts of an upload can be thousands, so WRITE calls in a row with the same result are one record.
    """

    effect: Effect
    step: str | None
    method: str
    host: str
    path: str
    status: int | None
    duration_ms: int

    def with_next(self, later: "CallRecord") -> "tuple[CallRecord, ...]":
        """Return the record of both calls, or both records."""
        both = replace(self, duration_ms=self.duration_ms + later.duration_ms)
        is_repeated = both == replace(later, path=self.path, duration_ms=both.duration_ms)
        return (both,) if is_repeated and self.effect is Effect.WRITE else (self, later)

    def as_json(self) -> dict[str, Any]:
        """Return the record as JSON, for the attempt."""
        return {
            "step": self.step,
            "method": self.method,
            "host": self.host,
            "path": self.path,
            "status": self.status,
            "ms": self.duration_ms,
        }


@dataclass(kw_only=True)
class Sender:
    """Sends the calls of one platform.

    Args:
        credentials: None if there is no account yet.
        may_send: returns the time by which a PUBLISH must begin, by the monotonic clock; raises if it is not allowed.
            Called just before each request, and its result passed to the client: this process may stop at any line.
        charge: called with the cost of every call that has, or may have, reached the platform.
    """

    http: HTTPClient
    platform: Platform
    clock: Clock
    credentials: CredentialSource | None = None
    open_media: OpenMedia | None = None
    may_send: Callable[[Call], Awaitable[float]] | None = None
    charge: Charge = charge_nothing
    metrics: Metrics = field(default_factory=Metrics)
    records: list[CallRecord] = field(default_factory=list)
    known_budgets: dict[tuple[LimitScope, str], Budget] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)

    @property
    def budgets(self) -> Collection[Budget]:
        """Return the platform's budgets, each from its most recent reply."""
        return self.known_budgets.values()

    @property
    def platform_ms(self) -> int:
        """Return the milliseconds of waiting for the platform."""
        return sum(record.duration_ms for record in self.records)

    async def __call__(self, call: Call) -> Reply:
        """Send a call. Send it again with a fresh token if the platform rejected the old one before it did anything.

        Raises:
            NotSent, NoReply: see `domain.errors`.
            PlatformFailure: the token could not be refreshed, or a media file cannot be opened.
        """
        if call.auth is not Auth.ACCOUNT or self.credentials is None:
            return await self._send(call)
        credential = await self.credentials.current()
        reply = await self._send_signed(call, credential)
        fresh = await self.credentials.refresh(credential) if self.platform.needs_refresh(reply) else None
        return reply if fresh is None else await self._send_signed(call, fresh)

    async def _send_signed(self, call: Call, credential: Credential) -> Reply:
        self.secrets.add(credential.secrets.values())
        entropy = self.clock.entropy(SIGNING_ENTROPY_BYTES)
        return await self._send(self.platform.sign(call, credential, self.clock.now(), entropy))

    async def _send(self, call: Call) -> Reply:
        self.secrets.add_call(call)
        request = await self._request(call)
        if call.effect is Effect.PUBLISH and self.may_send is not None:
            request = replace(request, not_after_s=await self.may_send(call))
        started = self.clock.monotonic_s()
        incoming: Incoming | None = None
        try:
            incoming = await self.http.send(request)
        except NoReply:
            self._count_cost(call)
            raise
        finally:
            self._note(call, incoming, self.clock.monotonic_s() - started)
        self._count_cost(call)
        reply = self._without_secrets(
            Reply(status=incoming.status, headers=incoming.headers, body=incoming.body, received_at=self.clock.now())
        )
        for budget in self.platform.budgets(call, reply):
            self.known_budgets[budget.scope, budget.name] = budget
        return reply

    def _without_secrets(self, reply: Reply) -> Reply:
        """Return an error reply without the secrets that were sent, because flows show it to callers.

        Other replies stay as they are. They are not shown, and a platform may grant the same token again.
        """
        if reply.ok and _ERROR_NAMES.isdisjoint(reply.data() if b'"error' in reply.body else ()):
            return reply
        headers = {name: self.secrets.redact(value) for name, value in reply.headers.items()}
        return replace(reply, headers=headers, body=self.secrets.redact_bytes(reply.body))

    async def _request(self, call: Call) -> Outgoing:
        headers = dict(call.headers)
        body: bytes | AsyncIterator[bytes] | None = None
        length: int | None = None
        if call.json is not None:
            headers.setdefault("content-type", "application/json")
            body = json.dumps(call.json, ensure_ascii=False, separators=(",", ":")).encode()
        elif call.form is not None:
            headers.setdefault("content-type", "application/x-www-form-urlencoded")
            body = urlencode(call.form).encode()
        elif call.multipart is not None:
            form = make_form(call.multipart, self.clock.entropy(_BOUNDARY_ENTROPY_BYTES).hex())
            headers["content-type"], length = form.content_type, form.length_bytes
            body = await form.open(self._media(call))
        elif isinstance(call.body, MediaRange):
            length = call.body.length_bytes
            body = await self._media(call)(call.body.media_id, call.body.first_byte, length)
        else:
            body = call.body
        url = f"{call.url}?{urlencode(call.query)}" if call.query else call.url
        return Outgoing(
            method=call.method,
            url=url,
            headers=headers,
            body=body,
            body_length=length,
            timeout_s=call.longest_s,
        )

    def _media(self, call: Call) -> OpenMedia:
        if self.open_media is None:
            raise SendFailure(f"{call.method} {call.url} sends a media file, and this sender cannot read any")
        return self.open_media

    def _count_cost(self, call: Call) -> None:
        cost = self.platform.costs(call)
        if cost is not None:
            self.charge(cost)

    def _note(self, call: Call, incoming: Incoming | None, seconds: float) -> None:
        parts = urlsplit(call.url)
        record = CallRecord(
            effect=call.effect,
            step=call.step,
            method=call.method,
            host=parts.netloc.rpartition("@")[2],
            path=self.secrets.redact_path(parts.path),
            status=None if incoming is None else incoming.status,
            duration_ms=round(seconds * 1000),
        )
        self.records[-1:] = self.records[-1].with_next(record) if self.records else [record]
        self.metrics.platform_called(self.platform.name, record.status, seconds)
