"""`letmepost mcp`: what keeps it from starting. `tests/mcp/test_stdio.py` starts it."""

from dataclasses import replace

from typer.testing import CliRunner

from letmepost.__main__ import wire
from letmepost.cli.commands import create_cli
from letmepost.domain.api_keys import ENTROPY_BYTES, Mode, mint
from tests.cli.support import run

KEY = mint(Mode.TEST, bytes(ENTROPY_BYTES))


def test_missing_extra_is_reported_with_the_command_that_installs_it() -> None:
    cli = create_cli(replace(wire({"LETMEPOST_API_KEY": KEY}), serve_mcp=None))
    failed = CliRunner().invoke(cli, ["mcp"])
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert "pip install 'letmepost[mcp]'" in failed.stderr


def test_missing_key_is_reported() -> None:
    failed = run({}, "mcp")
    assert (failed.code, failed.out) == (1, "")
    assert failed.error.startswith("LETMEPOST_API_KEY is not set.")


def test_mistyped_key_is_reported_without_its_value() -> None:
    failed = run({"LETMEPOST_API_KEY": KEY[:-1] + "x"}, "mcp")
    assert (failed.code, failed.out) == (1, "")
    assert failed.error.startswith("LETMEPOST_API_KEY is not an API key")
    assert KEY[9:20] not in failed.error
