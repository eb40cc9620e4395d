"""The clients."""

import os
import re
import ssl
from collections.abc import Mapping
from functools import cache
from types import TracebackType
from typing import Any, Self

import httpx

from letmepost_client.core import Core
from letmepost_client.flow import Flow
from letmepost_client.models.base import AnyResult
from letmepost_client.models.service import Health, Readiness
from letmepost_client.models.tenants import CurrentKey, Usage
from letmepost_client.operations import AsyncResource, Resource, SyncResource, operation
from letmepost_client.resources.accounts import Accounts, AsyncAccounts, AsyncConnectSessions, ConnectSessions
from letmepost_client.resources.batches import AsyncBatches, Batches
from letmepost_client.resources.media import AsyncMediaItems, MediaItems
from letmepost_client.resources.posts import AsyncPosts, Posts
from letmepost_client.resources.service import AsyncPauses, AsyncPlatforms, AsyncSandbox, Pauses, Platforms, Sandbox
from letmepost_client.resources.tenants import (
    ApiKeys,
    AsyncApiKeys,
    AsyncOrganizations,
    AsyncProfiles,
    Organizations,
    Profiles,
)
from letmepost_client.resources.webhooks import (
    AsyncDeliveries,
    AsyncEvents,
    AsyncWebhookEndpoints,
    Deliveries,
    Events,
    WebhookEndpoints,
)
from letmepost_client.retry import RetryPolicy
from letmepost_client.runners import AsyncRunner, SyncRunner
from letmepost_client.timing import Timing
from letmepost_client.version import __version__

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_TIMEOUT_S = 60.0
"""More than the 25 seconds that the server waits for the outcome of a post by default."""


def core_of(
    api_key: str | None, base_url: str | None, timeout_s: float, max_retries: int, timing: Timing | None
) -> Core:
    """Return the core of a client. What is not given is read from the environment.

    Raises:
        ValueError: the API key cannot be sent in a header. The message does not contain it.
    """
    key = (api_key or os.environ.get("LETMEPOST_API_KEY") or "").strip()
    if not re.fullmatch(r"[\x21-\x7e]*", key):
        raise ValueError("The API key has a character that is not visible ASCII. Copy it again.")
    url = base_url or os.environ.get("LETMEPOST_URL") or DEFAULT_URL
    return Core(
        api_key=key or None,
        base_url=url.rstrip("/"),
        timeout_s=timeout_s,
        retry=RetryPolicy(max_retries=max_retries, timing=timing or Timing()),
        user_agent=f"letmepost-python/{__version__}",
    )


@cache
def _ssl_context() -> ssl.SSLContext:
    """Return the context that all clients share: creating one would stop an event loop for 30 ms."""
    return httpx.create_ssl_context()


class ClientOperations(Resource):
    """The operations that belong to no group."""

    @operation
    def me(self) -> Flow[CurrentKey]:
        """Return the API key of this client, its organization and its mode."""
        return self._core.call("GET", "/v1/me", CurrentKey)

    @operation
    def usage(self) -> Flow[Usage]:
        """Return every limit that applies to the API key, and how much of it is used."""
        return self._core.call("GET", "/v1/usage", Usage)

    @operation
    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Any = None,
        idempotency_key: str | None = None,
    ) -> Flow[Any]:
        """Call an operation for which this release has no method; return its response as JSON values.

        Args:
            path: such as `/v1/posts`.
            body: is sent as it is, with the names that the API uses.
        """
        result = yield from self._core.call(
            method, path, AnyResult, query=query, body=body, idempotency_key=idempotency_key
        )
        return result.root

    @operation
    def health(self) -> Flow[Health]:
        """Check that the server runs."""
        return self._core.call("GET", "/health", Health)

    @operation
    def ready(self) -> Flow[Readiness]:
        """Return the state of each part of the server."""
        return self._core.call("GET", "/ready", Readiness)


class Client(ClientOperations, SyncResource):
    """A client of one server with one API key.

    Args:
        api_key: the API key, or the operator token for `organizations` and `pauses`. By default, the environment
            variable `LETMEPOST_API_KEY`.
        base_url: the server. By default, the environment variable `LETMEPOST_URL`, or http://127.0.0.1:8080.
        timeout_s: how long to wait for a connection, and for each read and write.
        max_retries: how often a call is sent again after a lost connection, or a response that says that it may succeed
            later.
        http: the HTTP client to use, for proxies or certificates. It is not closed.
        timing: replaces clocks and pauses in tests.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        max_retries: int = 3,
        http: httpx.Client | None = None,
        timing: Timing | None = None,
    ) -> None:
        core = core_of(api_key, base_url, timeout_s, max_retries, timing)
        runner = SyncRunner(http or httpx.Client(verify=_ssl_context()), core.timing)
        super().__init__(core, runner)
        self._is_http_ours = http is None
        self.accounts = Accounts(core, runner)
        self.api_keys = ApiKeys(core, runner)
        self.batches = Batches(core, runner)
        self.connect_sessions = ConnectSessions(core, runner)
        self.deliveries = Deliveries(core, runner)
        self.events = Events(core, runner)
        self.media = MediaItems(core, runner)
        self.organizations = Organizations(core, runner)
        self.pauses = Pauses(core, runner)
        self.platforms = Platforms(core, runner)
        self.posts = Posts(core, runner)
        self.profiles = Profiles(core, runner)
        self.sandbox = Sandbox(core, runner)
        self.webhook_endpoints = WebhookEndpoints(core, runner)

    def close(self) -> None:
        """Close the connections."""
        if self._is_http_ours:
            self._runner.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(ClientOperations, AsyncResource):
    """A client for asyncio. It has the methods of `Client`, to await, and lists to iterate over with `async for`.

    The arguments are those of `Client`, but `http` is an `httpx.AsyncClient`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        max_retries: int = 3,
        http: httpx.AsyncClient | None = None,
        timing: Timing | None = None,
    ) -> None:
        core = core_of(api_key, base_url, timeout_s, max_retries, timing)
        runner = AsyncRunner(http or httpx.AsyncClient(verify=_ssl_context()), core.timing)
        super().__init__(core, runner)
        self._is_http_ours = http is None
        self.accounts = AsyncAccounts(core, runner)
        self.api_keys = AsyncApiKeys(core, runner)
        self.batches = AsyncBatches(core, runner)
        self.connect_sessions = AsyncConnectSessions(core, runner)
        self.deliveries = AsyncDeliveries(core, runner)
        self.events = AsyncEvents(core, runner)
        self.media = AsyncMediaItems(core, runner)
        self.organizations = AsyncOrganizations(core, runner)
        self.pauses = AsyncPauses(core, runner)
        self.platforms = AsyncPlatforms(core, runner)
        self.posts = AsyncPosts(core, runner)
        self.profiles = AsyncProfiles(core, runner)
        self.sandbox = AsyncSandbox(core, runner)
        self.webhook_endpoints = AsyncWebhookEndpoints(core, runner)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._is_http_ours:
            await self._runner.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
