"""The versions of the platforms' APIs."""

from typing import Any

import pytest

from letmepost.platforms import discover
from letmepost.platforms.contract import Platform


@pytest.mark.parametrize("platform", discover().values(), ids=lambda platform: platform.name)
def test_version_is_a_setting_with_the_tested_version_as_its_default(platform: Platform) -> None:
    fields = platform.settings.model_fields
    assert platform.configured(platform.settings()).api_version == platform.api_version
    if platform.api_version is None:
        assert "api_version" not in fields
        return
    pinned: Any = platform.settings.model_validate({"api_version": f"{platform.api_version[:-1]}9"})
    assert platform.configured(pinned).api_version == pinned.api_version
