"""A real Bluesky network on loopback, and deployments that publish there with live keys."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from letmepost.domain.api_keys import Mode
from tests.database import DatabaseURLs, copy_of
from tests.deployment import Client, Deployment, deployed
from tests.npm import Node, node_for
from tests.pds.authors import Author, connect
from tests.pds.network import Addresses, Network, Person, running
from tests.pds.proxy import Proxy, proxied


@pytest.fixture(scope="session")
def addresses(
    node: Node, install_packages: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Addresses]:
    """The network, up for as long as the tests run."""
    installed = install_packages(Path(__file__).parent / "server")
    with running(node_for(installed, node), installed, tmp_path_factory.mktemp("pds")) as found:
        yield found


@pytest.fixture(scope="session")
async def network(addresses: Addresses) -> AsyncIterator[Network]:
    async with httpx2.AsyncClient(timeout=30) as http:
        yield Network(addresses, http)


@pytest.fixture(scope="session")
async def alice(network: Network) -> Person:
    return await network.sign_up()


@pytest.fixture(scope="session")
async def bob(network: Network) -> Person:
    return await network.sign_up()


@pytest.fixture(scope="session")
async def deployment(
    addresses: Addresses,
    template_database: DatabaseURLs,
    postgres_url: str,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Deployment]:
    """A deployment on this network, with one worker. Each test is a tenant of its own."""
    environment, directory = addresses.environment(), tmp_path_factory.mktemp("deployment")
    async with (
        copy_of(template_database, postgres_url) as urls,
        deployed(urls, redis_url, directory, environment=environment) as found,
    ):
        yield found


@pytest.fixture
async def client(deployment: Deployment) -> Client:
    """A caller with a live key."""
    return await deployment.client(Mode.LIVE)


@pytest.fixture
async def author(client: Client, alice: Person) -> Author:
    """Alice's account, connected."""
    return await connect(client, alice)


@pytest.fixture
async def proxy(addresses: Addresses) -> AsyncIterator[Proxy]:
    """Another route to the same network."""
    async with proxied(addresses) as found:
        yield found
