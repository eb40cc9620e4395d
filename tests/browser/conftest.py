"""A deployment with simulated platforms that a browser can reach, and the browser."""

import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from letmepost.platforms import discover
from tests.browser.chromium import CHROMIUM, Browser, Tab, browsing
from tests.browser.support import Site
from tests.database import DatabaseURLs, copy_of
from tests.deployment import OPERATOR_TOKEN, deployed, serving
from tests.doubles import federated
from tests.doubles.consent_simulator import answer, create_account
from tests.doubles.consenting import NAME, consenting


@pytest.fixture(scope="session")
async def site(
    postgres_url: str,
    template_database: DatabaseURLs,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Site]:
    """Run the deployment, and the customer's page to which people return."""
    double = consenting()
    simulator = replace(double.simulator, answer=answer, create_account=create_account)
    known = {**discover(), NAME: replace(double, simulator=simulator), federated.NAME: federated.federated()}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with (
        copy_of(template_database, postgres_url) as urls,
        serving(Starlette(routes=[Route("/back", _customers_page)])) as customer,
        deployed(
            urls,
            redis_url,
            tmp_path_factory.mktemp("site"),
            platforms=known,
            with_worker=False,
            public_url=f"http://127.0.0.1:{port}",
        ) as running,
        serving(running.app, port),
    ):
        made = await running.http.post(
            "/v1/organizations", json={"name": "Acme"}, headers={"authorization": f"Bearer {OPERATOR_TOKEN}"}
        )
        organization_id = made.json()["id"]
        client = await running.client(organization_id=organization_id)
        yield Site(running, client, organization_id, f"{customer}/back")


async def _customers_page(request: Request) -> HTMLResponse:
    parameters = "".join(f"<li>{name}: {value}</li>" for name, value in request.query_params.items())
    return HTMLResponse(f"<!doctype html><title>Shop</title><h1>Welcome back</h1><ul>{parameters}</ul>")


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("screenshots")
    print(f"\nScreenshots: {directory}")  # noqa: T201 - for the developer who runs the tests
    return directory


@pytest.fixture(scope="session")
async def browser(screenshots: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.exit("Chromium is missing: install it, or run `make test-browser`, which does.", returncode=1)
    async with browsing(tmp_path_factory.mktemp("profile"), screenshots) as running:
        yield running


@pytest.fixture(scope="session")
def axe(install_packages: Callable[[Path], Path]) -> str:
    """The script of axe, which finds barriers (https://github.com/dequelabs/axe-core)."""
    installed = install_packages(Path(__file__).parent / "axe")
    return (installed / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
async def tab(browser: Browser) -> Tab:
    return await browser.tab()
