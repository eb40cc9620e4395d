"""Every operation has an example in a page of docs/. `tests/processes` executes them."""

import json
import re
from pathlib import Path

import pytest

from tests.readme import shell_blocks

ROOT = Path(__file__).parents[2]
OPERATIONS = [
    (method.upper(), path)
    for path, operations in json.loads((ROOT / "openapi/openapi.json").read_text(encoding="utf-8"))["paths"].items()
    for method in operations
]
SHELL = "\n".join(block for page in sorted((ROOT / "docs").rglob("*.md")) for block in shell_blocks(page))
ELSEWHERE = {
    ("POST", "/v1/accounts/connect/{platform}/complete"),  # takes real credentials
    ("PUT", "/v1/media/uploads/{token}"),  # its URL is part of a response
}


def called() -> set[tuple[str, str]]:
    """Return the methods and paths of the examples, without the query."""
    found = set()
    for command in re.findall(r"curl (?:[^\n'\"]|\"[^\"]*\"|'[^']*')*", SHELL):
        path = re.search(r"\$API(/[^\s\"?]*)", command)
        method = re.search(r"-X (\w+)", command)
        default = "POST" if " --json " in command or " -F " in command else "GET"
        if path:
            found.add((method[1] if method else default, path[1]))
    return found


@pytest.mark.parametrize(("method", "path"), sorted(set(OPERATIONS) - ELSEWHERE))
def test_operation_has_an_example(method: str, path: str) -> None:
    shape = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
    assert any(other == method and shape.fullmatch(asked) for other, asked in called()), (method, path)
