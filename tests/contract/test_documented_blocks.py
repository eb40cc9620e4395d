"""Every block of code on the documentation's pages is executed, or is here with the reason why it is not."""

import re
from pathlib import Path

import pytest

from tests.readme import README

EXECUTED = {
    "sh": "tests/processes/test_dev.py",
    "python": "tests/contract/test_signature_docs.py",
    "js": "tests/clients/test_documented_javascript.py",
    "toml": "tests/processes/test_emulator.py",
}
NOT_EXECUTED = {
    "json": "requests and responses, abridged with …",
    "text": "commands that install something, need Docker or real credentials, or never end, and output",
    "go": "the tests do not install Go",
    "mermaid": "diagrams",
    "php": "the tests do not install PHP",
}
CONTRIBUTORS = {"adding-a-platform.md"}
"""Pages with blocks that are compared with files of the tests."""
PAGES = [path for path in sorted((README.parent / "docs").rglob("*.md")) if path.name not in CONTRIBUTORS]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_block_has_a_language_that_is_executed_or_a_reason(page: Path) -> None:
    fences = re.findall(r"^ *```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(fences[::2]) <= EXECUTED.keys() | NOT_EXECUTED.keys()
    assert set(fences[1::2]) <= {""}


def test_every_test_that_executes_blocks_exists() -> None:
    for path in EXECUTED.values():
        assert (README.parent / path).is_file()
