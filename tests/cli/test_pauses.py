"""The commands of the emergency stop."""

import pytest

from tests.cli.support import Run, environment_of, run
from tests.database import DatabaseURLs
from tests.http.support import ABSENT_ID

ORGANIZATION = f"org_{ABSENT_ID}"
ACCOUNT = f"acc_{ABSENT_ID}"


class Shell:
    """Runs commands with one database, without Redis, which an emergency must not depend on."""

    def __init__(self, urls: DatabaseURLs) -> None:
        self.environment = environment_of(urls.api)

    def __call__(self, *words: str) -> Run:
        return run(self.environment, *words, "--json")


@pytest.fixture
def shell(database_urls: DatabaseURLs) -> Shell:
    return Shell(database_urls)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ((), {}),
        (("--platform", "bluesky"), {"platform": "bluesky"}),
    ],
)
def test_pause_is_listed_until_it_is_resumed(shell: Shell, options: tuple[str, ...], named: dict[str, str]) -> None:
    scope = {"platform": None, "organizationId": None, "accountId": None, **named}
    assert shell("pause", *options, "--reason", "API outage").data == {
        **scope,
        "reason": "API outage",
        "wasPaused": False,
    }
    (listed,) = shell("pauses").data
    assert {**scope, "reason": "API outage"}.items() <= listed.items()
    assert shell("pause", *options).data["wasPaused"] is True
    assert shell("resume", *options).data == {**scope, "released": 0}
    assert shell("pauses").data == []


def test_one_tenant_can_be_paused(shell: Shell) -> None:
    organization = shell("org", "create", "Acme").data["id"]
    assert shell("pause", "--org", organization).data["organizationId"] == organization
    assert shell("resume", "--org", organization).code == 0


def test_resuming_without_a_pause_is_reported(shell: Shell) -> None:
    shell("pause", "--platform", "bluesky")
    ended = shell("resume")
    assert (ended.code, ended.out) == (1, "")
    assert "letmepost pauses" in ended.error
    assert len(shell("pauses").data) == 1
    shell("resume", "--platform", "bluesky")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--platform", "myspace"), "Unknown platform: `myspace`."),
        (("--account", ACCOUNT), "in its organization"),
        (("--org", ORGANIZATION), "organization"),
    ],
)
def test_impossible_scope_is_rejected_in_one_line(shell: Shell, options: tuple[str, ...], message: str) -> None:
    ended = shell("pause", *options)
    assert ended.code == 1
    assert message in ended.error
    assert shell("pauses").data == []


def test_malformed_id_is_rejected(shell: Shell) -> None:
    assert shell("pause", "--org", "acme").code == 2
