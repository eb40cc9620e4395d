"""Runs commands like a shell, but in this process."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from typer.testing import CliRunner

from letmepost.__main__ import wire
from letmepost.cli.commands import create_cli

NO_DATABASE = "postgresql://user@127.0.0.1:1/nothing"
"""The URL of a server that does not exist."""
NO_REDIS = "redis://127.0.0.1:1/0"


@dataclass(frozen=True, slots=True)
class Run:
    """The result of a command."""

    code: int
    out: str
    error: str

    @property
    def data(self) -> Any:
        """Return its output, parsed as JSON."""
        return json.loads(self.out)


def run(environment: Mapping[str, str], *words: str, stdin: str | None = None) -> Run:
    """Run `letmepost …`.

    Args:
        stdin: the standard input, which is not a terminal.
    """
    before = structlog.get_config()
    try:
        result = CliRunner().invoke(create_cli(wire(environment)), list(words), input=stdin)
    finally:
        structlog.configure(**before)  # a command has set the logs of this process to a stream that is closed now
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Run(result.exit_code, result.stdout, result.stderr)


def environment_of(database_url: str = NO_DATABASE, redis_url: str = NO_REDIS, **more: str) -> dict[str, str]:
    """Return the minimal environment of a deployment."""
    key = base64.b64encode(bytes(range(32))).decode()
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "LETMEPOST_KEYS": f"k1:{key}", **more}
