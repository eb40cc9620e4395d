"""The programs of docs/emulator.md, which use clients of other authors, publish to `letmepost sandbox`."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest

from tests.emulated import Emulated, emulated
from tests.npm import Node, node_for
from tests.readme import README

HERE = Path(__file__).parent
PAGE = README.parent / "docs/emulator.md"
PROGRAMS = {
    heading: (language, code)
    for heading, language, code in re.findall(
        r"^### (\S+)\n(?:(?!^#).)*?^```(python|js)\n(.*?)^```",
        PAGE.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
}
NETWORKS = {
    "tweepy": "twitter",
    "@atproto/api": "bluesky",
    "facebook-business": "facebook",
    "google-api-python-client": "youtube",
}
POSTED = {
    "tweepy": ["Hello from tweepy", "A reply"],
    "@atproto/api": ["Hello from @atproto/api: https://example.com", "A reply"],
    "facebook-business": ["Hello from facebook-business", "A photo"],
    "google-api-python-client": ["Hello from google-api-python-client"],
}


@pytest.fixture(scope="module")
async def emulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="session")
def in_python(python: Path, require: Callable[[str], None]) -> Path:
    for package in ("tweepy", "facebook-business", "google-api-python-client"):
        require(package)
    return python


@pytest.fixture(scope="session")
def in_node(node: Node, install_packages: Callable[[Path], Path]) -> tuple[Path, Path]:
    """Node, and the folder of its packages."""
    installed = install_packages(HERE / "node")
    return Path(node_for(installed, node).node), installed / "node_modules"


async def run(program: Path, script: Path) -> str:
    """Run a script in its folder, and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        program,
        script,
        cwd=script.parent,
        env={"PATH": os.environ["PATH"]},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        printed, logged = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{printed.decode()}\n{logged.decode()}"
    return printed.decode()


async def texts(running: Emulated, network: str) -> list[str]:
    """Return the texts of the posts that followers see."""
    async with httpx2.AsyncClient(timeout=30) as http:
        posts = (await http.get(f"{running.ready['controlUrl']}/{network}/posts")).json()["posts"]
    return [post["text"] for post in posts]


def test_every_program_of_the_page_is_run() -> None:
    assert PROGRAMS.keys() == POSTED.keys()


@pytest.mark.parametrize("client", [name for name in POSTED if not name.startswith("@")])
async def test_program_in_python_publishes_and_is_refused(client: str, emulator: Emulated, in_python: Path) -> None:
    language, code = PROGRAMS[client]
    assert language == "python"
    script = emulator.ready_file.with_name(f"program_{NETWORKS[client]}.py")
    script.write_text(code, encoding="utf-8")
    assert "Refused: " in await run(in_python, script)
    assert await texts(emulator, NETWORKS[client]) == POSTED[client]


async def test_program_in_javascript_publishes_and_is_refused(emulator: Emulated, in_node: tuple[Path, Path]) -> None:
    client = "@atproto/api"
    language, code = PROGRAMS[client]
    assert language == "js"
    node, packages = in_node
    script = emulator.ready_file.with_name("program.mjs")
    script.write_text(code, encoding="utf-8")
    script.with_name("node_modules").symlink_to(packages)
    assert "Refused: InvalidRequest" in await run(node, script)
    assert await texts(emulator, NETWORKS[client]) == POSTED[client]
