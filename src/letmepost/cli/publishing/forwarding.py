"""Sends signed events to a URL, as the service does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from letmepost.domain.ids import Prefix, format_id, uuid7
from letmepost.domain.signing import signature_headers
from letmepost.gateways.clock import SystemClock

TIMEOUT_S = 10.0
"""How long the service waits for a response to a webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The response to an event.

    Attributes:
        status: the HTTP status; None if there was no response.
        problem: why there was no response.
    """

    status: int | None
    duration_ms: int
    problem: str | None = None

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def __str__(self) -> str:
        return f"{self.problem or self.status} ({self.duration_ms} ms)"


class Forwarder:
    """Sends events to a URL.

    Args:
        secret: signs the events.
    """

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret
        self._clock = SystemClock()
        self._http = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, event: Mapping[str, Any]) -> Delivered:
        """Send an event once; return the response."""
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        now, started_s = self._clock.now(), self._clock.monotonic_s()
        signed = signature_headers(
            event_id=event["id"],
            event_type=event["type"],
            delivery_id=format_id(Prefix.DELIVERY, uuid7(int(now.timestamp() * 1000), self._clock.entropy(10))),
            body=body,
            secrets=[self._secret],
            now=now,
        )
        headers = {"content-type": "application/json", **signed}
        status, problem = None, None
        try:
            status = self._http.post(self._url, content=body, headers=headers).status_code
        except httpx.HTTPError as error:
            problem = str(error) or type(error).__name__
        duration_ms = int((self._clock.monotonic_s() - started_s) * 1000)
        return Delivered(status=status, duration_ms=duration_ms, problem=problem)
