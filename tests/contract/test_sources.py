"""Rules for every source file."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import letmepost
from tests.cases import for_each

SOURCE = Path(letmepost.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))

each_file = for_each(FILES)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@each_file
def test_source_does_not_import_tests(path: Path) -> None:
    imported = set(_imports(_tree(path)))
    for forbidden in ("unittest", "pytest", "tests", "hypothesis"):
        assert not {name for name in imported if name.partition(".")[0] == forbidden}


@each_file
def test_every_module_has_a_docstring(path: Path) -> None:
    assert not path.read_text(encoding="utf-8") or ast.get_docstring(_tree(path))


@each_file
def test_sqlalchemy_text_is_used_in_table_definitions_only(path: Path) -> None:
    """The two ways to write a statement are described in `storage/database.py`."""
    tree = _tree(path)
    is_definition = path.is_relative_to(SOURCE / "storage" / "tables")
    assert is_definition or not set(_ways_to_text(tree))


def _ways_to_text(tree: ast.AST) -> Iterator[str]:
    """Yield imports of SQLAlchemy's `text`, and of whole modules that contain it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "sqlalchemy":
            yield from (alias.name for alias in node.names if alias.name in {"text", "TextClause", "sql", "*"})
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == "sqlalchemy")


@pytest.mark.parametrize(
    "source",
    [
        "from sqlalchemy import select, text",
        "from sqlalchemy.sql import text as sql",
        "from sqlalchemy.sql.expression import TextClause",
        "from sqlalchemy import sql",
        "import sqlalchemy as sa",
    ],
)
def test_every_way_to_sqlalchemy_text_is_detected(source: str) -> None:
    assert set(_ways_to_text(ast.parse(source)))
