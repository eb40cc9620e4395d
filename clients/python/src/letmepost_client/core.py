"""What the synchronous and the asynchronous client have in common: a server, an API key, and how calls are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from letmepost_client.encoding import encode, query_of
from letmepost_client.errors import ConnectionFailed
from letmepost_client.flow import FileContent, Flow, Send
from letmepost_client.retry import RetryPolicy
from letmepost_client.timing import Timing

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """A server, and how to call it.

    Attributes:
        api_key: is sent as the Bearer token; None sends none.
        base_url: has no slash at the end.
        timeout_s: how long to wait for a connection, and for each read and write.
    """

    api_key: str | None
    base_url: str
    timeout_s: float
    retry: RetryPolicy
    user_agent: str

    @property
    def timing(self) -> Timing:
        return self.retry.timing

    def __repr__(self) -> str:
        return f"Core(base_url={self.base_url!r})"

    def headers(self, method: str, idempotency_key: str | None = None) -> dict[str, str]:
        """Return the headers of a call. A call that changes something gets an idempotency key, once for all retries."""
        headers = {"Accept": "application/json", "User-Agent": self.user_agent}
        if self.api_key is not None:
            headers["Authorization"] = f"Bearer {self.api_key}"
        if method != "GET":
            headers["Idempotency-Key"] = idempotency_key or self.timing.new_key()
        return headers

    def call(
        self,
        method: str,
        path: str,
        result: type[M],
        *,
        query: Mapping[str, object] | None = None,
        body: Any = None,
        content: FileContent | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        timeout_s: float | None = None,
    ) -> Flow[M]:
        """Call an operation, with retries; return its result.

        Args:
            body: is sent as JSON; None sends no body.
            headers: are added.

        Raises:
            ApiError: the server responded with an error.
            ConnectionFailed: there was no response, or one that is not the API's.
        """
        sent = self.headers(method, idempotency_key) | dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        request = Send(
            method=method,
            url=self.base_url + path,
            timeout_s=self.timeout_s if timeout_s is None else timeout_s,
            query=query_of(query or {}),
            headers=sent,
            content=content if body is None else encode(body),
        )
        response: httpx.Response = yield from self.retry.exchange(request)
        return read(response, result, sent.get("Idempotency-Key"))


def read(response: httpx.Response, result: type[M], idempotency_key: str | None = None) -> M:
    """Return the result that a response contains.

    Raises:
        ConnectionFailed: the response is not of the API.
    """
    try:
        return result.model_validate_json(response.content)
    except ValidationError as error:
        message = f"The response to {response.request.method} {response.request.url.path} is not one of the API."
        raise ConnectionFailed(message, idempotency_key=idempotency_key) from error
