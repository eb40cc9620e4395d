"""A deployment that programs can reach, and the programs that read its OpenAPI description."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.database import DatabaseURLs, copy_of
from tests.deployment import Client, Deployment, deployed, serving
from tests.documented import DESCRIPTION
from tests.http.support import png
from tests.readme import ROOT, code_blocks, pages_with

HERE = Path(__file__).parent
TYPESCRIPT = ROOT / "clients/typescript"
PYTHON = HERE.parents[1] / ".venv/clients/bin/python"


@dataclass(frozen=True, slots=True)
class Site:
    """A deployment with one worker, and its URL."""

    deployment: Deployment
    url: str


@pytest.fixture(scope="session")
async def site(
    postgres_url: str,
    template_database: DatabaseURLs,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Site]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, directory = f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("site")
    async with (
        copy_of(template_database, postgres_url) as urls,
        deployed(urls, redis_url, directory, public_url=url) as running,
        serving(running.app, port),
    ):
        yield Site(running, url)


@pytest.fixture
async def client(site: Site) -> Client:
    """A test key of an organization of this test's own."""
    return await site.deployment.client()


@pytest.fixture(scope="session")
def tools(install_packages: Callable[[Path], Path]) -> Path:
    """The folder `node` with its packages."""
    return install_packages(HERE / "node")


@pytest.fixture(scope="session")
async def built(install_packages: Callable[[Path], Path]) -> Path:
    """The TypeScript client, compiled from the committed description, with its tests and every documented program.

    `dist-tests/readme.js` has the examples of its README, and `dist-tests/docs-PAGE.js` those of a page of the site.
    """
    directory = install_packages(TYPESCRIPT)
    for name in ("src", "dist", "tests", "dist-tests"):
        shutil.rmtree(directory / name, ignore_errors=True)
    for name in ("src", "tests"):
        shutil.copytree(TYPESCRIPT / name, directory / name)
    programs = {"readme": TYPESCRIPT / "README.md"} | {f"docs-{page.stem}": page for page in pages_with("ts")}
    for name, page in programs.items():
        (directory / f"tests/{name}.ts").write_text("\n".join(code_blocks(page, "ts")), encoding="utf-8")
    await run("node", "generate.mjs", DESCRIPTION, "src/schema.ts", directory=directory)
    for project in ("tsconfig.json", "tsconfig.tests.json"):
        await run(directory / "node_modules/.bin/tsc", "--project", project, directory=directory)
    return directory


@pytest.fixture(scope="session")
def python() -> Path:
    """Python with `openapi-python-client` and `standardwebhooks`, which the project itself does not need."""
    if not PYTHON.exists():
        pytest.exit(f"{PYTHON} is missing: run `make test-clients`, which installs it.", returncode=1)
    return PYTHON


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    path.write_bytes(png())
    return path


async def run(program: str | Path, *arguments: str | Path, directory: Path) -> str:
    """Run a program, without blocking the server that it calls. Return what it prints.

    The programs beside it come first in its search path.

    Raises:
        AssertionError: it failed.
    """
    command = (program, *arguments)
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=directory,
        env={**os.environ, "PATH": os.pathsep.join((str(Path(program).parent), os.environ["PATH"]))},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, f"{' '.join(map(str, command))}\n{printed.decode()}"
    return printed.decode()
