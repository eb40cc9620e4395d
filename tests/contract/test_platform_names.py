"""A platform is added as a folder: no other file names it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import letmepost
from letmepost.platforms import discover

SOURCE = Path(letmepost.__file__).parent
SHARES = frozenset({("threads", "instagram")})
"""Platforms with the network to which they share posts: their own option names it."""


@pytest.mark.parametrize("name", sorted(discover()))
def test_platform_is_named_only_in_its_own_folder(name: str) -> None:
    assert set(_files_naming(name)) == set()


def test_search_for_names_finds_them() -> None:
    for line in (
        'kind = "double"',
        'title = "Double"',
        "double = 1",
        "class DoubleOptions: ...",
        "def post_to_double(): ...",
        "from letmepost.platforms.double import PLATFORM",
        "import letmepost.platforms.double",
        "call(double=1)",
        "thing.double",
    ):
        assert _is_named("double", ast.parse(line)), line
    for line in ('text = "it doubles"', "redouble_d = 1", "# double", "def f(): '''About double.'''"):
        assert not _is_named("double", ast.parse(line)), line


def _files_naming(name: str) -> Iterator[str]:
    for path in SOURCE.rglob("*.py"):
        place = path.relative_to(SOURCE)
        if place.parts[0] == "platforms" and (place.parts[1] == name or (place.parts[1], name) in SHARES):
            continue
        if name in place.as_posix().lower() or name in _named_in(path):
            yield str(place)


@cache
def _named_in(path: Path) -> frozenset[str]:
    """Return the platforms that a file names. Parsing it takes longer than the search."""
    words = {word for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for word in _words(node)}
    return frozenset(words & discover().keys())


def _is_named(name: str, tree: ast.AST) -> bool:
    return any(name in _words(node) for node in ast.walk(tree))


def _words(node: ast.AST) -> list[str]:
    """Return a constant as a whole, or the words of an identifier, in lower case."""
    match node:
        case ast.Constant(value=str() as text):
            return [text.lower()]
        case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text) | ast.alias(name=text):
            return _split(text)
        case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
            return _split(text)
        case ast.keyword(arg=str() as text):
            return _split(text)
        case ast.ImportFrom(module=str() as text):
            return _split(text)
    return []


def _split(identifier: str) -> list[str]:
    """Split an identifier such as `post_toBluesky.x` into words."""
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in identifier)
    return spaced.lower().replace("_", " ").replace(".", " ").split()
