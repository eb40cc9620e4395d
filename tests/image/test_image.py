"""The Dockerfile builds a service that works, and docker-compose.yml runs it as the README says."""

import faulthandler
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import asyncpg
import httpx2
import psutil
import pytest

from letmepost.cli.embedded import start_postgres, start_valkey
from letmepost.platforms import discover
from tests.deployment_files import ROOT, read_env_file
from tests.image.image import Image
from tests.image.services import Deployment
from tests.readme import hosting_block
from tests.servers import open_directory

API = "127.0.0.1:8080"
SANDBOX = "127.0.0.1:8090"
NAME = "linkedin"
"""A platform that is connected by consent, and publishes posts without media."""
CREDENTIALS = {
    f"LETMEPOST_{NAME.upper()}_{field.upper()}": f"{field}-from-env-file"
    for field in discover()[NAME].settings.credentials()
}


@dataclass
class Hosted:
    """The service after the README's commands. `printed`: the output of each command in a container."""

    deployment: Deployment
    printed: list[str]

    def find(self, pattern: str) -> str:
        """Return what the last command printed that matches."""
        return re.findall(pattern, "".join(self.printed))[-1]  # type: ignore[no-any-return]  # the pattern has one group

    async def call(self, key: str, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Call the API at its published address."""
        async with httpx2.AsyncClient(base_url=self.deployment.url(API), timeout=60) as http:
            reply = await http.request(method, path, json=body, headers={"authorization": f"Bearer {key}"})
        assert reply.status_code < 300, reply.text
        value: dict[str, Any] = reply.json()
        return value


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with open_directory() as found:
        yield found


@pytest.fixture(scope="module")
async def image(directory: Path) -> Image:
    faulthandler.cancel_dump_traceback_later()  # pip may take longer than a test may
    root = directory / "image"
    root.mkdir(mode=0o711)
    built = Image(root)
    await built.build()
    return built


@pytest.fixture(scope="module")
async def servers(directory: Path) -> AsyncIterator[dict[str, str]]:
    """Start PostgreSQL and Valkey; yield the URL of each."""
    postgres = await start_postgres(directory, durable=False)
    valkey = await start_valkey(directory, durable=False)
    yield {"postgres": postgres.url, "valkey": valkey.url}
    await valkey.stop()
    await postgres.stop()


@pytest.fixture(scope="module")
async def hosted(image: Image, servers: dict[str, str], directory: Path) -> AsyncIterator[Hosted]:
    """Execute the README's commands, with the settings of a platform in `.env`."""
    hosted: Hosted | None = None
    for line in hosting_block().splitlines():
        match shlex.split(line, comments=True):
            case ["make", "secrets"]:
                write_env_file(directory)
            case ["docker", "compose", "up", "-d", "--wait"]:
                variables = read_env_file(directory / ".env")
                addresses = await prepare(servers, variables["POSTGRES_PASSWORD"])
                hosted = Hosted(Deployment(image, variables, addresses), [])
                await hosted.deployment.up()
            case ["docker", "compose", "exec", service, *words] if hosted is not None:
                given = [hosted.find(r"org_\w+") if word == "org_…" else word for word in words]
                hosted.printed.append(await hosted.deployment.execute(service, given))
            case words:
                pytest.fail(f"The README has a command that this test does not execute: {words}")
    assert hosted is not None
    yield hosted
    codes = await hosted.deployment.down()
    assert set(codes.values()) == {0}, codes


def write_env_file(directory: Path) -> None:
    """Run the README's command, and add the settings of a platform."""
    command = ["make", "--file", str(ROOT / "Makefile"), "secrets", f"PYTHON={sys.executable}"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    with (directory / ".env").open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in CREDENTIALS.items())


async def prepare(servers: dict[str, str], password: str) -> dict[str, str]:
    """Do what the image of PostgreSQL does first; return the address of each server by the one in the compose file."""
    connection = await asyncpg.connect(servers["postgres"])
    await connection.execute(f"ALTER ROLE postgres PASSWORD '{password}'")
    await connection.execute("CREATE DATABASE letmepost")
    await connection.close()
    hosts = {name: urlsplit(url).netloc.rpartition("@")[2] for name, url in servers.items()}
    return {"postgres:5432": hosts["postgres"], "valkey:6379": hosts["valkey"]}


async def test_created_key_opens_the_published_api(hosted: Hosted) -> None:
    me = await hosted.call(hosted.find(r"lmp_live_\w+"), "GET", "/v1/me")
    assert me["organization"]["id"] == hosted.find(r"org_\w+")


async def test_settings_of_a_platform_reach_api_and_worker_only(hosted: Hosted) -> None:
    key = hosted.find(r"lmp_live_\w+")
    descriptor = (await hosted.call(key, "POST", f"/v1/accounts/connect/{NAME}", {}))["descriptor"]
    assert dict(parse_qsl(urlsplit(descriptor["authorizationUrl"]).query))["client_id"] in CREDENTIALS.values()
    for name in hosted.deployment.addresses:
        given = hosted.deployment.environment(name)
        assert (given.items() >= CREDENTIALS.items()) == (name in {"api", "worker"}), name
        assert name in {"api", "worker"} or not given.keys() & CREDENTIALS.keys()


async def test_browser_opens_the_simulated_consent_page_and_the_account_can_publish(hosted: Hosted) -> None:
    command = ["letmepost", "key", "create", hosted.find(r"org_\w+"), "--mode", "test"]
    key = re.findall(r"lmp_test_\w+", await hosted.deployment.execute("api", command))[0]
    descriptor = (await hosted.call(key, "POST", f"/v1/accounts/connect/{NAME}", {}))["descriptor"]
    assert descriptor["authorizationUrl"].startswith(hosted.deployment.url(SANDBOX))
    async with httpx2.AsyncClient(timeout=60, follow_redirects=True) as browser:
        page = await browser.get(descriptor["authorizationUrl"])
        link = unescape(re.findall(r'href="([^"]+)"', page.text)[0])
        done = await browser.get(urljoin(descriptor["authorizationUrl"], link))
    assert done.status_code == 200, done.text
    [account] = (await hosted.call(key, "GET", "/v1/accounts"))["data"]
    post = {"targets": [{"accountId": account["id"]}], "text": "Hello"}
    assert (await hosted.call(key, "POST", "/v1/posts", post))["status"] == "published"


async def test_services_run_as_the_user_of_the_image_and_change_none_of_its_files(hosted: Hosted, image: Image) -> None:
    account = image.account()
    if account is None:
        pytest.skip("this process may not become another user")
    for name, container in hosted.deployment.containers.items():
        if container.process.returncode is None:
            assert psutil.Process(container.process.pid).uids().real == account.uid, name
    owned = [path for folder in ("app", "venv") for path in image.place(f"/{folder}").rglob("*")]
    assert owned
    assert not [path for path in owned if path.lstat().st_uid == account.uid]
