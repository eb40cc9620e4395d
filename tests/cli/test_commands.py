"""Properties of all commands, and the commands that prepare a deployment."""

import base64

import pytest
import typer
from sqlalchemy.engine import make_url
from typer.core import TyperGroup

from letmepost.__main__ import wire
from letmepost.cli.commands import create_cli
from letmepost.settings import Settings
from tests.cli.support import NO_DATABASE, Run, environment_of, run
from tests.database import DatabaseURLs


def deployment_of(urls: DatabaseURLs) -> dict[str, str]:
    """Return the environment that `serve`, `worker` and `migrate` need together."""
    return environment_of(
        urls.api, LETMEPOST_WORKER_DATABASE_URL=urls.login, LETMEPOST_MIGRATION_DATABASE_URL=urls.admin
    )


def assert_one_line(failed: Run, *words: str) -> None:
    assert (failed.code, len(failed.error.splitlines()), failed.out) == (1, 1, ""), failed.error
    for word in words:
        assert word in failed.error
    assert "hidden" not in failed.error


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


_PRINTS_DATA = {"migrate", "doctor", "post", "events", "import", "login", "logout", "whoami"}


@pytest.mark.parametrize("words", _every_command(), ids=" ".join)
def test_every_command_has_a_help_text(words: tuple[str, ...]) -> None:
    explained = run({}, *words, "--help")
    assert explained.code == 0
    text = explained.out.partition("Options")[0].split("\n", 2)[2].strip()
    assert text[0].isupper(), text
    assert "." in text


@pytest.mark.parametrize("words", [w for w in _every_command() if len(w) == 2 or w[0] in _PRINTS_DATA], ids=" ".join)
def test_command_that_prints_data_can_print_json(words: tuple[str, ...]) -> None:
    assert "--json" in run({}, *words, "--help").out


def test_command_without_arguments_prints_help_with_exit_codes() -> None:
    explained = run({})
    assert explained.code == 2  # click's code for a missing command
    assert "exit code" in explained.out + explained.error


def test_schema_is_migrated_and_can_be_migrated_again(database_urls: DatabaseURLs) -> None:
    environment = deployment_of(database_urls)
    first, again = run(environment, "migrate"), run(environment, "migrate", "--json")
    assert (first.code, again.code) == (0, 0)
    assert again.data["revision"] in first.out


def test_migration_requires_a_role_that_may_migrate() -> None:
    failed = run(environment_of(), "migrate")
    assert failed.code == 1
    assert "LETMEPOST_MIGRATION_DATABASE_URL" in failed.error


def test_migration_requires_a_login_role_of_the_worker(database_urls: DatabaseURLs) -> None:
    failed = run(
        environment_of(database_urls.api, LETMEPOST_MIGRATION_DATABASE_URL=database_urls.admin),
        "migrate",
    )
    assert_one_line(failed, "LETMEPOST_WORKER_DATABASE_URL is not set")


def test_migration_does_not_give_the_login_role_of_the_worker_to_the_api(database_urls: DatabaseURLs) -> None:
    failed = run({**deployment_of(database_urls), "DATABASE_URL": database_urls.login}, "migrate")
    assert_one_line(failed, "DATABASE_URL", "LETMEPOST_WORKER_DATABASE_URL", "name the same role")


_VARIABLE = {
    "serve": "DATABASE_URL",
    "worker": "LETMEPOST_WORKER_DATABASE_URL",
    "migrate": "LETMEPOST_MIGRATION_DATABASE_URL",
    "org list": "DATABASE_URL",
}
each_command = pytest.mark.parametrize(("command", "variable"), _VARIABLE.items())


@each_command
def test_unreachable_database_is_reported_in_one_line(database_urls: DatabaseURLs, command: str, variable: str) -> None:
    failed = run({**deployment_of(database_urls), variable: NO_DATABASE}, *command.split())
    assert_one_line(failed, variable, "Cannot connect to PostgreSQL at 127.0.0.1:1")


@each_command
def test_unknown_host_is_reported_in_one_line(database_urls: DatabaseURLs, command: str, variable: str) -> None:
    url = "postgresql://user:hidden@database.invalid/nothing"
    failed = run({**deployment_of(database_urls), variable: url}, *command.split())
    assert_one_line(failed, variable, "Cannot connect to PostgreSQL at database.invalid:5432")


@each_command
def test_missing_database_is_reported_in_one_line(database_urls: DatabaseURLs, command: str, variable: str) -> None:
    environment = deployment_of(database_urls)
    failed = run({**environment, variable: f"{environment[variable]}_gone"}, *command.split())
    assert_one_line(failed, variable, "_gone does not exist")


@each_command
def test_wrong_password_is_reported_in_one_line(database_urls: DatabaseURLs, command: str, variable: str) -> None:
    environment = deployment_of(database_urls)
    url = make_url(environment[variable]).set(password="hidden").render_as_string(hide_password=False)
    failed = run({**environment, variable: url}, *command.split())
    assert_one_line(failed, variable, "rejected the login of")


@each_command
def test_unknown_user_is_reported_in_one_line(database_urls: DatabaseURLs, command: str, variable: str) -> None:
    environment = deployment_of(database_urls)
    url = make_url(environment[variable]).set(username="letmepost_unknown").render_as_string(hide_password=False)
    failed = run({**environment, variable: url}, *command.split())
    assert_one_line(failed, variable, "rejected the login of letmepost_unknown")


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL", "LETMEPOST_WORKER_DATABASE_URL"])
@pytest.mark.parametrize("value", ["", "mysql://user:hidden@127.0.0.1/x", "postgresql:hidden", "redis://h:hidden"])
def test_malformed_url_is_reported_without_its_value(variable: str, value: str) -> None:
    failed = run({**environment_of(), variable: value}, "worker")
    assert failed.code == 1
    assert f"{variable}: " in failed.error
    assert "hidden" not in failed.error


@pytest.mark.parametrize(
    ("command", "variable", "wrong"),
    [
        ("serve", "DATABASE_URL", "login"),
        ("org list", "DATABASE_URL", "login"),
        ("worker", "LETMEPOST_WORKER_DATABASE_URL", "api"),
        ("serve", "DATABASE_URL", "admin"),
        ("worker", "LETMEPOST_WORKER_DATABASE_URL", "admin"),
    ],
)
def test_unsuitable_login_role_is_reported_in_one_line(
    database_urls: DatabaseURLs, command: str, variable: str, wrong: str
) -> None:
    failed = run({**deployment_of(database_urls), variable: getattr(database_urls, wrong)}, *command.split())
    assert_one_line(failed, variable, "letmepost migrate")


def test_worker_without_its_own_url_does_not_start(database_urls: DatabaseURLs) -> None:
    assert_one_line(run(environment_of(database_urls.api), "worker"), "LETMEPOST_WORKER_DATABASE_URL is not set")


def test_new_key_is_a_valid_setting() -> None:
    made = run({}, "new-key", "2026-12").out.strip()
    name, _, secret = made.partition(":")
    assert (name, len(base64.b64decode(secret))) == ("2026-12", 32)
    settings = Settings.model_validate({"DATABASE_URL": "postgresql://", "REDIS_URL": "redis://", "keys": made})
    assert list(settings.open_keys()) == ["2026-12"]


def test_sandbox_with_a_short_token_does_not_start() -> None:
    for token in ("", "short"):
        failed = run({"LETMEPOST_SANDBOX_TOKEN": token}, "sandbox")
        assert failed.code == 1
        assert "LETMEPOST_SANDBOX_TOKEN" in failed.error


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_server_without_settings_does_not_start(command: str) -> None:
    failed = run({}, command)
    assert failed.code == 1
    assert "LETMEPOST_KEYS" in failed.error
