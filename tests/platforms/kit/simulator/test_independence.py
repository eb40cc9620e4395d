"""Simulators and flows share no code, so that one mistake cannot be in both."""

import ast
from collections.abc import Iterator
from pathlib import Path

import letmepost

PLATFORMS = Path(letmepost.__file__).parent / "platforms"
KITS = ("letmepost.platforms._kit.simulator", "letmepost.platforms._meta.simulator")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_simulators_use_no_shared_code_of_the_flows() -> None:
    found = {
        (path.relative_to(PLATFORMS).as_posix(), name)
        for path in PLATFORMS.glob("*/simulator/**/*.py")
        for name in imported(path)
        if name.startswith("letmepost.platforms._") and not name.startswith(KITS)
    }
    assert found == set()


def test_flows_use_no_shared_code_of_the_simulators() -> None:
    users = {path for path in PLATFORMS.rglob("*.py") if any(name.startswith(KITS) for name in imported(path))}
    assert users
    assert {path for path in users if path.relative_to(PLATFORMS).parts[1] != "simulator"} == set()
