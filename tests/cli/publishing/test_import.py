import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from letmepost.cli.publishing.importing.report import Report, UnreadableReport
from letmepost.gateways.clock import SystemClock
from tests.cli.publishing.answers import Shell, account, batch, current_key, error, media, platforms

CLOCK = {"now": "2026-12-23T12:00:00Z", "aheadS": 0}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "posts.csv"


@pytest.fixture
def server(shell: Shell) -> Shell:
    shell.responds("GET", "/v1/me", current_key())
    shell.responds("GET", "/v1/sandbox/clock", CLOCK)
    shell.has_accounts(account(1), account(2, "other"))
    return shell


def accepts(*failures: dict[str, Any]) -> Any:
    """Return a server that accepts the posts of bulk requests, except for the texts of failures."""
    errors = {failure.pop("text"): failure for failure in failures}

    def respond(request: httpx.Request) -> httpx.Response:
        data = []
        for item in json.loads(request.content)["posts"]:
            failure = errors.get(item["text"])
            body = batch("queued", status="queued", id=f"batch_{item['text']}") if failure is None else failure
            data.append({"status": 202 if failure is None else 400, "body": body})
        return httpx.Response(207, json={"data": data})

    return respond


def sent(route: respx.Route) -> list[dict[str, Any]]:
    return [item for call in route.calls for item in json.loads(call.request.content)["posts"]]


def test_rows_are_sent_with_their_own_keys_and_not_again(server: Shell, file: Path) -> None:
    (file.parent / "a.png").write_bytes(b"a")
    file.write_text(
        "to,text,at,zone,media,alt,thread,first_comment,draft,double.tags\n"
        'double,one,2026-12-24 09:00,Europe/Berlin,a.png|https://a.test/b.mp4,A|B,two|three,four,,"[1]"\n'
        "user1.test other,draft,,,,,,,yes,\n"
    )
    server.responds("POST", "/v1/media", media(1), 201)
    bulk = server.api.post("/v1/posts/bulk").mock(side_effect=accepts())
    done = server.run("import", str(file))
    assert (done.code, done.out) == (0, "2 accepted, 0 failed, 0 already imported.\n"), done.error
    first, second = sent(bulk)
    keys = {first.pop("idempotencyKey"), second.pop("idempotencyKey")}
    assert len(keys) == 2
    assert first == {
        "targets": [{"accountId": "acc_1"}],
        "text": "one",
        "schedule": {"at": "2026-12-24T09:00", "zone": "Europe/Berlin"},
        "media": [
            {"kind": "image", "mediaId": "med_1", "altText": "A"},
            {"kind": "video", "url": "https://a.test/b.mp4", "altText": "B"},
        ],
        "thread": [{"text": "two"}, {"text": "three"}],
        "firstComment": {"text": "four"},
        "options": {"double": {"tags": [1]}},
    }
    assert second == {"targets": [{"accountId": "acc_1"}, {"accountId": "acc_2"}], "text": "draft", "draft": True}
    assert server.run("import", str(file)).out == "0 accepted, 0 failed, 2 already imported.\n"
    assert bulk.call_count == 1


def test_nothing_is_sent_if_a_row_is_wrong(server: Shell, file: Path) -> None:
    rows = [
        "to,text,at,zone,media,alt,draft",
        "double,fine,,,,,",
        ",no target,,,,,",
        "doubel,unknown,,,,,",
        "double,late,2026-12-22 09:00,,,,",
        "double,relative,tomorrow 9:00,,,,",
        "double,zone,2026-12-24 09:00,Berlin,,,",
        "double,zone alone,,Europe/Berlin,,,",
        "double,missing,,,b.png,,",
        "double,kind,,,https://a.test/b,,",
        "double,alt,,,https://a.test/b.png,A|B,",
        "double,draft,,,,,perhaps",
    ]
    file.write_text("\n".join(rows))
    server.responds("GET", "/v1/platforms", platforms(double="Double"))
    failed = server.run("import", str(file), "--json")
    assert failed.code == 1
    assert (failed.data["rows"], failed.data["invalid"]) == (11, 10)
    expected = {
        3: "the cell `to` is empty",
        4: "Did you mean double?",
        5: "in the past",
        6: 'Cannot read the time "tomorrow 9:00". Write it like 2026-12-24 09:00.',
        7: "Did you mean Europe/Berlin?",
        8: "`zone` needs a time",
        9: "Cannot read",
        10: "cannot tell what https://a.test/b is",
        11: "1 media items and 2 alt texts",
        12: "Write yes or no",
    }
    found = {problem["line"]: problem["message"] for problem in failed.data["problems"]}
    assert found.keys() == expected.keys()
    for line, words in expected.items():
        assert words in found[line]
        assert f"Line {line}: " in failed.error


def test_dry_run_prints_what_the_server_rejects_and_stores_nothing(server: Shell, file: Path) -> None:
    file.write_text("to,text\ndouble,fine\ndouble,long\ndouble,wrong\n")
    broken = {"rule": "r", "field": "text", "message": "Too long.", "remediation": "Shorten it."}

    def check(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        assert "idempotencyKey" not in body
        if body["text"] == "wrong":
            return httpx.Response(400, json=error("validation_failed", "Wrong.", remediation="Correct it."))
        violations = [broken] if body["text"] == "long" else []
        target = {"accountId": "acc_1", "platform": "double", "valid": not violations, "violations": violations}
        return httpx.Response(200, json={"valid": not violations, "targets": [{**target, "warnings": []}]})

    server.api.post("/v1/posts/validate").mock(side_effect=check)
    failed = server.run("import", str(file), "--dry-run")
    assert (failed.code, failed.out) == (1, "3 rows: 2 invalid, 0 already imported. Nothing was published.\n")
    assert "Line 3: double: Too long. Shorten it.\n" in failed.error
    assert "Line 4: Wrong. Correct it.\n" in failed.error
    assert list(file.parent.iterdir()) == [file]


def test_failed_row_is_reported_and_sent_again(server: Shell, file: Path) -> None:
    file.write_text("to,text\ndouble,one\ndouble,two\n")
    failure = {"text": "two", **error("quota_exceeded", "The quota is used up.", remediation="Wait.")}
    bulk = server.api.post("/v1/posts/bulk").mock(side_effect=accepts(failure))
    failed = server.run("import", str(file))
    assert (failed.code, failed.out) == (1, "1 accepted, 1 failed, 0 already imported.\n")
    assert "Line 3: The quota is used up. Wait.\n" in failed.error
    bulk.mock(side_effect=accepts())
    done = server.run("import", str(file), "--json")
    assert (done.data["accepted"], done.data["alreadyImported"]) == (1, 1)
    assert done.data["rows"] == [
        {
            "line": 3,
            "status": "accepted",
            "batchId": "batch_two",
            "posts": [{"postId": "post_1", "platform": "double", "status": "queued"}],
        }
    ]
    assert [item["text"] for item in sent(bulk)] == ["one", "two", "two"]
    assert len({item["idempotencyKey"] for item in sent(bulk)}) == 2


def test_rows_without_a_recorded_response_are_sent_again_with_the_same_keys(server: Shell, file: Path) -> None:
    file.write_text("to,text\n" + "".join(f"double,{number}\n" for number in range(60)))
    lost = httpx.Response(200, text="<html>A proxy</html>")
    bulk = server.api.post("/v1/posts/bulk")
    bulk.mock(side_effect=lambda request: accepts()(request) if bulk.call_count == 0 else lost)
    failed = server.run("import", str(file))
    assert failed.code == 1
    assert "Run the same command again to continue" in failed.error
    report = file.with_name("posts.csv.report.jsonl")
    report.write_bytes(report.read_bytes() + b'{"scope": "org_1/te')  # a crash while an entry was written
    bulk.mock(side_effect=accepts())
    assert server.run("import", str(file)).out == "35 accepted, 0 failed, 25 already imported.\n"
    items = sent(bulk)
    assert len({item["idempotencyKey"] for item in items}) == 60
    assert [item["text"] for item in items[25:50]] == [item["text"] for item in items[50:75]]
    assert server.run("import", str(file)).out == "0 accepted, 0 failed, 60 already imported.\n"


def test_row_is_not_sent_again_when_the_server_has_forgotten_its_key(server: Shell, file: Path) -> None:
    file.write_text("to,text\ndouble,one\n")
    bulk = server.api.post("/v1/posts/bulk").mock(return_value=httpx.Response(200, text="<html>A proxy</html>"))
    server.run("import", str(file))
    report = file.with_name("posts.csv.report.jsonl")
    entry = json.loads(report.read_text())
    report.write_text(json.dumps({**entry, "at": "2026-01-01T00:00:00+00:00"}) + "\n")
    failed = server.run("import", str(file))
    assert failed.code == 1
    assert "Line 2: it was sent on 2026-01-01 00:00 UTC, and the response was lost." in failed.error
    assert bulk.call_count == 1


def test_repeated_row_keeps_the_time_of_its_first_try(server: Shell, file: Path) -> None:
    """The server remembers a key from the first request with it."""
    file.write_text("to,text\ndouble,one\n")
    server.api.post("/v1/posts/bulk").mock(return_value=httpx.Response(200, text="<html>A proxy</html>"))
    server.run("import", str(file))
    report = file.with_name("posts.csv.report.jsonl")
    first = (SystemClock().now() - timedelta(hours=22)).isoformat()
    report.write_text(json.dumps({**json.loads(report.read_text()), "at": first}) + "\n")
    server.run("import", str(file))
    entries = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(entry["status"], entry["at"]) for entry in entries] == [("sent", first)] * 2


@pytest.mark.parametrize(
    ("status", "rule", "recorded"),
    [(500, None, "sent"), (409, "idempotency_key.in_progress", "sent"), (400, None, "failed")],
)
def test_row_stays_open_if_the_server_may_have_accepted_it(
    server: Shell, file: Path, status: int, rule: str | None, recorded: str
) -> None:
    file.write_text("to,text\ndouble,one\n")
    answer = {"data": [{"status": status, "body": error("internal_error", rule=rule)}]}
    server.api.post("/v1/posts/bulk").mock(return_value=httpx.Response(207, json=answer))
    failed = server.run("import", str(file))
    assert (failed.code, failed.out) == (1, "0 accepted, 1 failed, 0 already imported.\n")
    last = file.with_name("posts.csv.report.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["status"] == recorded


def test_rows_of_test_mode_are_sent_in_live_mode(server: Shell, file: Path) -> None:
    file.write_text("to,text\ndouble,one\n")
    bulk = server.api.post("/v1/posts/bulk").mock(side_effect=accepts())
    server.run("import", str(file))
    server.responds("GET", "/v1/me", current_key(mode="live"))
    live = server.run("import", str(file), "--json", LETMEPOST_API_KEY="lmp_live_key")
    assert (live.data["mode"], live.data["accepted"]) == ("live", 1)
    assert bulk.call_count == 2


def test_file_that_is_not_a_report_is_not_changed(shell: Shell, file: Path) -> None:
    file.write_text("to,text\ndouble,one\n")
    shell.responds("GET", "/v1/me", current_key())
    failed = shell.run("import", str(file), "--report", str(file))
    assert failed.code == 1
    assert "not an entry of an import" in failed.error
    assert file.read_text() == "to,text\ndouble,one\n"
    with pytest.raises(UnreadableReport, match="Is a directory"):
        Report(file.parent, "org_1/test")
