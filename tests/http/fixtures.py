"""The deployment that the tests of the HTTP interface and of the contract share, and its tenants."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from letmepost.worker.services import WorkerServices
from tests.database import DatabaseURLs, copy_of
from tests.deployment import OPERATOR_TOKEN, Client, Deployment, deployed, serving
from tests.http.receiver import Receiver
from tests.http.support import Tenant, make_tenant
from tests.storage.support import Admin


@pytest.fixture(scope="session")
async def service_urls(postgres_url: str, template_database: DatabaseURLs) -> AsyncIterator[DatabaseURLs]:
    """Create the database of the shared deployment."""
    async with copy_of(template_database, postgres_url) as urls:
        yield urls


@pytest.fixture(scope="session")
async def service(
    service_urls: DatabaseURLs, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    """Run a deployment with one worker, for tests that need only their own tenant."""
    async with deployed(service_urls, redis_url, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="session")
async def services(service: Deployment) -> WorkerServices:
    """Return the services of another worker, for tests that run its periodic work immediately.

    All tests share it: each worker holds connections to PostgreSQL, which accepts a limited number.
    """
    return await service.start_worker()


@pytest.fixture(scope="session")
async def admin(service_urls: DatabaseURLs) -> AsyncIterator[Admin]:
    """Return access to the shared deployment's database without row-level security."""
    connection = await asyncpg.connect(service_urls.admin)
    yield Admin(connection)
    await connection.close()


@pytest.fixture
async def tenant(service: Deployment, admin: Admin) -> Tenant:
    """Return a new tenant."""
    return await make_tenant(service, admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})


@pytest.fixture
def client(tenant: Tenant) -> Client:
    """Return a client with a test key that has all scopes."""
    return tenant.client


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Run a server that receives webhooks."""
    got = Receiver()
    async with serving(got) as url:
        got.url = f"{url}/hook"
        yield got
