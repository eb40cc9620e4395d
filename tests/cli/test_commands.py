"""What every command has in common, and the commands that prepare a deployment."""

import base64

import pytest
import typer
from typer.core import TyperGroup

from letmepost.__main__ import wire
from letmepost.cli.commands import create_cli
from letmepost.settings import Settings
from tests.cli.support import environment_of, run
from tests.database import DatabaseURLs


def _paths(group: TyperGroup, *above: str) -> list[tuple[str, ...]]:
    found = [above] if above else []
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            found += _paths(command, *above, name)
        else:
            found.append((*above, name))
    return found


def _every_command() -> list[tuple[str, ...]]:
    root = typer.main.get_command(create_cli(wire({})))
    assert isinstance(root, TyperGroup)
    return _paths(root)


_PRINTS_DATA = {"migrate", "doctor"}


@pytest.mark.parametrize("words", _every_command(), ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    explained = run({}, *words, "--help")
    assert explained.code == 0
    said = explained.out.partition("Options")[0].split("\n", 2)[2].strip()
    assert said[0].isupper(), said
    assert "." in said


@pytest.mark.parametrize("words", [w for w in _every_command() if len(w) == 2 or w[0] in _PRINTS_DATA], ids=" ".join)
def test_what_prints_data_prints_json_too(words: tuple[str, ...]) -> None:
    assert "--json" in run({}, *words, "--help").out


def test_alone_it_explains_itself_and_what_its_exit_codes_mean() -> None:
    explained = run({})
    assert explained.code == 2  # as click has it: nothing was asked for
    assert "exit code" in explained.out + explained.error


def test_the_schema_is_migrated_and_may_be_again(database_urls: DatabaseURLs) -> None:
    environment = environment_of(database_urls.login, LETMEPOST_MIGRATION_DATABASE_URL=database_urls.admin)
    first, again = run(environment, "migrate"), run(environment, "migrate", "--json")
    assert (first.code, again.code) == (0, 0)
    assert again.data["revision"] in first.out


def test_migrating_needs_to_know_a_role_that_may() -> None:
    failed = run(environment_of(), "migrate")
    assert failed.code == 1
    assert "LETMEPOST_MIGRATION_DATABASE_URL" in failed.error


def test_migrating_a_database_that_is_away_is_a_failure_in_one_line() -> None:
    environment = environment_of()
    failed = run({**environment, "LETMEPOST_MIGRATION_DATABASE_URL": environment["DATABASE_URL"]}, "migrate")
    assert (failed.code, len(failed.error.splitlines())) == (1, 1)


def test_a_new_key_fits_the_settings() -> None:
    made = run({}, "new-key", "2026-12").out.strip()
    name, _, secret = made.partition(":")
    assert (name, len(base64.b64decode(secret))) == ("2026-12", 32)
    settings = Settings.model_validate({"DATABASE_URL": "postgresql://", "REDIS_URL": "redis://", "keys": made})
    assert list(settings.open_keys()) == ["2026-12"]


def test_the_sandbox_does_not_start_with_a_token_that_can_be_guessed() -> None:
    for token in ("", "short"):
        failed = run({"LETMEPOST_SANDBOX_TOKEN": token}, "sandbox")
        assert failed.code == 1
        assert "LETMEPOST_SANDBOX_TOKEN" in failed.error


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_a_server_without_settings_does_not_start(command: str) -> None:
    failed = run({}, command)
    assert failed.code == 1
    assert "LETMEPOST_KEYS" in failed.error
