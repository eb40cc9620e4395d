"""Every rule id that a response can contain has a page."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType

import letmepost
from letmepost.domain import refusals
from letmepost.domain.errors import ErrorCode, RequestError
from letmepost.domain.refusals import CATALOG, Explanation
from letmepost.http.docs.codes import MEANINGS
from letmepost.http.docs.rules import explained_rules
from letmepost.http.errors import rule_page
from letmepost.platforms import discover
from letmepost.platforms.planned import PLANNED
from tests.contract.routes import ROWS

_SOURCE = Path(letmepost.__file__).parent
_EXPLAINED = {rule.id for rule in explained_rules(discover().values()).values()}
_ID = re.compile(r"[a-z][A-Za-z_]*(\.[a-z][A-Za-z0-9_]*)+")


def _trees(folder: Path, *, without: str = "") -> Iterator[ast.AST]:
    for path in sorted(folder.rglob("*.py")):
        if without not in path.relative_to(folder).parts:
            yield ast.parse(path.read_text(encoding="utf-8"))


def test_every_id_with_the_name_of_a_platform_has_a_page() -> None:
    """A row of limits has the beginning of its rules' ids, with the separator. Simulators know no rules."""
    for name in discover():
        texts = {
            node.value
            for tree in _trees(_SOURCE / "platforms" / name, without="simulator")
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        named = {text for text in texts if text.startswith(f"{name}.") and _ID.fullmatch(text)}
        begun = {text for text in named if text.endswith("_") and any(known.startswith(text) for known in _EXPLAINED)}
        assert sorted(named - _EXPLAINED - begun) == []


def test_every_entry_of_the_catalog_is_used() -> None:
    """A page about an error that cannot occur would be wrong."""
    used = {
        (node.value.attr, node.attr)
        for tree in _trees(_SOURCE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)
    }
    used |= {("requests", "NOT_FOUND")}  # by its module's `not_found`
    defined = {
        (module.__name__.rpartition(".")[2], name)
        for module in vars(refusals).values()
        if isinstance(module, ModuleType) and module.__name__.startswith(f"{refusals.__name__}.")
        for name, value in vars(module).items()
        if isinstance(value, Explanation)
    }
    assert sorted(defined - used) == []


def test_only_the_catalog_creates_request_errors() -> None:
    """Otherwise an error and its page could say different things."""
    names = {error.__name__ for error in _subclasses(RequestError)} - {"InvalidShape", "PreflightFailed"}
    found = {
        f"{path.relative_to(_SOURCE)}:{node.lineno}"
        for path in sorted(_SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    }
    assert found == set()


def _subclasses(parent: type[RequestError]) -> Iterator[type[RequestError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _subclasses(child)


def test_no_two_explanations_share_a_page() -> None:
    ids = [explanation.id for explanation in (*CATALOG, *chain.from_iterable(PLANNED.values()))]
    for platform in discover().values():
        ids += [
            *(rule.id for rule in platform.rules),
            *(refusal.id for refusal in (*platform.refusals, *platform.never_raised)),
        ]
    assert len({rule_page(rule_id) for rule_id in ids}) == len(ids)


def test_explanations_are_sentences() -> None:
    for rule in explained_rules(discover().values()).values():
        remediation = rule.advise(**rule.sample) if isinstance(rule, Explanation) else rule.remediation
        for sentence in (rule.summary, remediation):
            assert sentence.endswith("."), rule.id
            assert sentence[0].isupper() or sentence[0] == "`", rule.id


def test_every_error_code_is_explained() -> None:
    assert set(MEANINGS) == set(ErrorCode)


def test_operations_in_remediations_exist() -> None:
    named = {
        operation
        for explanation in CATALOG
        for text in (explanation.message, explanation.remediation, explanation.summary)
        for operation in re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /v1/[^`]*)`", text)
    }
    known = {re.sub(r"\{\w+\}", "{}", row.line) for row in ROWS}
    assert named
    assert sorted(name for name in named if re.sub(r"\{+\w+\}+", "{}", name) not in known) == []
