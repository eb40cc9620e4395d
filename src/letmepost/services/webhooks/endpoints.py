"""Webhook endpoints: their registration, secrets and test events."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.errors import NotSent, RequestError, SendFailure
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.signing import SECRET_BYTES, signing_secret
from letmepost.gateways.addresses import AddressGuard
from letmepost.gateways.clock import Clock
from letmepost.gateways.destinations import read_url
from letmepost.gateways.http_client import HTTPClient, Outgoing, ReplyTooLarge
from letmepost.services.events import EVENT_TYPES
from letmepost.services.webhooks.deliveries import envelope, signed
from letmepost.services.webhooks.samples import sample_data
from letmepost.services.work import Work
from letmepost.storage.tenants.audit import Action
from letmepost.storage.webhooks.deliveries import Delivery
from letmepost.storage.webhooks.endpoints import EndpointRow

_SHOWN_BYTES = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRequest:
    """A request to create or change an endpoint. Only the fields named in `given` change."""

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
class EndpointTestResult:
    """The result of a test event. `status` is None if there was no response."""

    delivery_id: UUID
    status: int | None
    response_body: str | None
    error: str | None
    duration_ms: int
    sent: Mapping[str, Any]

    @property
    def is_delivered(self) -> bool:
        """True if the endpoint accepted the event."""
        return self.status is not None and 200 <= self.status < 300


class Endpoints:
    """Registers, changes and tests webhook endpoints of a caller."""

    def __init__(self, *, guard: AddressGuard, http: HTTPClient, clock: Clock, max_count: int) -> None:
        """`max_count`: the most endpoints of an organization, in both modes together."""
        self._guard = guard
        self._http = http
        self._clock = clock
        self._max_count = max_count

    async def check_url(self, wanted: EndpointRequest) -> None:
        """Resolve the new URL of an endpoint, if it is given.

        Raises:
            InvalidRequest: the URL may not be called.
        """
        if "url" not in wanted.given:
            return
        try:
            await self._guard.check(wanted.url)
        except NotSent as refused:
            raise refusals.webhooks.URL_NOT_ALLOWED(field="url", problem=refused) from refused

    async def create(self, work: Work, wanted: EndpointRequest) -> NewEndpoint:
        """Register an endpoint with a checked URL. With a profile's key, it receives the events of that profile only.

        Raises:
            InvalidRequest: an event does not exist.
            StateForbids: the organization has reached its limit of endpoints, or the URL is already registered.
        """
        _check_events(wanted.events)
        now = work.now()
        row = EndpointRow(
            id=work.new_id(),
            profile_id=work.caller.profile_id,
            url=wanted.url,
            events=tuple(wanted.events),
            description=wanted.description,
            active=True,
            last_delivery_at=None,
            last_failure_reason=None,
            created_at=now,
            updated_at=now,
        )
        made = NewEndpoint(row, signing_secret(work.clock.entropy(SECRET_BYTES)))
        await work.endpoints.lock_all()
        if await work.endpoints.count_all() >= self._max_count:
            raise _too_many(self._max_count)
        _check_unused(row.url, await work.endpoints.list_urls(row.profile_id))
        await work.endpoints.create(row, made.secret)
        await _record(work, Action.ENDPOINT_CREATED, row)
        return made

    async def send_test(self, delivery: Delivery) -> EndpointTestResult:
        """Send a test event now, signed like a real one, and report the response. No stream or log contains it."""
        started_s = self._clock.monotonic_s()
        status, body, error = await self._try(signed(delivery, self._clock.now()))
        return EndpointTestResult(
            delivery_id=delivery.id,
            status=status,
            response_body=body,
            error=error,
            duration_ms=round((self._clock.monotonic_s() - started_s) * 1000),
            sent=json.loads(envelope(delivery)),
        )

    async def _try(self, request: Outgoing) -> tuple[int | None, str | None, str | None]:
        try:
            reply = await self._http.send(request)
        except ReplyTooLarge as large:
            return large.status, None, None
        except SendFailure as failure:
            return None, None, str(failure)
        return reply.status, reply.body[:_SHOWN_BYTES].decode(errors="replace"), None


async def list_page(work: Work, *, before: UUID | None, limit: int) -> list[EndpointRow]:
    """Return endpoints that the caller can see, newest first, below `before`."""
    return await work.endpoints.list_page(work.caller.profile_id, before=before, limit=limit)


async def get(work: Work, endpoint_id: UUID) -> EndpointRow:
    """Return an endpoint.

    Raises:
        NotFound: the caller sees no such endpoint.
    """
    row = await work.endpoints.find(endpoint_id, work.caller.profile_id)
    if row is None:
        raise refusals.requests.not_found(Prefix.ENDPOINT, endpoint_id)
    return row


async def change(work: Work, endpoint_id: UUID, wanted: EndpointRequest) -> EndpointRow:
    """Change the fields that are given. A new URL must have been checked.

    Raises:
        NotFound: the caller sees no such endpoint.
        InvalidRequest: an event does not exist.
        StateForbids: another endpoint has the new URL.
    """
    _check_events(wanted.events)
    values: dict[str, Any] = {name: getattr(wanted, name) for name in wanted.given}
    if "events" in values:
        values["events"] = list(values["events"])
    if wanted.active and "active" in values:
        values["failing_since"] = None  # the days until it is disabled are counted from now on
    before = await get(work, endpoint_id)
    if "url" in wanted.given and not _is_same(wanted.url, before.url):
        await work.endpoints.lock_all()
        _check_unused(wanted.url, await work.endpoints.list_urls(before.profile_id))
    await work.endpoints.change(endpoint_id, {**values, "updated_at": work.now()})
    return await get(work, endpoint_id)


async def rotate_secret(work: Work, endpoint_id: UUID, overlap: timedelta) -> NewEndpoint:
    """Replace the signing secret. Both secrets sign until the overlap is over.

    Raises:
        NotFound: the caller sees no such endpoint.
    """
    now, secret = work.now(), signing_secret(work.clock.entropy(SECRET_BYTES))
    await get(work, endpoint_id)
    await work.endpoints.rotate(endpoint_id, secret, now + overlap, now)
    row = await get(work, endpoint_id)
    await _record(work, Action.ENDPOINT_SECRET_ROTATED, row)
    return NewEndpoint(row, secret)


async def prepare_test(
    work: Work, endpoint_id: UUID, event_type: str, data: Mapping[str, Any], *, platform: str
) -> Delivery:
    """Return a test event for an endpoint, ready to be sent.

    Args:
        data: replaces fields of the sample, or adds to them.
        platform: the platform that the sample names.

    Raises:
        NotFound: the caller sees no such endpoint.
        InvalidRequest: the event does not exist.
    """
    _check_events([event_type])
    row = await get(work, endpoint_id)
    return Delivery(
        id=work.new_id(),
        tenant=work.tenant,
        token=UUID(int=0),
        attempt_count=1,
        endpoint_id=endpoint_id,
        url=row.url,
        is_active=True,
        secrets=await work.endpoints.list_secrets(endpoint_id),
        event_id=work.new_id(),
        event_type=event_type,
        created_at=work.now(),
        position=0,
        data={**sample_data(event_type, platform), "test": True, **data},
    )


async def delete(work: Work, endpoint_id: UUID) -> UUID:
    """Delete an endpoint with its deliveries.

    Raises:
        NotFound: the caller sees no such endpoint.
    """
    row = await get(work, endpoint_id)
    await work.endpoints.delete(endpoint_id)
    await _record(work, Action.ENDPOINT_DELETED, row)
    return endpoint_id


async def _record(work: Work, action: Action, row: EndpointRow) -> None:
    await work.record(action, format_id(Prefix.ENDPOINT, row.id), mode=work.caller.mode)


def _check_events(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in EVENT_TYPES]
    if unknown:
        raise refusals.webhooks.EVENT_UNKNOWN(field="events", given=unknown[0], known=", ".join(EVENT_TYPES))


def _check_unused(url: str, used: Mapping[UUID, str]) -> None:
    for endpoint_id, other in used.items():
        if _is_same(url, other):
            raise refusals.webhooks.ENDPOINTS_DUPLICATE_URL(
                field="url", url=url, endpoint_id=format_id(Prefix.ENDPOINT, endpoint_id)
            )


def _is_same(url: str, other: str) -> bool:
    """Return True if two URLs are equal, ignoring fragments, the case of the host and an explicit default port."""
    return str(read_url(url)) == str(read_url(other))


def _too_many(max_count: int) -> RequestError:
    return refusals.webhooks.ENDPOINTS_MAX(count=max_count)
