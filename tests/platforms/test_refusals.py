"""The refusals of every platform: each is used, and its failure says the same as its page."""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from letmepost import platforms
from letmepost.domain.errors import FixableBy, InputRefused
from letmepost.domain.refusals import Explanation, PlatformRefusal
from letmepost.domain.retry import POLICIES, Next
from letmepost.http.docs.layout import prose
from letmepost.http.docs.rules import explanation_page
from letmepost.http.errors import error_fields
from tests.cases import for_each

_FOLDERS = (*platforms.discover(), "_kit", "_meta")
_REFUSALS = [
    (folder, name, value)
    for folder in _FOLDERS
    for name, value in vars(import_module(f"letmepost.platforms.{folder}.refusals")).items()
    if isinstance(value, Explanation)
]
each_refusal = for_each(_REFUSALS)
_PARAMETERS = {
    "network": "Example",
    "reason": "No",
    "source": "The directory",
    "status": "404",
    "size_bytes": 9_000_000,
    "limit": 5_242_880,
}
"""Parameters of refusals without a page, which have no sample."""


@cache
def _names_in(path: Path) -> set[str]:
    """Return the names that a module reads: `NAME` and `module.NAME`."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


@each_refusal
def test_refusal_is_used(folder: str, name: str, refusal: Explanation) -> None:
    files = (Path(platforms.__path__[0]) / folder).rglob("*.py")
    assert any(name in _names_in(path) for path in files)


@each_refusal
def test_failure_says_the_same_as_the_page(folder: str, name: str, refusal: Explanation) -> None:
    parameters: dict[str, Any] = {**_PARAMETERS, **refusal.sample}
    assert "{" not in refusal.describe(**parameters) + refusal.advise(**parameters)
    if refusal.id:
        assert prose(refusal.describe(**refusal.sample)) in explanation_page(refusal).body
    if isinstance(refusal, PlatformRefusal):
        fields = error_fields(refusal(**parameters))
        assert fields["message"] == refusal.describe(**parameters)
        assert fields.get("remediation", "") == refusal.advise(**parameters)
        assert (fields["fixableBy"], fields["retryable"]) == (refusal.fixable_by, refusal.retryable)
        assert fields.get("rule", "") == (refusal.id or refusal.rule)


@each_refusal
def test_refusal_with_an_id_has_a_page_of_its_own(folder: str, name: str, refusal: Explanation) -> None:
    if refusal.id:
        assert refusal.summary
        assert not (isinstance(refusal, PlatformRefusal) and refusal.rule)


@each_refusal
def test_refusal_that_ends_a_post_states_what_to_do(folder: str, name: str, refusal: Explanation) -> None:
    """Except in `_kit`: there, the platform's own words are all that is known."""
    if isinstance(refusal, PlatformRefusal) and folder != "_kit":
        assert refusal.remediation or POLICIES[refusal.kind].next in {Next.TRY_AGAIN, Next.ASK}


@each_refusal
def test_failure_has_the_kind_of_the_refusal(folder: str, name: str, refusal: Explanation) -> None:
    if isinstance(refusal, PlatformRefusal):
        parameters: dict[str, Any] = {**_PARAMETERS, **refusal.sample}
        failure = refusal(**parameters)
        assert (failure.kind, failure.scope) == (refusal.kind, refusal.scope)
        assert isinstance(failure, InputRefused) == refusal.is_input
        expected = FixableBy.OPERATOR if refusal.is_operators else POLICIES[refusal.kind].fixable_by
        assert refusal.fixable_by is (FixableBy.CALLER if refusal.is_input else expected)
