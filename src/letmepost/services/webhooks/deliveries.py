"""Announces events, and delivers them to webhook endpoints."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import structlog

from letmepost.domain.errors import SendFailure
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.retry import ENDPOINT_GIVE_UP_S, delivery_delay_s, read_retry_after
from letmepost.domain.signing import signature_headers
from letmepost.domain.sizes import WEBHOOK_REPLY_MAX_BYTES
from letmepost.gateways.clock import Clock
from letmepost.gateways.http_client import HTTPClient, Outgoing, ReplyTooLarge
from letmepost.gateways.metrics import Metrics
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.events import endpoint_event, timestamp
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.webhooks.deliveries import (
    Delivery,
    Ending,
    EndpointAfter,
    EveryTenantDeliveries,
)
from letmepost.storage.webhooks.events import EveryTenantOutbox

DELIVERY_TIMEOUT_S = 10.0
_LEASE_S = 60.0
_BATCH = 200
_GONE = 410

log = structlog.get_logger()


class Deliveries:
    """Announces events, and delivers them to webhook endpoints."""

    def __init__(
        self,
        *,
        units: UnitsOfWork,
        outbox: EveryTenantOutbox,
        deliveries: EveryTenantDeliveries,
        clock: Clock,
        http: HTTPClient,
        wakeups: Wakeups,
        jitter: Callable[[], float],
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._units = units
        self._outbox = outbox
        self._deliveries = deliveries
        self._clock = clock
        self._http = http
        self._wakeups = wakeups
        self._jitter = jitter

    async def announce(self) -> bool:
        """Assign positions to committed events, and create their deliveries. Return True if more may follow."""
        announced = await self._outbox.announce(_BATCH)
        for organization_id in announced.organization_ids:
            await self._wakeups.stream_grew(organization_id)
        return announced.count == _BATCH

    async def claim(self, limit: int) -> list[Delivery]:
        """Lease due deliveries."""
        return await self._deliveries.claim(limit=limit, lease_s=_LEASE_S)

    async def next_due_in_s(self) -> float | None:
        """Return the seconds until the next delivery is due."""
        return await self._deliveries.next_due_in_s()

    async def send(self, delivery: Delivery) -> None:
        """Make one attempt, and record its result. Deliveries to inactive endpoints are not sent."""
        if not delivery.is_active:
            ending = Ending(status="dead", last_error="The endpoint is not active.")
            async with self._units.begin(delivery.tenant) as work:
                await work.deliveries.finish(delivery, ending)
            self._metrics.delivery_tried(ending.status)
            return
        try:
            reply = await self._http.send(signed(delivery, self._clock.now()))
        except ReplyTooLarge as large:
            # The body of the response is not used, so its size does not matter.
            ending = self._ending(delivery, large.status, {})
        except SendFailure as failure:
            ending = self._retry(delivery, str(failure))
        else:
            ending = self._ending(delivery, reply.status, reply.headers)
        await self._record(delivery, ending)
        self._metrics.delivery_tried("retried" if ending.status == "pending" else ending.status)

    def _ending(self, delivery: Delivery, status: int, headers: Mapping[str, str]) -> Ending:
        if 200 <= status < 300:
            return Ending(status="delivered", last_status=status)
        if status == _GONE:
            return Ending(status="dead", last_status=_GONE, last_error="410 Gone", is_gone=True)
        return self._retry(delivery, f"HTTP {status}", status, headers.get("retry-after", ""))

    def _retry(self, delivery: Delivery, error: str, status: int | None = None, retry_after: str = "") -> Ending:
        now = self._clock.now()
        retry_at = read_retry_after(retry_after, now)
        retry_after_s = None if retry_at is None else (retry_at - now).total_seconds()
        delay_s = delivery_delay_s(delivery.attempt_count, self._jitter(), retry_after_s)
        log.info("delivery.failed", delivery_id=str(delivery.id), error=error, next_in_s=delay_s)
        return Ending(
            status="dead" if delay_s is None else "pending", delay_s=delay_s, last_status=status, last_error=error
        )

    async def _record(self, delivery: Delivery, ending: Ending) -> None:
        """Record an attempt and its effect on the endpoint in one transaction."""
        async with self._units.begin(delivery.tenant) as work:
            endpoint = await work.deliveries.note_on_endpoint(delivery, ending, give_up_after_s=ENDPOINT_GIVE_UP_S)
            if endpoint is None:
                return
            if ending.status == "pending" and not endpoint.is_active:
                ending = replace(ending, status="dead", delay_s=None)
            await work.deliveries.finish(delivery, ending)
            if endpoint.is_disabled:
                await work.deliveries.bury_waiting(delivery.endpoint_id)
                await _announce_disabled(work, delivery, ending, endpoint)


async def _announce_disabled(work: Work, delivery: Delivery, ending: Ending, endpoint: EndpointAfter) -> None:
    log.warning("endpoint.disabled", endpoint_id=str(delivery.endpoint_id), error=ending.last_error)
    event = endpoint_event(
        work.clock,
        endpoint_id=delivery.endpoint_id,
        profile_id=endpoint.profile_id,
        url=delivery.url,
        reason="gone" if ending.is_gone else "failing",
        last_failure=ending.last_error,
    )
    await work.emit(event)


def signed(delivery: Delivery, now: datetime) -> Outgoing:
    """Return the request of one delivery attempt, signed with the current time."""
    body = envelope(delivery)
    headers = {
        "content-type": "application/json",
        **signature_headers(
            event_id=format_id(Prefix.EVENT, delivery.event_id),
            event_type=delivery.event_type,
            delivery_id=format_id(Prefix.DELIVERY, delivery.id),
            body=body,
            secrets=delivery.secrets,
            now=now,
        ),
    }
    return Outgoing(
        method="POST",
        url=delivery.url,
        headers=headers,
        body=body,
        timeout_s=DELIVERY_TIMEOUT_S,
        max_reply_bytes=WEBHOOK_REPLY_MAX_BYTES,
    )


def envelope(delivery: Delivery) -> bytes:
    """Return the body of a delivery: the same bytes at every attempt."""
    value = {
        "id": format_id(Prefix.EVENT, delivery.event_id),
        "type": delivery.event_type,
        "createdAt": timestamp(delivery.created_at),
        "organizationId": format_id(Prefix.ORGANIZATION, delivery.tenant.organization_id),
        "data": {**delivery.data, "sequence": delivery.position},
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
