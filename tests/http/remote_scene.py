"""A deployment behind a gate, and tables of the use cases that call other servers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx2
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from letmepost.bootstrap.worker import open_worker
from letmepost.domain.api_keys import Mode
from letmepost.gateways.addresses import AddressGuard
from letmepost.gateways.blobs.s3 import Bucket
from letmepost.http.services import APIServices
from letmepost.platforms import discover
from letmepost.services.webhooks.endpoints import Endpoints
from letmepost.worker.services import WorkerServices
from tests.database import DatabaseURLs
from tests.deployment import OPERATOR_TOKEN, Client, Deployment, deployed, serving
from tests.doubles import federated
from tests.doubles.consenting import NAME, Server, consenting, environment
from tests.doubles.federated import FederatedServer
from tests.doubles.gate import Gate
from tests.doubles.resources import DECLARED, DECLARED_CHANGES
from tests.gateways.support import DEVELOPMENT, calling
from tests.http.support import PLATFORM, Tenant, make_tenant, png
from tests.s3 import bucket
from tests.storage.support import CLOCK, Admin

UseCase: TypeAlias = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Scene:
    """A tenant, a worker without periodic work, and the servers behind the gate.

    Args:
        tenant: the tenant. Its key is a test key, for which the sandbox replaces the platforms.
        live: a live key, for accounts of the network that are connected by consent.
        server: a server of the network of many servers.
        web_url: a server that has a picture at every path, and accepts every webhook.
    """

    tenant: Tenant
    live: Client
    network: Server
    server: FederatedServer
    server_name: str
    worker: WorkerServices
    gate: Gate
    web_url: str

    @property
    def client(self) -> Client:
        return self.tenant.client

    def request(self, method: str, path: str, body: object = None, *, client: Client | None = None) -> UseCase:
        """Return a request with an idempotency key, ready to be sent."""
        return partial((client or self.client).call, method, path, body, idempotency_key=str(uuid4()))

    async def create(self, path: str, body: object, *, client: Client | None = None) -> dict[str, Any]:
        """Send a request that must succeed; return the response."""
        reply = await (client or self.client).post(path, body)
        assert reply.status_code < 300, reply.text
        created: dict[str, Any] = reply.json()
        return created

    async def post(self, scenario: str = "ok", **content: Any) -> str:
        """Create a post for a new account that is due now; return its id."""
        target = {"accountId": await self.client.sandbox_account(scenario)}
        body = {"targets": [target], "text": "Hello", **content}
        reply = await self.client.post("/v1/posts", body, prefer="respond-async")
        assert reply.status_code == 202, reply.text
        post_id: str = reply.json()["results"][0]["postId"]
        return post_id

    async def publish(self) -> None:
        """Publish the due posts, as a worker does."""
        for claim in await self.worker.publishing.claim(10):
            await self.worker.publishing.publish(claim)

    async def consent(self, *names: str) -> dict[str, str]:
        """Start a consent and grant it; return the parameters with which the browser returns."""
        started = await self.create(f"/v1/accounts/connect/{NAME}", {}, client=self.live)
        return self.network.consent(started["descriptor"]["authorizationUrl"], *names)

    async def consented_account(self) -> str:
        """Connect a live account by consent; return its id."""
        path = f"/v1/accounts/connect/{NAME}/complete"
        account_id: str = (await self.create(path, await self.consent("alice"), client=self.live))["id"]
        return account_id

    async def credential(self) -> bytes:
        """Return the sealed credential of the only account."""
        query = "SELECT sealed FROM credentials WHERE organization_id = $1"
        sealed: bytes = await self.tenant.admin.one(query, self.tenant.uuid)
        return sealed

    async def set(self, table: str, assignment: str) -> None:
        """Change the tenant's rows of a table directly."""
        column = "id" if table == "organizations" else "organization_id"
        query = f"UPDATE {table} SET {assignment} WHERE {column} = $1"  # noqa: S608 - the tests' own
        await self.tenant.admin.do(query, self.tenant.uuid)


Prepare: TypeAlias = Callable[[Scene], Awaitable[UseCase]]


@dataclass(frozen=True, slots=True)
class Case:
    """A use case that calls other servers.

    Args:
        entry: the route, or the field of `WorkerServices`.
        servers: every server that it calls.
        prepare: creates what the use case needs, and returns it ready to run.
    """

    entry: str
    servers: frozenset[str]
    prepare: Prepare


class Cases(list[Case]):
    """A table of use cases. Each row is a function under a decorator that names its entry and servers."""

    def calls(self, entry: str, *servers: str) -> Callable[[Prepare], Prepare]:
        """Add a use case to the table."""

        def add(prepare: Prepare) -> Prepare:
            self.append(Case(entry, frozenset(servers), prepare))
            return prepare

        return add


@asynccontextmanager
async def opened(
    urls: DatabaseURLs, redis_url: str, s3_url: str, directory: Path
) -> AsyncIterator[Callable[[], Awaitable[Scene]]]:
    """Open a deployment behind a gate; yield a function that returns a scene with a new tenant."""
    gate, network, server = Gate(), Server(), FederatedServer()
    async with AsyncExitStack() as stack:

        async def behind_gate(server: str, url: str) -> str:
            return await stack.enter_async_context(gate.before(server, url))

        network_url = await behind_gate("platform", await stack.enter_async_context(serving(network.app())))
        server_url = await behind_gate("server", await stack.enter_async_context(serving(server.app())))
        server_name = urlsplit(server_url).netloc
        web_url = await behind_gate("web", await stack.enter_async_context(serving(_web)))
        blobs = bucket(await behind_gate("blobs", s3_url))
        deployment = await stack.enter_async_context(_deployed(urls, redis_url, directory, gate, network_url, blobs))
        await _look_up_names_through(gate, deployment, stack)
        worker = await stack.enter_async_context(
            open_worker(deployment.settings, deployment.platforms, deployment.environment)
        )
        connection = await asyncpg.connect(urls.admin)
        stack.push_async_callback(connection.close)

        async def make() -> Scene:
            # The jobs work for every tenant: accounts of earlier tests must not become due in the middle of this one.
            await connection.execute("UPDATE accounts SET check_at = NULL")
            await connection.execute("UPDATE credentials SET refresh_at = NULL")
            tenant = await make_tenant(deployment, Admin(connection), {"authorization": f"Bearer {OPERATOR_TOKEN}"})
            live = await tenant.key(Mode.LIVE)
            return Scene(tenant, live, network, server, server_name, worker, gate, web_url)

        yield make


def _deployed(
    urls: DatabaseURLs, redis_url: str, directory: Path, gate: Gate, network_url: str, blobs: Bucket
) -> AbstractAsyncContextManager[Deployment]:
    """Run a deployment that reaches the network, the sandbox and the blob store through the gate."""
    network = consenting(resources=DECLARED, changes=DECLARED_CHANGES)
    return deployed(
        urls,
        redis_url,
        directory,
        environment={**environment(network_url), **federated.ENVIRONMENT},
        platforms={
            NAME: network,
            federated.NAME: federated.federated(),
            PLATFORM: discover()[PLATFORM],
        },
        with_worker=False,
        before_sandbox=partial(gate.before, "sandbox"),
        public_url="https://post.example",
        return_origins=("https://app.example",),
        trusted_proxies="127.0.0.1",
        s3_bucket=blobs.name,
        s3_endpoint=blobs.endpoint,
        s3_region=blobs.region,
        s3_access_key_id=blobs.access_key_id,
        s3_secret_access_key=SecretStr(str(blobs.secret_access_key)),
    )


async def _look_up_names_through(gate: Gate, deployment: Deployment, stack: AsyncExitStack) -> None:
    """Replace the resolver that checks the URLs of webhook endpoints, because the system's resolver cannot hang."""

    async def look_up(_: str) -> Sequence[str]:
        await gate.hold("names")
        return ["127.0.0.1"]

    http = await stack.enter_async_context(calling())
    guard = AddressGuard(DEVELOPMENT, look_up)
    services: APIServices = deployment.app.state.services
    endpoints = Endpoints(guard=guard, http=http, clock=CLOCK, max_count=10)
    deployment.app.state.services = replace(services, endpoints=endpoints)


async def _web(scope: Scope, receive: Receive, send: Send) -> None:
    await Request(scope, receive).body()
    await Response(png(), media_type="image/png")(scope, receive, send)


def check_succeeded(result: object) -> None:
    """Fail if a use case responded with an error."""
    assert not isinstance(result, httpx2.Response) or result.status_code < 400, result.text
