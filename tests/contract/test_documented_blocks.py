"""Every block of code of the README and the site is executed, or is here with the reason why it is not."""

import re
from pathlib import Path

import pytest

from tests.readme import ELSEWHERE, README, ROOT, code_blocks, site_pages

EXECUTED = {
    "sh": ("tests/processes/test_dev.py", "tests/first_run/test_first_run.py", "tests/image/test_image.py"),
    "python": ("tests/clients/test_documented_programs.py", "tests/clients/test_documented_verification.py"),
    "ts": ("tests/clients/test_documented_programs.py", "tests/clients/test_documented_verification.py"),
    "js": ("tests/clients/test_documented_verification.py",),
    "go": ("tests/clients/test_documented_verification.py",),
    "php": ("tests/clients/test_documented_verification.py",),
    "caddy": ("tests/contract/test_caddy.py",),
}
"""The tests that execute the blocks of a language."""
NOT_EXECUTED = {
    "json": "requests and responses, abridged with …",
    "mermaid": "diagrams",
}
"""Languages, and why no test executes them."""
PLAIN_TEXT = {
    "cli.md": "a login to another server, and commands that never end",
    "clients.md": "installs the clients; tests/clients installs the same packages",
    "mcp.md": "installs the extra, which `make install` installs, too",
    "media.md": "an example of the `command` of a violation; tests/domain checks such commands with a model of ffmpeg",
    "networks/bluesky.md": "a request with a real password",
    "networks/mastodon.md": "a request that leads to the consent page of a real server",
    "operators.md": "commands that never end, or change the files of a deployment",
    "quickstart.md": "`make dev`, which tests/first_run starts",
    "reliability.md": "the output of a run of faults",
    "sandbox.md": "steps of a workflow of GitHub Actions",
    "self-hosting.md": "settings, and commands that need Docker; test_backup.py runs those of PostgreSQL",
}
"""The pages with blocks of the language `text`, and why no test executes them."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The README and the pages of the site, with their generated parts, by their names."""
    place = tmp_path_factory.mktemp("pages")
    site = {str(page.relative_to(place / "docs")): page for page in site_pages(place)}
    return {README.name: README} | site


def test_every_block_has_a_language_that_is_executed_or_a_reason(pages: dict[str, Path]) -> None:
    for name, page in pages.items():
        fences = re.findall(r"^ *```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(fences[::2]) <= EXECUTED.keys() | NOT_EXECUTED.keys() | {"text"}, name
        assert set(fences[1::2]) <= {""}, name


def test_every_page_with_plain_text_is_listed(pages: dict[str, Path]) -> None:
    assert {name for name, page in pages.items() if code_blocks(page, "text")} == PLAIN_TEXT.keys()


@pytest.mark.parametrize("path", sorted({path for paths in EXECUTED.values() for path in paths}))
def test_test_that_executes_blocks_exists(path: str) -> None:
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("page", ELSEWHERE)
def test_test_of_a_page_exists(page: str) -> None:
    assert (ROOT / "docs" / page).is_file()
    assert (ROOT / ELSEWHERE[page]).is_file()
