"""The commands for tenants and keys."""

import pytest

from letmepost.domain.api_keys import parse
from letmepost.domain.ids import Prefix
from tests.cli.support import Run, environment_of, run
from tests.database import DatabaseURLs
from tests.http.support import ABSENT_ID

_COMMANDS = [
    ("org", "create", "Acme"),
    ("org", "list"),
    ("org", "show", f"org_{ABSENT_ID}"),
    ("org", "rename", f"org_{ABSENT_ID}", "Acme"),
    ("org", "delete", f"org_{ABSENT_ID}", "--yes"),
    ("key", "create", f"org_{ABSENT_ID}"),
    ("key", "list", f"org_{ABSENT_ID}"),
    ("key", "revoke", f"org_{ABSENT_ID}", f"key_{ABSENT_ID}"),
]


class Shell:
    """Runs commands with one database."""

    def __init__(self, urls: DatabaseURLs) -> None:
        self.environment = environment_of(urls.api)

    def __call__(self, *words: str) -> Run:
        return run(self.environment, *words)

    def organization(self, name: str = "Acme") -> str:
        made: str = self("org", "create", name, "--json").data["id"]
        return made


@pytest.fixture
def shell(database_urls: DatabaseURLs) -> Shell:
    return Shell(database_urls)


def test_created_tenant_is_shown_and_listed(shell: Shell) -> None:
    made = shell("org", "create", "Acme & Söhne", "--json")
    assert made.code == 0
    assert made.data["name"] == "Acme & Söhne"
    assert made.data["id"].startswith(Prefix.ORGANIZATION)
    assert made.data["createdAt"].endswith("Z")
    assert shell("org", "show", made.data["id"], "--json").data == made.data
    second = shell("org", "create", "Second", "--json").data
    assert shell("org", "list", "--json").data == [second, made.data]


def test_output_is_a_table_without_json(shell: Shell) -> None:
    organization = shell.organization("[bold]Acme[/bold]")
    listed = shell("org", "list").out
    assert listed.splitlines()[0].split() == ["Id", "Name", "Created", "at"]
    assert organization in listed
    assert "[bold]Acme[/bold]" in listed
    assert organization in shell("org", "show", organization).out


def test_empty_list_shows_the_next_step(shell: Shell) -> None:
    assert "letmepost org create" in shell("org", "list").out
    assert shell("org", "list", "--json").data == []


def test_key_is_created_listed_and_revoked(shell: Shell) -> None:
    organization = shell.organization()
    minted = shell("key", "create", organization, "--mode", "live", "--scope", "posts:write", "--json").data
    assert parse(minted["key"]) is not None
    assert minted["key"].startswith("lmp_live_")
    [listed] = shell("key", "list", organization, "--json").data
    assert (listed["id"], listed["mode"], listed["scopes"]) == (minted["id"], "live", ["posts:write"])
    assert listed["revokedAt"] is None
    assert minted["key"] not in shell("key", "list", organization).out
    revoked = shell("key", "revoke", organization, minted["id"], "--json")
    assert (revoked.code, revoked.data["id"]) == (0, minted["id"])
    [again] = shell("key", "list", organization, "--json").data
    assert again == revoked.data
    assert again["revokedAt"] is not None


def test_table_shows_the_whole_new_key(shell: Shell) -> None:
    """It is shown only once, so a table must not cut it off."""
    printed = shell("key", "create", shell.organization()).out
    assert any(parse(word) is not None for word in printed.split())
    assert shell("key", "create", shell.organization()).out.count("lmp_test_") == 1


def test_key_without_scopes_has_all_scopes(shell: Shell) -> None:
    organization = shell.organization()
    shell("key", "create", organization)
    assert shell("key", "list", organization, "--json").data[0]["scopes"] == ["*"]


def test_second_revocation_keeps_the_first_time(shell: Shell) -> None:
    organization = shell.organization()
    key = shell("key", "create", organization, "--json").data["id"]
    first, again = (shell("key", "revoke", organization, key, "--json").data for _ in range(2))
    assert first == again


def test_key_of_another_tenant_is_not_found(shell: Shell) -> None:
    owner, other = shell.organization(), shell.organization()
    key = shell("key", "create", owner, "--json").data["id"]
    refused = shell("key", "revoke", other, key)
    assert refused.code == 1
    assert refused.error.startswith("There is no API key with the id `key_")
    assert shell("key", "list", owner, "--json").data[0]["revokedAt"] is None


@pytest.mark.parametrize("words", _COMMANDS[2:], ids=" ".join)
def test_missing_tenant_is_reported(shell: Shell, words: tuple[str, ...]) -> None:
    failed = shell(*words, "--json")
    assert (failed.code, failed.out) == (1, "")
    assert "There is no organization with the id" in failed.error


@pytest.mark.parametrize(
    "words",
    [
        ("org", "show", "nonsense"),
        ("org", "show", f"key_{ABSENT_ID}"),
        ("org", "create"),
        ("org", "shwo"),
        ("key", "create", f"org_{ABSENT_ID}", "--mode", "both"),
        ("key", "create", f"org_{ABSENT_ID}", "--scope", "everything"),
        ("key", "revoke", f"org_{ABSENT_ID}"),
    ],
    ids=" ".join,
)
def test_invalid_command_line_exits_with_2(words: tuple[str, ...]) -> None:
    ended = run({}, *words)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage:" in ended.error


@pytest.mark.parametrize("words", _COMMANDS, ids=" ".join)
def test_missing_settings_are_named(words: tuple[str, ...]) -> None:
    failed = run({"LETMEPOST_KEYS": "k1:c2VjcmV0"}, *words)
    assert (failed.code, failed.out) == (1, "")
    assert "DATABASE_URL" in failed.error
    assert "LETMEPOST_KEYS" in failed.error
    assert "c2VjcmV0" not in failed.error


@pytest.mark.parametrize("words", _COMMANDS, ids=" ".join)
def test_unreachable_database_is_reported_in_one_line(words: tuple[str, ...]) -> None:
    failed = run(environment_of(), *words)
    assert (failed.code, failed.out) == (1, "")
    assert len(failed.error.splitlines()) == 1
    assert "letmepost doctor" in failed.error


def test_role_that_bypasses_row_level_security_is_rejected(database_urls: DatabaseURLs) -> None:
    failed = run(environment_of(database_urls.admin), "org", "list")
    assert failed.code == 1
    assert "row-level security" in failed.error


def test_tenant_is_renamed(shell: Shell) -> None:
    organization = shell.organization()
    assert shell("org", "rename", organization, "Acme & Sons", "--json").data["name"] == "Acme & Sons"
    assert shell("org", "show", organization, "--json").data["name"] == "Acme & Sons"


def test_deleted_tenant_is_not_found(shell: Shell) -> None:
    organization = shell.organization()
    assert shell("org", "delete", organization, "--yes", "--json").data == {"id": organization, "deleted": True}
    assert shell("org", "show", organization).code == 1


def test_tenant_is_not_deleted_without_confirmation(shell: Shell) -> None:
    organization = shell.organization()
    assert shell("org", "delete", organization).code == 1
    assert shell("org", "show", organization).code == 0
