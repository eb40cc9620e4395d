"""The Python and TypeScript on the pages of the site, as one program for each page and language."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import Site, run
from tests.deployment import Client
from tests.readme import ROOT, code_blocks, pages_with

PICTURES = ("lighthouse.jpg", "lighthouse.mp4")
"""The files of docs/assets that programs upload."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that a reader has saved."""
    for name in PICTURES:
        shutil.copy(ROOT / "docs/assets" / name, tmp_path)
    return tmp_path


def variables(site: Site, client: Client) -> tuple[str, str, str]:
    """Return a command that runs another with the variables that the clients read."""
    return "/usr/bin/env", f"LETMEPOST_URL={site.url}", f"LETMEPOST_API_KEY={client.key}"


@pytest.mark.parametrize("page", pages_with("python"), ids=lambda page: page.stem)
async def test_python_of_a_page_runs(page: Path, site: Site, client: Client, folder: Path) -> None:
    program = "\n".join(code_blocks(page, "python"))
    await run(*variables(site, client), sys.executable, "-I", "-W", "error", "-c", program, directory=folder)


@pytest.mark.parametrize("page", pages_with("ts"), ids=lambda page: page.stem)
async def test_typescript_of_a_page_runs(page: Path, site: Site, client: Client, built: Path, folder: Path) -> None:
    await run(*variables(site, client), "node", built / f"dist-tests/docs-{page.stem}.js", directory=folder)
