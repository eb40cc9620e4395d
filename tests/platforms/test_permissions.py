"""The calls and scopes that the documentation lists."""

import pytest

from letmepost.platforms import discover
from letmepost.platforms.contract import Platform


def _needed(platform: Platform) -> set[str]:
    return {scope for one in platform.permissions for named in one.scopes for scope in named.split(" or ")}


@pytest.mark.parametrize("platform", discover().values(), ids=lambda platform: platform.name)
def test_consent_asks_for_every_scope_that_a_call_needs_and_for_no_other(platform: Platform) -> None:
    assert platform.permissions
    features = {} if platform.oauth is None else platform.oauth.features
    assert _needed(platform) == {scope for scopes in features.values() for scope in scopes}
