import json
from typing import Any

import httpx
import pytest

from tests.cli.publishing.answers import AT, Shell, batch, error, media, post

CLOCK = {"now": "2026-12-23T12:00:00Z", "aheadS": 0}
ZONED = ["--at", "tomorrow 9:00", "--zone", "Europe/Berlin"]
SCHEDULE = {"schedule": {"at": "2026-12-24T09:00", "zone": "Europe/Berlin"}}


def test_list_prints_a_table_or_json(shell: Shell) -> None:
    posts = [post(text="A text of\nmore than forty characters in all", id=f"post_{number}") for number in range(3)]
    listed = shell.responds("GET", "/v1/posts", {"data": posts, "nextCursor": "more"})
    table = shell.run("posts", "list", "--limit", "2", "--status", "failed", "--status", "held").out
    heading, *rows = [" ".join(line.split()) for line in table.splitlines()]
    assert heading == "Id Platform Status Text"
    assert rows == [f"post_{number} double published A text of more than forty characters in…" for number in (0, 1)]
    assert str(listed.calls.last.request.url.query, "ascii") == "status=failed&status=held&limit=2"
    assert listed.call_count == 1
    found = shell.run("posts", "list", "--limit", "2", "--json").data
    assert (found["mode"], found["data"]) == ("test", [{**one} for one in posts[:2]])


def test_empty_list_is_said_to_be_empty(shell: Shell) -> None:
    shell.responds("GET", "/v1/posts", {"data": [], "nextCursor": None})
    assert shell.run("posts", "list").out == "No posts.\n"


def test_post_is_shown_with_its_attempts_error_and_timeline(shell: Shell) -> None:
    attempt = {"id": "att_1", "attemptNumber": 1, "startedAt": AT, "succeeded": False, "outcome": "rejected"}
    failed = {"code": "platform_rejected", "message": "Refused.", "remediation": "Change it.", "rule": "double.rule"}
    full = post("rejected", attempts=[{**attempt, "waitedMs": 1, "platformMs": 7, "calls": []}], error=failed)
    shell.responds("GET", "/v1/posts/post_1", full)
    entry = {"at": AT, "kind": "rejected", "message": "The platform refused it.", "data": {}}
    shell.responds("GET", "/v1/posts/post_1/timeline", {"data": [entry]})
    shown = shell.run("posts", "show", "post_1", "--timeline").out
    for expected in ("rejected, 7 ms at the platform", "Refused.", "Change it.", "double.rule", "refused it."):
        assert expected in shown
    assert shell.run("posts", "show", "post_1", "--timeline", "--json").data == {
        "mode": "test", **full, "timeline": [entry],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "method", "path", "body"),
    [
        (["edit", "post_1", "--text", "New", *ZONED], "PATCH", "/v1/posts/post_1", {"text": "New", **SCHEDULE}),
        (["duplicate", "post_1"], "POST", "/v1/posts/post_1/duplicate", None),
        (["unpublish", "post_1", "--yes"], "POST", "/v1/posts/post_1/unpublish", None),
        (["retry", "post_1"], "POST", "/v1/posts/post_1/retry", {}),
        (["retry", "post_1", *ZONED], "POST", "/v1/posts/post_1/retry", SCHEDULE),
        (["resolve", "post_1", "not-published"], "POST", "/v1/posts/post_1/resolve", {"outcome": "not_published"}),
        (["cancel", "post_1"], "DELETE", "/v1/posts/post_1", None),
    ],
)
def test_change_is_sent(shell: Shell, words: list[str], method: str, path: str, body: dict[str, Any] | None) -> None:
    if "--at" in words:
        shell.responds("GET", "/v1/sandbox/clock", CLOCK)
    changed = shell.responds(method, path, post("queued"))
    done = shell.run("posts", *words)
    assert done.code == 0, done.error
    assert "queued" in done.out
    content = changed.calls.last.request.content
    assert (json.loads(content) if content else None) == body


def test_unpublishing_is_confirmed(shell: Shell) -> None:
    assert shell.run("posts", "unpublish", "post_1", stdin="n\n").code == 1


def test_edit_without_a_change_is_rejected(shell: Shell) -> None:
    assert shell.run("posts", "edit", "post_1").code == 2


def test_draft_is_published_and_waited_for(shell: Shell) -> None:
    shell.responds("GET", "/v1/posts/post_1", post("draft"))
    shell.responds("POST", "/v1/batches/batch_1/publish", batch("publishing", status="publishing"), 202)
    shell.responds("GET", "/v1/batches/batch_1", batch("published"))
    done = shell.run("posts", "publish", "post_1")
    assert (done.code, done.out.splitlines()[0]) == (0, "double: published")
    assert shell.run("posts", "publish", "batch_1", "--no-wait").code == 0


def test_draft_with_a_time_is_scheduled_and_not_waited_for(shell: Shell) -> None:
    answer = batch("queued", status="queued", scheduledAt="2026-12-24T08:00:00Z")
    shell.responds("POST", "/v1/batches/batch_1/publish", answer, 202)
    done = shell.run("posts", "publish", "batch_1")
    assert (done.code, "2026-12-24" in done.out) == (0, True)


def test_draft_with_a_time_is_published_now_only_if_that_is_asked_for(shell: Shell) -> None:
    sent = shell.responds("POST", "/v1/batches/batch_1/publish", batch("published"))
    assert shell.run("posts", "publish", "batch_1", "--now").code == 0
    assert json.loads(sent.calls.last.request.content) == {"publishNow": True}
    assert shell.run("posts", "publish", "batch_1", "--now", "--at", "tomorrow 9:00").code == 2


def test_unknown_post_is_reported_without_a_traceback(shell: Shell) -> None:
    shell.responds(
        "GET", "/v1/posts/post_2", error("not_found", "There is no such post.", remediation="Check it."), 404
    )
    failed = shell.run("posts", "show", "post_2")
    assert (failed.code, failed.out) == (1, "")
    assert failed.error == "Error: There is no such post.\n  fix      Check it.\n  request  req_1\n"


def test_unreachable_server_is_reported_without_a_traceback(shell: Shell) -> None:
    shell.api.get("/v1/posts").mock(return_value=httpx.Response(200, text="<html>A proxy</html>"))
    failed = shell.run("posts", "list", "--json")
    assert (failed.code, failed.data["error"]["code"]) == (1, "connection_failed")
    assert "Check that the API runs at https://api.test" in failed.error


@pytest.mark.parametrize(("typed", "meant"), [("posst", "post"), ("acounts", "accounts"), ("post-s", "posts")])
def test_mistyped_command_gets_a_suggestion(shell: Shell, typed: str, meant: str) -> None:
    failed = shell.run(typed)
    assert failed.code == 2
    assert f"'{meant}'" in failed.error


def test_version_is_printed(shell: Shell) -> None:
    assert shell.run("--version").out.startswith("letmepost 0.")


def test_media_are_uploaded_listed_and_deleted(shell: Shell) -> None:
    file = shell.home.parent / "a.png"
    file.write_bytes(b"a")
    shell.responds("POST", "/v1/media", media(1), 201)
    shell.responds("GET", "/v1/media", {"data": [media(1)], "nextCursor": None})
    shell.responds("GET", "/v1/media/med_1", media(1))
    shell.responds("DELETE", "/v1/media/med_1", {"id": "med_1", "deleted": True})
    assert shell.run("media", "upload", str(file)).out == f"med_1  image  {file}\n"
    assert shell.run("media", "upload", str(file), "--json").data == {"mode": "test", "file": str(file), **media(1)}
    assert "med_1" in shell.run("media", "list").out
    assert "med_1" in shell.run("media", "show", "med_1").out
    assert shell.run("media", "delete", "med_1").code == 0
    file.write_bytes(b"")
    assert shell.run("media", "upload", str(file)).code == 1
