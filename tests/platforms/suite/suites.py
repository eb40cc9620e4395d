"""Every platform with its suite, a network without OAuth, and the example of `docs/adding-a-platform.md`."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from types import MappingProxyType

import pytest

from letmepost.platforms import discover
from letmepost.platforms.contract import Platform
from tests.doubles.networks import ASKED
from tests.platforms.minimal.suite import SUITE as EXAMPLE
from tests.platforms.suite.description import Ending, PlatformSuite


def _suites_of(platform: Platform) -> dict[str, PlatformSuite]:
    """Return the suite in the platform's folder, or an empty one, and its variants: those with another login."""
    name = f"tests.platforms.{platform.name}.suite"
    if find_spec(f"tests.platforms.{platform.name}") is None or find_spec(name) is None:
        return {platform.name: PlatformSuite(platform=platform)}
    found = import_module(name)
    variants = getattr(found, "VARIANTS", {})
    return {platform.name: found.SUITE, **{f"{platform.name}-{login}": suite for login, suite in variants.items()}}


_OF_PLATFORMS = (_suites_of(platform) for platform in chain(discover().values(), [ASKED]))
SUITES = MappingProxyType({**dict(chain.from_iterable(map(dict.items, _OF_PLATFORMS))), "example": EXAMPLE})

each_suite = pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)


def each_suite_where(is_true: Callable[[Platform], object]) -> pytest.MarkDecorator:
    """Return the parametrization of a test that needs a capability of the platform."""
    chosen = {name: suite for name, suite in SUITES.items() if is_true(suite.platform)}
    return pytest.mark.parametrize("suite", chosen.values(), ids=chosen)


each_example = pytest.mark.parametrize(
    ("suite", "name"),
    [
        pytest.param(suite, name, id=f"{platform}-{name}")
        for platform, suite in SUITES.items()
        for name in suite.posts()
    ],
)
_SCENARIOS = [
    (suite, scenario, f"{platform}-{scenario}")
    for platform, suite in SUITES.items()
    for scenario in suite.platform.simulator.scenarios
]
each_scenario = pytest.mark.parametrize(
    ("suite", "scenario"), [pytest.param(suite, scenario, id=label) for suite, scenario, label in _SCENARIOS]
)
each_scenario_without_failures = pytest.mark.parametrize(
    ("suite", "scenario"),
    [pytest.param(suite, name, id=label) for suite, name, label in _SCENARIOS if suite.ending(name) == Ending()],
)
