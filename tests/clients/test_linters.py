"""The linters of OpenAPI descriptions find no error and no warning."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import run
from tests.documented import DESCRIPTION


@pytest.fixture
def description(tools: Path) -> Path:
    """The committed description, beside the settings of the linters."""
    copy = tools / "openapi.json"
    shutil.copyfile(DESCRIPTION, copy)
    return copy


async def test_redocly_recommended_finds_nothing(tools: Path, description: Path) -> None:
    printed = await run(
        *(tools / "node_modules/.bin/redocly", "lint", description.name, "--format=json", "--max-problems=1000"),
        directory=tools,
    )
    report: dict[str, Any] = json.loads(printed[printed.index("{") : printed.rindex("}") + 1])
    assert [(found["ruleId"], found["location"]) for found in report["problems"] if not found.get("ignored")] == []
    assert (report["totals"]["errors"], report["totals"]["warnings"]) == (0, 0)


async def test_spectral_oas_finds_nothing(tools: Path, description: Path) -> None:
    printed = await run(
        *(tools / "node_modules/.bin/spectral", "lint", description.name),
        *("--ruleset=spectral.yaml", "--format=json", "--fail-severity=hint", "--quiet"),
        directory=tools,
    )
    assert json.loads(printed) == []
