"""A shell, and an API that responds as the test says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import respx

from tests.cli.publishing.answers import KEY, URL, Shell


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    environment = {
        "LETMEPOST_URL": URL,
        "LETMEPOST_API_KEY": KEY,
        "LETMEPOST_CONFIG_DIR": str(tmp_path / "config"),
    }
    with respx.mock(base_url=URL, assert_all_called=True) as api:
        yield Shell(api, tmp_path / "config", environment)
