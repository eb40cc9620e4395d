"""Clients of other authors, the simulators that they publish to, and a server of another author."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeAlias

import httpx2
import pytest
from starlette.applications import Starlette

from letmepost.gateways.clock import SystemClock
from letmepost.platforms import discover
from letmepost.sandbox import create_app, open_store
from tests.counterparts.mastodon_server import TOKEN, running
from tests.counterparts.stages import Stage, staged
from tests.deployment import SANDBOX_TOKEN

PYTHON = Path(__file__).parents[2] / ".venv/counterparts/bin/python"

OpenStage: TypeAlias = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Starlette]:
    """The sandbox. Each client publishes to a world of its own."""
    clock, store = SystemClock(), open_store(None)
    yield create_app(discover(), store, token=SANDBOX_TOKEN, now=clock.now, entropy=clock.entropy, sleep=asyncio.sleep)
    store.close()


@pytest.fixture(scope="session")
def open_stage(sandbox: Starlette, tmp_path_factory: pytest.TempPathFactory) -> OpenStage:
    """Serve a simulator to one client: the function takes the platform, the client, and the platform's hosts."""

    def stage(platform: str, client: str, *hosts: str, folder: str = "") -> AbstractAsyncContextManager[Stage]:
        directory = tmp_path_factory.mktemp(client)
        return staged(
            sandbox, platform=platform, world=f"{client}-{platform}", hosts=hosts, directory=directory, folder=folder
        )

    return stage


@pytest.fixture(scope="session")
def python() -> Path:
    """Python with the clients and servers of other authors, which the project itself does not need."""
    if not PYTHON.exists():
        pytest.exit(f"{PYTHON} is missing: run `make test-counterparts`, which installs it.", returncode=1)
    return PYTHON


@pytest.fixture(scope="session")
def require(python: Path) -> Callable[[str], None]:
    """Skip a test if a package is not installed. An installed package that cannot be imported fails the test."""
    listing = "import importlib.metadata as m; print(*(d.name.lower() for d in m.distributions()), sep='\\n')"
    printed = subprocess.run([python, "-c", listing], check=True, capture_output=True, text=True).stdout
    installed = {re.sub("[-_.]+", "-", name) for name in printed.split()}

    def check(package: str) -> None:
        if package not in installed:
            pytest.skip(f"The package {package} is not installed in .venv/counterparts.")

    return check


@pytest.fixture(scope="module")
async def mastodon_url(
    python: Path, require: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The address of a server of another author, up for as long as the tests run."""
    require("mastodon-mock")
    async with running(python, tmp_path_factory.mktemp("mastodon")) as url:
        yield url


@pytest.fixture
async def http(mastodon_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the token of the server's account."""
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(base_url=mastodon_url, headers=headers, timeout=30) as found:
        yield found
