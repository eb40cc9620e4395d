import json
from typing import Any

from tests.cli.publishing.answers import Shell, account, error

SCHEMA = {
    "type": "object",
    "required": ["identifier", "appPassword"],
    "properties": {
        "identifier": {"title": "Handle", "description": "A handle.", "type": "string"},
        "appPassword": {"title": "App password", "type": "string", "writeOnly": True},
        "server": {"title": "Server", "type": "string"},
    },
}


def descriptor(value: Any) -> dict[str, Any]:
    return {"platform": "double", "state": "stable", "descriptor": value}


def test_accounts_are_listed(shell: Shell) -> None:
    listed = shell.has_accounts(account(1), account(2, "other", status="expiring"))
    out = shell.run("accounts", "list", "--platform", "double").out
    assert "acc_2  other     user2.test  expiring" in out
    assert "platform=double" in str(listed.calls.last.request.url)
    assert [found["id"] for found in shell.run("accounts", "list", "--json").data["data"]] == ["acc_1", "acc_2"]


def test_credentials_are_asked_for_and_not_printed(shell: Shell) -> None:
    shell.has_accounts()
    shell.responds("POST", "/v1/accounts/connect/double", descriptor(SCHEMA))
    completed = shell.responds("POST", "/v1/accounts/connect/double/complete", account(1))
    done = shell.run("accounts", "connect", "double", stdin="alice.test\nsecret-password\n\n")
    assert done.code == 0, done.error
    assert "acc_1" in done.out
    assert "secret-password" not in done.out + done.error
    sent = json.loads(completed.calls.last.request.content)
    assert sent == {"identifier": "alice.test", "appPassword": "secret-password"}


def test_every_account_of_a_connection_is_printed(shell: Shell) -> None:
    shell.has_accounts()
    shell.responds("POST", "/v1/accounts/connect/double", descriptor({"properties": {}}))
    answer = {**account(1), "accounts": [account(1), account(2)]}
    shell.responds("POST", "/v1/accounts/connect/double/complete", answer)
    done = shell.run("accounts", "connect", "double", "--json")
    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ["acc_1", "acc_2"]


def test_missing_server_is_reported_as_an_option(shell: Shell) -> None:
    shell.has_accounts()
    answer = error("validation_failed", "`server` is missing.", rule="server")
    shell.responds("POST", "/v1/accounts/connect/double", answer, 400)
    failed = shell.run("accounts", "connect", "double")
    assert failed.code == 1
    assert "Pass --server, such as --server social.example." in failed.error


def test_simulated_account_is_created_without_credentials(shell: Shell) -> None:
    created = shell.responds("POST", "/v1/sandbox/accounts", account(1), 201)
    assert shell.run("accounts", "connect", "double", "--simulated", "--scenario", "slow").code == 0
    assert json.loads(created.calls.last.request.content) == {"platform": "double", "scenario": "slow"}
    assert shell.run("accounts", "connect", "double", "--scenario", "slow").code == 2


def test_disconnecting_is_confirmed(shell: Shell) -> None:
    shell.has_accounts(account(1))
    assert shell.run("accounts", "disconnect", "user1.test", stdin="n\n").code == 1
    deleted = shell.responds("DELETE", "/v1/accounts/acc_1", {"id": "acc_1", "deleted": True})
    assert shell.run("accounts", "disconnect", "user1.test", "--yes", "--cancel-queued").code == 0
    assert "cancelQueued=true" in str(deleted.calls.last.request.url)


def test_check_fails_if_the_credential_does_not_work(shell: Shell) -> None:
    shell.has_accounts(account(1))
    refused = {
        **account(1),
        "health": {"state": "refused", "error": {"code": "platform_auth_failed", "message": "No."}},
    }
    shell.responds("POST", "/v1/accounts/acc_1/check", refused)
    failed = shell.run("accounts", "check", "double")
    assert (failed.code, "refused" in failed.out, "No." in failed.out) == (1, True, True)
