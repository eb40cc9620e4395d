"""The Dockerfile and docker-compose.yml, read from the files as Docker reads them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # its stubs are not installed

ROOT = Path(__file__).resolve().parents[1]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<rest>[^}]*)\}")
"""A reference to a variable of `.env` in docker-compose.yml."""


def instructions() -> list[tuple[str, str]]:
    """Return the name and the arguments of each instruction of the Dockerfile, in order."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n", "", text).splitlines()
    return [(name, words.strip()) for name, _, words in (line.partition(" ") for line in lines if line)]


def words_of(name: str) -> list[str]:
    """Return the arguments of every instruction with this name."""
    return [words for found, words in instructions() if found == name]


def read_compose() -> dict[str, Any]:
    """Return docker-compose.yml. A service that extends another has the environment of both."""
    compose: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
    for service in compose["services"].values():
        if base := service.pop("extends", None):
            other = yaml.safe_load((ROOT / base["file"]).read_text(encoding="utf-8"))["services"][base["service"]]
            service["environment"] = {**other["environment"], **service["environment"]}
    return compose


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables in a file that has no quotes."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def interpolate(value: str, variables: Mapping[str, str]) -> str:
    """Replace `${NAME}`, `${NAME:-default}` and `${NAME:?message}`."""

    def value_of(found: re.Match[str]) -> str:
        given, rest = variables.get(found["name"], ""), found["rest"]
        assert given or not rest.startswith(":?"), f"docker compose would stop: {found['name']}: {rest[2:]}"
        return given or rest.removeprefix(":-")

    return VARIABLE.sub(value_of, value)


def container_environment(service: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a container. A variable without a value has that of `.env`, or is not set."""
    found = {}
    for name, value in service["environment"].items():
        if value is not None:
            found[name] = interpolate(value, variables)
        elif name in variables:
            found[name] = variables[name]
    return found
