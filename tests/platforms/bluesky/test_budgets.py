"""The limits that a Bluesky server reports."""

import pytest

from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms.bluesky.budgets import budgets
from letmepost.platforms.bluesky.simulator.limits import WRITES, spend
from letmepost.platforms.bluesky.xrpc import get_record, put_record, upload_blob
from tests.platforms.bluesky.transcripts import DID, NOW, PDS, image

WRITE = put_record(PDS, DID, "app.bsky.feed.post", "3m64hjivf222b", {}, step="post")
HEADERS = {
    "ratelimit-limit": "5000",
    "ratelimit-remaining": "4997",
    "ratelimit-reset": str(int(NOW.timestamp()) + 3600),
    "ratelimit-policy": "5000;w=3600",
}


def reply(**changes: str) -> Reply:
    return Reply(status=200, headers={**HEADERS, **changes}, body=b"", received_at=NOW)


def test_write_reports_the_points_of_the_account() -> None:
    [budget] = budgets(WRITE, reply())
    assert (budget.name, budget.scope) == ("5000;w=3600", LimitScope.ACCOUNT)
    assert (budget.limit, budget.remaining) == (5000, 4997)
    assert budget.resets_at.timestamp() == int(NOW.timestamp()) + 3600


def test_simulator_report_is_read() -> None:
    headers = spend({}, WRITES, DID, 3, NOW)
    [budget] = budgets(WRITE, Reply(status=200, headers=headers, body=b"", received_at=NOW))
    assert (budget.name, budget.remaining) == ("5000;w=3600", 4997)


@pytest.mark.parametrize("call", [upload_blob(PDS, image(), step="blob-1"), get_record(PDS, DID, "a.b.c", "k")])
def test_other_limits_do_not_hold_back_posts(call: Call) -> None:
    assert budgets(call, reply()) == ()


def test_server_without_limits_reports_nothing() -> None:
    assert budgets(WRITE, Reply(status=200, headers={}, body=b"", received_at=NOW)) == ()


def test_budget_name_is_never_arbitrary_text() -> None:
    [budget] = budgets(WRITE, reply(**{"ratelimit-policy": "<script>"}))
    assert budget.name == "ratelimit"
