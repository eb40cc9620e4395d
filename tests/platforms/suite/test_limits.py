"""Preflight against the simulator of every platform: each has the limits in its own code, and they agree."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Warn
from tests.doubles.texts import FILLERS, how_often, texts_around
from tests.doubles.worker import Worker
from tests.platforms.suite.description import SCHEMA, Content, PlatformSuite
from tests.platforms.suite.suites import SUITES, each_suite

_TAILS = ("", " https://example.com/a?b=1")

each_field = pytest.mark.parametrize(
    ("suite", "field"),
    [pytest.param(suite, field, id=f"{name}-{field}") for name, suite in SUITES.items() for field in suite.fields()],
)
each_count = pytest.mark.parametrize(
    ("suite", "rule"),
    [pytest.param(suite, rule, id=rule) for suite in SUITES.values() for rule in suite.counted()],
)
each_size = pytest.mark.parametrize(
    ("suite", "rule"),
    [pytest.param(suite, rule, id=rule) for suite in SUITES.values() for rule in suite.sized()],
)
each_broken_rule = pytest.mark.parametrize(
    ("suite", "rule"),
    [pytest.param(suite, rule, id=rule) for suite in SUITES.values() for rule in suite.broken],
)


@cache
def connected(name: str) -> Worker:
    worker = Worker(platform=SUITES[name].platform)
    worker.connect()
    return worker


def is_accepted(suite: PlatformSuite, content: Content) -> bool:
    """Publish without preflight; return True if the simulator accepts all of it without a warning."""
    worker = connected(suite.platform.name).copy()
    try:
        announced = worker.publish(worker.account, **content)
    except PlatformFailure as failure:
        if failure.kind is not FailureKind.REJECTED:
            raise
        return False
    return not [what for what in announced if isinstance(what, Warn) and what.code not in suite.harmless_warnings]


def is_judged(suite: PlatformSuite, broken: set[str]) -> bool:
    """Return True if the simulator can check all of these rules."""
    return broken.isdisjoint({SCHEMA, *suite.unjudged})


@cache
def limits_of_texts(name: str, field: str) -> Mapping[tuple[str, str], tuple[int, set[str]]]:
    """Return how often each filler fits into a field, by filler and end, and the rules that are broken by once more."""
    suite = SUITES[name]
    make = suite.fields()[field]
    found = {}
    for filler, tail in product(FILLERS, _TAILS):
        broken = partial(_broken_by_repeating, suite, make, filler, tail)
        count = how_often(partial(_fits, broken))
        if count is not None:
            found[filler, tail] = count, broken(count + 1)
    return found


def _fits(broken: Callable[[int], set[str]], count: int) -> bool:
    return not broken(count)


def _broken_by_repeating(
    suite: PlatformSuite, make: Callable[[str], Content], filler: str, tail: str, count: int
) -> set[str]:
    return suite.rules_broken_by(make(filler * count + tail))


@each_field
def test_text_that_just_fits_is_published_and_a_longer_one_is_rejected(suite: PlatformSuite, field: str) -> None:
    make = suite.fields()[field]
    for (filler, tail), (count, broken) in limits_of_texts(suite.platform.name, field).items():
        assert is_accepted(suite, make(filler * count + tail)), (filler, tail, count)
        if is_judged(suite, broken):
            assert not is_accepted(suite, make(filler * (count + 1) + tail)), (filler, tail, count)


@each_field
@given(data=st.data())
@settings(max_examples=12)
def test_preflight_and_the_simulator_agree_on_any_text(suite: PlatformSuite, field: str, data: st.DataObject) -> None:
    make = suite.fields()[field]
    content = make(data.draw(texts_around(lambda text: not suite.rules_broken_by(make(text)), suite.words)))
    found = suite.rules_broken_by(content)
    if is_judged(suite, found):
        assert is_accepted(suite, content) is (not found), found


@each_field
def test_preflight_and_the_simulator_agree_on_special_texts(suite: PlatformSuite, field: str) -> None:
    for text in suite.edge_texts:
        content = suite.fields()[field](text)
        found = suite.rules_broken_by(content)
        if is_judged(suite, found):
            assert is_accepted(suite, content) is (not found), (text, found)


@each_count
def test_number_that_just_fits_is_published_and_others_are_rejected(suite: PlatformSuite, rule: str) -> None:
    make, limit = suite.counted()[rule], suite.limit(rule)
    for count in {0, 1, 2, limit - 1, limit, limit + 1}:
        found = suite.rules_broken_by(make(count))
        if is_judged(suite, found):
            assert is_accepted(suite, make(count)) is (not found), (count, found)
    assert not suite.rules_broken_by(make(limit))
    assert suite.rules_broken_by(make(limit + 1)) == {rule}


@each_size
def test_size_that_just_fits_is_published_and_a_larger_one_is_rejected(suite: PlatformSuite, rule: str) -> None:
    make, limit = suite.sized()[rule], suite.limit(rule)
    assert not suite.rules_broken_by(make(limit))
    assert is_accepted(suite, make(limit))
    assert suite.rules_broken_by(make(limit + 1)) == {rule}
    assert not is_accepted(suite, make(limit + 1))


@each_broken_rule
def test_post_that_breaks_a_rule_is_rejected(suite: PlatformSuite, rule: str) -> None:
    assert suite.rules_broken_by(suite.broken[rule]) == {rule}
    assert not is_accepted(suite, suite.broken[rule])


@each_suite
def test_every_limit_is_tested_or_its_exception_explained(suite: PlatformSuite) -> None:
    limits = {rule.id for rule in suite.platform.rules if isinstance(rule.limit, int | float)}
    texts = {
        rule
        for field in suite.fields()
        for _, found in limits_of_texts(suite.platform.name, field).values()
        for rule in found
    }
    tested = texts | set(suite.counted()) | set(suite.sized())
    assert limits - tested - set(suite.unjudged) == set()
    assert set(suite.unjudged) | set(suite.broken) <= {rule.id for rule in suite.platform.rules}
