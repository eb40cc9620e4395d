"""The committed generated files are what the program generates."""

from collections.abc import Callable
from pathlib import Path

import pytest

from letmepost.bootstrap.api import describe_api
from letmepost.cli.env_example import compose_platforms, env_example

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("file", "made", "target"),
    [
        pytest.param("openapi/openapi.json", describe_api, "openapi", id="openapi.json"),
        pytest.param(".env.example", env_example, "env-example", id=".env.example"),
        pytest.param("docker-compose.platforms.yml", compose_platforms, "env-example", id="docker-compose"),
    ],
)
def test_generated_file_is_up_to_date(file: str, made: Callable[[], str], target: str) -> None:
    assert (ROOT / file).read_text(encoding="utf-8") == made(), f"run: make {target}"


def test_openapi_document_is_deterministic() -> None:
    assert describe_api() == describe_api()
