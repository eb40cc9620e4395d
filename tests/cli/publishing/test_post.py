import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from letmepost.cli.publishing.post import parse_options
from tests.cli.publishing.answers import Shell, account, batch, error, media, platforms


def body_of(route: respx.Route) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(route.calls.last.request.content)
    return body


@pytest.mark.parametrize("name", ["double", "acc_1", "user1.test", "@USER1.test"])
def test_post_is_published_to_the_account_that_a_name_stands_for(shell: Shell, name: str) -> None:
    shell.has_accounts(account(1), account(2, "other"))
    created = shell.responds("POST", "/v1/posts", batch("published"))
    done = shell.run("post", "Hello", "--to", name, "--first-comment", "First", "--thread", "Second")
    assert done.code == 0, done.error
    assert done.out.startswith("double: published\n  post      post_1\n")
    assert "Mode: test" in done.error
    assert body_of(created) == {
        "targets": [{"accountId": "acc_1"}],
        "text": "Hello",
        "firstComment": {"text": "First"},
        "thread": [{"text": "Second"}],
    }


def test_platform_is_found_by_its_title(shell: Shell) -> None:
    shell.has_accounts(account(1, "long_name"))
    shell.responds("GET", "/v1/platforms", platforms(long_name="L"))
    shell.responds("POST", "/v1/posts", batch("published"))
    assert shell.run("post", "Hello", "--to", "l").code == 0


def test_account_that_must_be_reconnected_is_not_chosen(shell: Shell) -> None:
    shell.has_accounts(account(1, status="reauth_required"), account(2))
    created = shell.responds("POST", "/v1/posts", batch("published"))
    assert shell.run("post", "Hello", "--to", "double").code == 0
    assert body_of(created)["targets"] == [{"accountId": "acc_2"}]


def test_ambiguous_name_is_rejected_with_the_accounts(shell: Shell) -> None:
    shell.has_accounts(account(1), account(2))
    failed = shell.run("post", "Hello", "--to", "double", "--json")
    assert failed.code == 1
    assert failed.data["error"]["code"] == "ambiguous_target"
    for expected in ("acc_1  double (user1.test)", "acc_2  double (user2.test)"):
        assert expected in failed.error


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("doubel", "Did you mean double?"),
        ("user1.tst", "Did you mean user1.test?"),
        ("zzz", "`letmepost accounts list` lists them."),
        ("Unused", "No account is connected on Unused. Connect one with `letmepost accounts connect unused`."),
    ],
)
def test_unknown_name_is_rejected_with_advice(shell: Shell, name: str, advice: str) -> None:
    shell.has_accounts(account(1))
    shell.responds("GET", "/v1/platforms", platforms(double="Double", unused="Unused"))
    failed = shell.run("post", "Hello", "--to", name)
    assert (failed.code, failed.out) == (1, "")
    assert advice in failed.error


def test_text_is_read_from_standard_input(shell: Shell) -> None:
    shell.has_accounts(account(1))
    created = shell.responds("POST", "/v1/posts", batch("published"))
    done = shell.run("post", "-", "--to", "double", "--json", stdin="Two\nlines\n")
    assert body_of(created)["text"] == "Two\nlines"
    key = created.calls.last.request.headers["idempotency-key"]
    assert (done.data["mode"], done.data["idempotencyKey"]) == ("test", key)


def test_each_image_has_its_own_alt_text(shell: Shell, tmp_path: Path) -> None:
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    first.write_bytes(b"a")
    second.write_bytes(b"b")
    shell.has_accounts(account(1))
    uploaded = shell.api.post("/v1/media").mock(side_effect=[httpx.Response(201, json=media(n)) for n in (1, 2)])
    created = shell.responds("POST", "/v1/posts", batch("published"))
    words = ["post", "--to", "double", "--image", str(first), "--image", str(second), "--image", "https://a.test/c.png"]
    done = shell.run(*words, "--alt", "A", "--alt", "", "--alt", "C", "--idempotency-key", "k")
    assert done.code == 0, done.error
    assert body_of(created)["media"] == [
        {"kind": "image", "mediaId": "med_1", "altText": "A"},
        {"kind": "image", "mediaId": "med_2"},
        {"kind": "image", "url": "https://a.test/c.png", "altText": "C"},
    ]
    # The keys of the uploads are derived, so that a repeated command sends the same request.
    assert [call.request.headers["idempotency-key"] for call in uploaded.calls] == ["k-1", "k-2"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--image", "a.png", "--alt", "A", "--alt", "B"], "There are 1 images and videos, and 2 alt texts."),
        (["--image", "missing.png"], "Cannot read missing.png"),
        (["--zone", "Europe/Berlin"], "Pass --at too"),
        (["--draft", "--at", "tomorrow 9:00"], "A draft has no time"),
        (["--option", "visibility=PUBLIC"], "PLATFORM.NAME=VALUE"),
    ],
)
def test_wrong_command_line_sends_nothing(shell: Shell, words: list[str], problem: str) -> None:
    failed = shell.run("post", "Hello", "--to", "double", *words)
    assert (failed.code, failed.out) == (2, "")
    assert problem in " ".join(failed.error.replace("│", " ").split())


def test_options_are_json_or_text() -> None:
    given = ["a.title=Hello", "a.kids=false", 'a.tags=["x", "y"]', "b.name=1.0 beta"]
    assert parse_options(given) == {
        "a": {"title": "Hello", "kids": False, "tags": ["x", "y"]},
        "b": {"name": "1.0 beta"},
    }


def test_time_is_sent_with_its_zone_and_printed(shell: Shell) -> None:
    shell.has_accounts(account(1))
    shell.responds("GET", "/v1/sandbox/clock", {"now": "2026-12-23T12:00:00Z", "aheadS": 0})
    created = shell.responds("POST", "/v1/posts", batch("queued", status="queued", scheduledAt="2026-12-24T08:00:00Z"))
    done = shell.run("post", "Hello", "--to", "double", "--at", "tomorrow 9:00", "--zone", "Europe/Berlin")
    assert done.code == 0, done.error
    assert "Time: Thursday, 2026-12-24 09:00:00 Europe/Berlin (2026-12-24 08:00:00 UTC)" in done.error
    assert body_of(created)["schedule"] == {"at": "2026-12-24T09:00", "zone": "Europe/Berlin"}
    assert created.calls.last.request.headers["prefer"] == "respond-async"


@pytest.mark.parametrize(("at", "zone", "option"), [("9", "UTC", "--at"), ("tomorrow 9:00", "Berlin", "--zone")])
def test_unreadable_time_publishes_nothing(shell: Shell, at: str, zone: str, option: str) -> None:
    shell.responds("GET", "/v1/sandbox/clock", {"now": "2026-12-23T12:00:00Z", "aheadS": 0})
    failed = shell.run("post", "Hello", "--to", "double", "--at", at, "--zone", zone)
    assert failed.code == 2
    assert f"Invalid value for {option}" in failed.error


def test_dry_run_sends_files_with_the_check_and_uploads_nothing(shell: Shell, tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(b"a")
    shell.has_accounts(account(1))
    broken = {"rule": "double.text.max", "field": "text", "message": "Too long.", "remediation": "Shorten it."}
    preview = {"method": "POST", "url": "https://double.test/post", "headers": {}, "body": {"text": "Hello"}}
    target = {"accountId": "acc_1", "platform": "double", "valid": False, "violations": [broken], "warnings": [broken]}
    answer = {"valid": False, "targets": [{**target, "preview": preview}]}
    checked = shell.responds("POST", "/v1/posts/validate", answer)
    failed = shell.run("post", "Hello", "--to", "double", "--image", str(image), "--dry-run")
    assert failed.code == 1
    for expected in (
        "double: invalid",
        "error     text: Too long.",
        "Shorten it.",
        "warning",
        "https://double.test/post",
    ):
        assert expected in failed.out
    assert body_of(checked)["media"] == [{"kind": "image", "bytesBase64": base64.b64encode(b"a").decode()}]
    assert shell.run("post", "Hello", "--to", "double", "--dry-run", "--json").data == {"mode": "test", **answer}


@pytest.mark.parametrize(
    ("statuses", "status", "code"),
    [
        (["published", "awaiting_user"], "partial_failed", 0),
        (["published", "failed"], "partial_failed", 1),
        (["unconfirmed", "rejected"], "partial_failed", 1),
        (["published", "unconfirmed"], "partial_failed", 3),
        (["held"], "held", 3),
    ],
)
def test_exit_code_is_that_of_the_outcome(shell: Shell, statuses: list[str], status: str, code: int) -> None:
    shell.has_accounts(account(1))
    shell.responds("POST", "/v1/posts", batch(*statuses, status=status))
    assert shell.run("post", "Hello", "--to", "double").code == code


def test_command_waits_until_the_post_is_published(shell: Shell) -> None:
    shell.has_accounts(account(1))
    created = shell.responds("POST", "/v1/posts", batch("publishing", status="publishing"), 202)
    read = shell.responds("GET", "/v1/batches/batch_1", batch("published"))
    assert shell.run("post", "Hello", "--to", "double").code == 0
    assert read.called
    late = shell.run("post", "Hello", "--to", "double", "--timeout", "0")
    assert (late.code, "letmepost posts show post_1" in late.error) == (3, True)
    assert shell.run("post", "Hello", "--to", "double", "--no-wait").code == 0
    assert created.calls.last.request.headers["prefer"] == "respond-async"


def test_error_of_a_target_is_printed_with_its_fix(shell: Shell) -> None:
    shell.has_accounts(account(1))
    answer = batch("rejected", status="failed")
    answer["results"][0]["error"] = {"code": "platform_rejected", "message": "Refused.", "remediation": "Change it."}
    shell.responds("POST", "/v1/posts", answer)
    failed = shell.run("post", "Hello", "--to", "double")
    assert "  error     Refused.\n  fix       Change it.\n" in failed.out


def test_every_violation_is_printed(shell: Shell) -> None:
    shell.has_accounts(account(1))
    violations = [
        {
            "rule": f"rule.{field}",
            "field": field,
            "platform": "double",
            "message": f"{field} is wrong.",
            "remediation": "Fix.",
        }
        for field in ("text", "media")
    ]
    answer = error(
        "preflight_failed", "Two limits are broken.", rule="rule.text", violations=violations, ruleUrl="https://r.test"
    )
    shell.responds("POST", "/v1/posts", answer, 400)
    failed = shell.run("post", "Hello", "--to", "double", "--json")
    assert (failed.code, failed.data) == (1, {"mode": "test", **answer})
    for expected in ("Two limits are broken.", "double media: media is wrong.", "https://r.test", "req_1"):
        assert expected in failed.error


def test_lost_response_prints_how_to_repeat_the_command_safely(shell: Shell) -> None:
    shell.has_accounts(account(1))
    shell.responds("GET", "/v1/sandbox/clock", {"now": "2026-12-23T12:00:00Z", "aheadS": 0})
    created = shell.api.post("/v1/posts").mock(return_value=httpx.Response(200, text="<html>A proxy</html>"))
    words = ["post", "Hello", "--to", "double", "--at", "tomorrow 9:00", "--zone", "Europe/Berlin"]
    failed = shell.run(*words)
    key = created.calls.last.request.headers["idempotency-key"]
    assert failed.code == 3
    assert f"  --idempotency-key {key} --at 2026-12-24T09:00 --zone Europe/Berlin\n" in failed.error
    shell.run(*words, "--idempotency-key", key)
    assert created.calls[0].request.headers["idempotency-key"] == created.calls[1].request.headers["idempotency-key"]


def test_error_of_a_broken_server_prints_how_to_repeat_the_command_safely(shell: Shell) -> None:
    shell.has_accounts(account(1))
    answer = httpx.Response(500, json=error("internal_error"), headers={"retry-after": "3600"})
    shell.api.post("/v1/posts").mock(return_value=answer)
    failed = shell.run("post", "Hello", "--to", "double", "--idempotency-key", "mine", "--json")
    assert (failed.code, failed.data["error"]["code"]) == (3, "internal_error")
    assert "It publishes at most once:\n  --idempotency-key mine\n" in failed.error


def test_lost_connection_while_waiting_does_not_put_the_post_in_doubt(shell: Shell) -> None:
    shell.has_accounts(account(1))
    shell.responds("POST", "/v1/posts", batch("publishing", status="publishing"), 202)
    shell.api.get("/v1/batches/batch_1").mock(return_value=httpx.Response(200, text="<html>A proxy</html>"))
    failed = shell.run("post", "Hello", "--to", "double", "--json")
    assert (failed.code, failed.data["status"]) == (3, "publishing")
    assert "The post was accepted." in failed.error
