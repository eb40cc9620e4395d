"""The Python client as a package in an empty environment."""

import re
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

from tests.clients.conftest import HERE, Site, run
from tests.deployment import Client

PACKAGE = HERE.parents[1] / "clients/python"


async def test_three_lines_of_the_readme_publish_to_the_sandbox(site: Site, client: Client, tmp_path: Path) -> None:
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

    [program] = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)
    assert len([line for line in program.splitlines() if line]) == 3
    # `env` adds the variables to those of this process, which must not see the package of the tree.
    variables = {"LETMEPOST_URL": site.url, "LETMEPOST_API_KEY": client.key, "PYTHONPATH": ""}
    settings = [f"{name}={value}" for name, value in variables.items()]
    printed = await run("/usr/bin/env", *settings, python, "-c", program, directory=tmp_path)
    [post] = (await client.get("/v1/posts")).json()["data"]
    assert (post["status"], post["text"], post["url"]) == ("published", "Hello from Python", printed.strip())
