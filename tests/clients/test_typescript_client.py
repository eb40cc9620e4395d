"""The published TypeScript client, `clients/typescript`: built from the description, and used as a program would."""

import base64
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from letmepost.platforms import discover
from tests.clients.conftest import Site, run
from tests.deployment import Client

OFFLINE = ("calls", "stream", "webhooks")
"""The tests that need no server."""
NodeTest: TypeAlias = Callable[..., Awaitable[None]]
PLATFORM = next(iter(discover()))


@pytest.fixture
def node_test(built: Path, capsys: pytest.CaptureFixture[str]) -> NodeTest:
    """Run tests of the client with Node, by the names of their files. Print the names and results of the tests."""

    async def run_files(*names: str, **variables: str) -> None:
        files = [f"dist-tests/{name}.test.js" for name in names]
        settings = [f"{name}={value}" for name, value in variables.items()]
        printed = await run("env", *settings, "node", "--test", "--test-reporter=spec", *files, directory=built)
        with capsys.disabled():
            sys.stdout.write(f"\n{printed}")

    return run_files


async def test_client_sends_retries_and_verifies_as_documented(node_test: NodeTest) -> None:
    await node_test(*OFFLINE)


async def test_client_sends_retries_and_verifies_in_deno(built: Path, tmp_path: Path) -> None:
    # The package `deno` would copy this program in an install script, which need not be allowed.
    deno = next((built / "node_modules/@deno").glob("*/deno*"))
    files = [f"dist-tests/{name}.test.js" for name in OFFLINE]
    settings = (f"DENO_DIR={tmp_path}", "DENO_NO_UPDATE_CHECK=1")
    printed = await run("env", *settings, deno, "test", "--no-check", "--no-lock", *files, directory=built)
    assert "| 0 failed" in printed


async def test_client_works_with_a_server(site: Site, client: Client, node_test: NodeTest, picture: Path) -> None:
    await node_test(
        "server",
        LETMEPOST_URL=site.url,
        LETMEPOST_API_KEY=client.key,
        PLATFORM=PLATFORM,
        PICTURE=base64.b64encode(picture.read_bytes()).decode(),
    )


async def test_examples_of_the_readme_run(
    site: Site, client: Client, built: Path, node_test: NodeTest, picture: Path
) -> None:
    shutil.copyfile(picture, built / "picture.png")
    await node_test("readme", LETMEPOST_URL=site.url, LETMEPOST_API_KEY=client.key)


async def test_package_publishes_in_three_lines_from_an_empty_folder(
    site: Site, client: Client, built: Path, tmp_path: Path
) -> None:
    await client.sandbox_account()
    # Otherwise npm installs into a parent folder that has such a file.
    (tmp_path / "package.json").write_text("{}")
    await run("npm", "pack", "--ignore-scripts", "--pack-destination", tmp_path, directory=built)
    [package] = tmp_path.glob("*.tgz")
    await run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", package, directory=tmp_path)
    (tmp_path / "publish.mjs").write_text(f"""
        import {{ Letmepost }} from "letmepost-client";
        const client = new Letmepost({{ apiKey: "{client.key}", baseUrl: "{site.url}" }});
        console.log((await client.posts.create({{ targets: [{{ platform: "{PLATFORM}" }}], text: "Hello" }})).status);
    """)
    assert await run("node", "publish.mjs", directory=tmp_path) == "published\n"
