"""A rule id is written once: in the catalog, in a platform's refusals, or in its rules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import letmepost
from letmepost.http.docs.rules import explained_rules
from letmepost.platforms import discover
from letmepost.services.events import EVENT_TYPES

_SOURCE = Path(letmepost.__file__).parent
_PLATFORMS = discover()
_IDS = {rule.id for rule in explained_rules(_PLATFORMS.values()).values()} - set(EVENT_TYPES)
"""Without the ids that are also types of events: a literal of those says nothing."""
_COMPOSED = tuple(f"{name}." for name in _PLATFORMS)


def _defines_rules(place: Path) -> bool:
    """Return True if rules are defined in a file, given by its path in the package."""
    if place.parts[:2] == ("domain", "refusals"):
        return True
    return place.parts[0] == "platforms" and (
        place.name in {"planned.py", "refusals.py", "rules.py"} or place.name.endswith("_rules.py")
    )


def _literals(tree: ast.AST) -> Iterator[str]:
    """Yield every literal or f-string that is a rule id, or is in the place of one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in _IDS:
            yield str(node.value)
        elif isinstance(node, ast.JoinedStr) and _is_composed(node):
            yield ast.unparse(node)
        else:
            yield from (ast.unparse(value) for value in _rules_in(node) if _is_literal(value))


def _is_composed(text: ast.JoinedStr) -> bool:
    start = text.values[0] if text.values else None
    return isinstance(start, ast.Constant) and str(start.value).startswith(_COMPOSED)


def _rules_in(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions in a node whose value becomes a rule id."""
    match node:
        case ast.keyword(arg="rule", value=value):
            yield value
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "rule":
                    yield value
        case ast.Call(func=ast.Name(id="Warn"), args=[code, *_]):
            yield code


def _is_literal(value: ast.expr) -> bool:
    """Return True for a string that is not empty, and for an f-string."""
    if isinstance(value, ast.IfExp):
        return _is_literal(value.body) or _is_literal(value.orelse)
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value != ""
    return is_text or isinstance(value, ast.JoinedStr)


def test_rule_ids_are_literals_only_where_rules_are_defined() -> None:
    found = {
        (str(place), literal)
        for path in sorted(_SOURCE.rglob("*.py"))
        if not _defines_rules(place := path.relative_to(_SOURCE))
        for literal in _literals(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set(), "import the refusal or the rule instead"


@pytest.mark.parametrize(
    "source",
    [
        "code = 'media.in_use'",
        "PlatformFailure(kind, message, rule='quite.new')",
        "PlatformFailure(kind, message, rule='quite.new' if found else None)",
        "error = {'rule': 'quite.new'}",
        "yield Warn('quite.new', message)",
        "yield Warn(f'quite.{name}', message)",
        *(f"code = f'{start}{{subject}}.refused'" for start in _COMPOSED),
    ],
)
def test_rule_literal_is_found(source: str) -> None:
    assert list(_literals(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "PlatformFailure(kind, message, rule=refusal.id)",
        "replace(refusal, rule='')",
        "error = {'rule': violation.rule, 'field': 'media.kind'}",
        "yield Warn(GIF_STATIC.id, 'media.in_use is a rule.')",
        "event = 'post.published'",
    ],
)
def test_other_literal_is_not_found(source: str) -> None:
    assert list(_literals(ast.parse(source))) == []
