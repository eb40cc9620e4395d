"""Webhook endpoints: who listens to what."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from letmepost.domain.errors import InvalidRequest, NotFound, NotSent, SendFailure, StateForbids
from letmepost.domain.ids import Prefix, spell
from letmepost.domain.signing import SECRET_BYTES, signing_secret
from letmepost.gateways.addresses import AddressGuard
from letmepost.gateways.clock import Clock
from letmepost.gateways.destinations import read_url
from letmepost.gateways.http_client import HTTPClient, Outgoing, ReplyTooLarge
from letmepost.services.audit import Action, record
from letmepost.services.callers import Caller, new_id
from letmepost.services.events import EVENT_TYPES
from letmepost.services.idempotency import Answer, Idempotency, Once
from letmepost.services.webhooks.deliveries import envelope, signed
from letmepost.storage.database import Connection, Database
from letmepost.storage.sealing import Keyring
from letmepost.storage.webhooks.deliveries import Delivery
from letmepost.storage.webhooks.endpoints import EndpointRepository, EndpointRow

_SHOWN_BYTES = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRequest:
    """An endpoint that someone wants, or wants changed: only the fields named in `given` change."""

    url: str = ""
    events: Sequence[str] = ()
    description: str | None = None
    active: bool = True
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """A new endpoint with its signing secret, the only time that it is shown."""

    row: EndpointRow
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """How a made-up event was received. `status` is None when nobody answered."""

    delivery_id: UUID
    status: int | None
    response_body: str | None
    error: str | None
    duration_ms: int
    sent: Mapping[str, Any]

    @property
    def is_delivered(self) -> bool:
        """Whether it counts as received."""
        return self.status is not None and 200 <= self.status < 300


class Endpoints:
    """Endpoints of the caller's world."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        guard: AddressGuard,
        http: HTTPClient,
        idempotency: Idempotency,
        max_count: int,
    ) -> None:
        """`max_count`: endpoints of an organization, both modes together."""
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._guard = guard
        self._http = http
        self._idempotency = idempotency
        self._max_count = max_count

    async def create(self, caller: Caller, wanted: EndpointRequest, once: Once[NewEndpoint]) -> Answer:
        """Register an endpoint. With a profile's key, it receives the events of that profile only.

        Raises:
            InvalidRequest: the URL may not be called, or an event does not exist.
            StateForbids: the organization has the most endpoints allowed, or the URL is registered already.
        """
        await self._check(wanted)
        now = self._clock.now()
        row = EndpointRow(
            id=new_id(self._clock),
            profile_id=caller.profile_id,
            url=wanted.url,
            events=tuple(wanted.events),
            description=wanted.description,
            active=True,
            last_delivery_at=None,
            last_failure_reason=None,
            created_at=now,
            updated_at=now,
        )
        made = NewEndpoint(row, signing_secret(self._clock.entropy(SECRET_BYTES)))
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            repository = EndpointRepository(connection, caller.tenant, self._keyring)
            await repository.lock_all()
            if await repository.count_all() >= self._max_count:
                raise _too_many(self._max_count)
            _check_unused(row.url, await repository.list_urls(row.profile_id))
            await repository.create(row, made.secret)
            await self._record(connection, caller, Action.ENDPOINT_CREATED, row)
            return await self._idempotency.answer(connection, caller, once, made)

    async def list_page(self, caller: Caller, *, before: UUID | None, limit: int) -> list[EndpointRow]:
        """Return endpoints that the caller can see, newest first, below `before`."""
        async with self._database.tenant(caller.tenant) as connection:
            endpoints = EndpointRepository(connection, caller.tenant, self._keyring)
            return await endpoints.list_page(caller.profile_id, before=before, limit=limit)

    async def get(self, caller: Caller, endpoint_id: UUID) -> EndpointRow:
        """One endpoint.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            repository = EndpointRepository(connection, caller.tenant, self._keyring)
            return _found(await repository.find(endpoint_id, caller.profile_id))

    async def change(
        self, caller: Caller, endpoint_id: UUID, wanted: EndpointRequest, once: Once[EndpointRow]
    ) -> Answer:
        """Change what is given.

        Raises:
            NotFound, InvalidRequest: as `get` and `create`.
            StateForbids: another endpoint has the new URL.
        """
        await self._check(wanted)
        values: dict[str, Any] = {name: getattr(wanted, name) for name in wanted.given}
        if "events" in values:
            values["events"] = list(values["events"])
        if wanted.active and "active" in values:
            values["failing_since"] = None  # it gets its days anew
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            repository = EndpointRepository(connection, caller.tenant, self._keyring)
            before = _found(await repository.find(endpoint_id, caller.profile_id))
            if "url" in wanted.given and not _is_same(wanted.url, before.url):
                await repository.lock_all()
                _check_unused(wanted.url, await repository.list_urls(before.profile_id))
            await repository.change(endpoint_id, {**values, "updated_at": self._clock.now()})
            row = _found(await repository.find(endpoint_id, caller.profile_id))
            return await self._idempotency.answer(connection, caller, once, row)

    async def rotate_secret(
        self, caller: Caller, endpoint_id: UUID, overlap: timedelta, once: Once[NewEndpoint]
    ) -> Answer:
        """A new signing secret; both sign until the overlap is over.

        Raises:
            NotFound: there is none that the caller can see.
        """
        now, secret = self._clock.now(), signing_secret(self._clock.entropy(SECRET_BYTES))
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            repository = EndpointRepository(connection, caller.tenant, self._keyring)
            _found(await repository.find(endpoint_id, caller.profile_id))
            await repository.rotate(endpoint_id, secret, now + overlap, now)
            row = _found(await repository.find(endpoint_id, caller.profile_id))
            await self._record(connection, caller, Action.ENDPOINT_SECRET_ROTATED, row)
            return await self._idempotency.answer(connection, caller, once, NewEndpoint(row, secret))

    async def send_test(
        self, caller: Caller, endpoint_id: UUID, event_type: str, data: Mapping[str, Any], once: Once[Tested]
    ) -> Answer:
        """Send a made-up event now, signed like a real one, and report the result. No stream or log contains it.

        Raises:
            NotFound: there is none that the caller can see.
            InvalidRequest: there is no such event.
        """
        await self._check(EndpointRequest(events=[event_type]))
        async with self._database.tenant(caller.tenant) as connection:
            repository = EndpointRepository(connection, caller.tenant, self._keyring)
            row = _found(await repository.find(endpoint_id, caller.profile_id))
            secret = await repository.get_secret(endpoint_id)
        now = self._clock.now()
        delivery = Delivery(
            id=new_id(self._clock),
            tenant=caller.tenant,
            token=UUID(int=0),
            attempt_count=1,
            endpoint_id=endpoint_id,
            url=row.url,
            is_active=True,
            secrets=[secret],
            event_id=new_id(self._clock),
            event_type=event_type,
            created_at=now,
            position=0,
            data={"test": True, **data},
        )
        started_s = self._clock.monotonic_s()
        status, body, error = await self._try(signed(delivery, now))
        tested = Tested(
            delivery_id=delivery.id,
            status=status,
            response_body=body,
            error=error,
            duration_ms=round((self._clock.monotonic_s() - started_s) * 1000),
            sent=json.loads(envelope(delivery)),
        )
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            return await self._idempotency.answer(connection, caller, once, tested)

    async def _try(self, request: Outgoing) -> tuple[int | None, str | None, str | None]:
        try:
            reply = await self._http.send(request)
        except ReplyTooLarge as large:
            return large.status, None, None
        except SendFailure as failure:
            return None, None, str(failure)
        return reply.status, reply.body[:_SHOWN_BYTES].decode(errors="replace"), None

    async def delete(self, caller: Caller, endpoint_id: UUID, once: Once[UUID]) -> Answer:
        """Remove an endpoint; what has not been delivered to it no longer is.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            repository = EndpointRepository(connection, caller.tenant, self._keyring)
            row = _found(await repository.find(endpoint_id, caller.profile_id))
            await repository.delete(endpoint_id)
            await self._record(connection, caller, Action.ENDPOINT_DELETED, row)
            return await self._idempotency.answer(connection, caller, once, endpoint_id)

    async def _record(self, connection: Connection, caller: Caller, action: Action, row: EndpointRow) -> None:
        subject = spell(Prefix.ENDPOINT, row.id)
        await record(connection, self._clock, caller, action, subject, mode=caller.mode)

    async def _check(self, wanted: EndpointRequest) -> None:
        unknown = [name for name in wanted.events if name not in EVENT_TYPES]
        if unknown:
            raise InvalidRequest(
                f"There is no event {unknown[0]!r}.",
                rule="events",
                remediation=f"Choose among: {', '.join(EVENT_TYPES)}; an empty list means all.",
            )
        if "url" in wanted.given:
            try:
                await self._guard.check(wanted.url)
            except NotSent as refused:
                raise InvalidRequest(
                    str(refused), rule="url", remediation="Give a public https URL that this server can reach."
                ) from refused


def _check_unused(url: str, used: Mapping[UUID, str]) -> None:
    for endpoint_id, other in used.items():
        if _is_same(url, other):
            raise StateForbids(
                f"`url` {url} is registered already, as {spell(Prefix.ENDPOINT, endpoint_id)}.",
                rule="webhooks.endpoints.duplicate_url",
                remediation="Change that endpoint, or use another URL.",
            )


def _is_same(url: str, other: str) -> bool:
    """Compare without fragments, the case of the host, and the spelling of a default port."""
    return str(read_url(url)) == str(read_url(other))


def _too_many(max_count: int) -> StateForbids:
    return StateForbids(
        f"The organization has {max_count} webhook endpoints, the most allowed.",
        rule="webhooks.endpoints.max",
        remediation="Delete an endpoint that is not used, in live or in test mode.",
    )


def _found(row: EndpointRow | None) -> EndpointRow:
    if row is None:
        raise NotFound("webhook endpoint")
    return row
