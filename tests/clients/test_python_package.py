"""The Python client as a package in an empty environment."""

import re
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

from tests.clients.conftest import HERE, Site, run
from tests.deployment import Client

PACKAGE = HERE.parents[1] / "clients/python"


async def test_readme_works_in_an_empty_environment(site: Site, client: Client, picture: Path, tmp_path: Path) -> None:
    """Its first three lines publish to the sandbox. The other examples run after them, in one program."""
    pip = ("-m", "pip", "--disable-pip-version-check")
    await run(
        *(sys.executable, *pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, PACKAGE),
        directory=tmp_path,
    )
    [wheel] = tmp_path.glob("letmepost_client-*.whl")
    assert "letmepost_client/py.typed" in ZipFile(wheel).namelist()

    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty/bin/python"
    await run(python, *pip, "install", wheel, directory=tmp_path)

    async def execute(program: str, key: str) -> str:
        # `env` adds the variables to those of this process.
        variables = (f"LETMEPOST_URL={site.url}", f"LETMEPOST_API_KEY={key}")
        return await run("/usr/bin/env", *variables, python, "-I", "-c", program, directory=tmp_path)

    programs = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)
    assert len([line for line in programs[0].splitlines() if line]) == 3
    printed = await execute(programs[0], client.key)
    [post] = (await client.get("/v1/posts")).json()["data"]
    assert (post["status"], post["text"], post["url"]) == ("published", "Hello from Python", printed.strip())

    picture.rename(tmp_path / "cat.png")
    other = await site.deployment.client()
    await execute("\n".join(programs), other.key)
    texts = [post["text"] for post in (await other.get("/v1/posts")).json()["data"]]
    assert texts == ["Hello from asyncio", "Later", "Live", "A cat", "Order 17 is ready", "Hello from Python"]
