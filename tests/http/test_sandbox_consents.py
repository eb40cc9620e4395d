"""Consent in test mode, when browsers reach the sandbox at another address than the API does."""

import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2
import pytest

from letmepost.platforms import discover
from tests.database import DatabaseURLs, copy_of
from tests.deployment import Deployment, deployed
from tests.doubles.waiting import PATIENCE_S

PUBLIC = "http://sandbox.example:8090"
BY_CONSENT = {name: platform.oauth for name, platform in sorted(discover().items()) if platform.oauth is not None}


@pytest.fixture(scope="module")
async def running(
    postgres_url: str, template_database: DatabaseURLs, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    directory = tmp_path_factory.mktemp("consents")
    async with (
        copy_of(template_database, postgres_url) as urls,
        deployed(urls, redis_url, directory, with_worker=False, sandbox_public_url=PUBLIC) as running,
    ):
        yield running


async def browse(running: Deployment, url: str) -> httpx2.Response:
    """Open a URL of the sandbox as a browser does that resolves its public name."""
    assert url.startswith(f"{PUBLIC}/org_")
    async with httpx2.AsyncClient(timeout=PATIENCE_S) as browser:
        return await browser.get(url.replace(PUBLIC, running.sandbox_url), headers={"host": urlsplit(PUBLIC).netloc})


@pytest.mark.parametrize("name", BY_CONSENT)
async def test_consent_page_is_at_the_public_url_of_the_sandbox(running: Deployment, name: str) -> None:
    client = await running.client()
    body = {} if BY_CONSENT[name].servers is None else {"server": "social.example"}
    reply = await client.post(f"/v1/accounts/connect/{name}", body)
    url = reply.json()["descriptor"]["authorizationUrl"]
    page = await browse(running, url)
    assert page.status_code == 200, page.text
    link = unescape(re.findall(r'href="([^"]+)"', page.text)[0])
    returned = await browse(running, urljoin(url, link))
    brought = dict(parse_qsl(urlsplit(returned.headers["location"]).query))
    given = {field: brought[field] for field in ("code", "state")}  # some networks add what was granted
    connected = await client.post(f"/v1/accounts/connect/{name}/complete", given)
    answer = connected.json()
    assert connected.status_code == 201 or answer["error"]["rule"] == "connect.choose", answer
