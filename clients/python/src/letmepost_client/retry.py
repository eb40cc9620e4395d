"""Which calls are sent again, and when."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from letmepost_client.errors import ApiError, ConnectionFailed, IdempotencyConflict, error_of
from letmepost_client.flow import Pause, Send, Step
from letmepost_client.timing import Timing

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 8.0
LONGEST_RETRY_AFTER_S = 60.0
"""A longer Retry-After is not waited for: the error is raised, so that the caller decides."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PUT"})
_IDEMPOTENCY_KEY = "Idempotency-Key"
_NEVER_SENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
"""The request itself is impossible, so it fails again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a call is sent again, and after which pauses."""

    max_retries: int
    timing: Timing

    def exchange(self, request: Send) -> Generator[Step, Any, httpx.Response]:
        """Send a request until it has a response that is final; return the response.

        A request is sent again only if this cannot repeat its effect: it only reads, or it has an idempotency key.

        Raises:
            ApiError: the final response is an error.
            ConnectionFailed: there was no response.
        """
        tries_left = self.max_retries if _may_repeat(request) else 0
        for tries_made in range(1, tries_left + 2):
            try:
                response: httpx.Response = yield request
            except httpx.RequestError as failure:
                if tries_made > tries_left or isinstance(failure, _NEVER_SENT):
                    raise connection_failed(
                        request.method, request.url, failure, request.headers.get(_IDEMPOTENCY_KEY)
                    ) from failure
                yield Pause(self.delay_s(tries_made, None))
                continue
            if response.is_success:
                return response
            error = self.error_of(response)
            if tries_made > tries_left or not is_temporary(error):
                raise error
            yield Pause(self.delay_s(tries_made, error.retry_after_s))
        raise AssertionError  # the last try returns or raises

    def error_of(self, response: httpx.Response) -> ApiError:
        """Return the error of a response."""
        return error_of(
            response.content,
            status=response.status_code,
            request_id=response.headers.get("x-request-id"),
            retry_after_s=retry_after_s(response.headers, self.timing.unix_time()),
        )

    def delay_s(self, tries_made: int, retry_after_s: float | None) -> float:
        """Return the pause before the next try: what the server asks for, or half to all of a doubling delay.

        Args:
            tries_made: 1 after the first failure.
        """
        if retry_after_s is not None:
            return retry_after_s
        longest: float = min(FIRST_DELAY_S * 2.0 ** (tries_made - 1), LONGEST_DELAY_S)
        return longest * (1 + self.timing.random()) / 2


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for; None without a valid one.

    Args:
        now: Unix seconds, because the header may be a date.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3, checked 2026-11-29.
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None


def _may_repeat(request: Send) -> bool:
    return request.method in _SAFE or _IDEMPOTENCY_KEY in request.headers


def is_temporary(error: ApiError) -> bool:
    """Return True if the same request may succeed after a short pause."""
    if error.retry_after_s is not None and error.retry_after_s > LONGEST_RETRY_AFTER_S:
        return False
    if isinstance(error, IdempotencyConflict):
        return error.rule == "idempotency_key.in_progress"
    return error.retryable is not False and (error.status == 429 or error.status >= 500)


def connection_failed(
    method: str, url: str, failure: httpx.RequestError, idempotency_key: str | None = None
) -> ConnectionFailed:
    """Return the error for a request without a response. Its message omits the path: that of an upload is a secret."""
    reason = str(failure) or type(failure).__name__
    server = httpx.URL(url)
    message = f"{method} on {server.scheme}://{server.netloc.decode()} failed: {reason}"
    return ConnectionFailed(message, idempotency_key=idempotency_key)
