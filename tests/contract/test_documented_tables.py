"""Tables in docs/ name the error codes, statuses and fields that exist."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from letmepost.domain.errors import ErrorCode
from letmepost.http.errors import STATUS
from tests.readme import ROOT

SCHEMAS: Mapping[str, Any] = json.loads((ROOT / "openapi/openapi.json").read_text("utf-8"))["components"]["schemas"]
OBJECTS = {
    "request of `POST /v1/posts`": "CreatePost",
    "`targets[]`": "Target",
    "`media[]`": "MediaAttachment",
    "`results[]`": "TargetResult",
    "post": "Post",
    "`attempts[]` of a post": "PostAttempt",
    "media item": "Media",
    "account": "Account",
    "API key": "ApiKey",
}
"""The objects in the table of fields, and their schemas."""
NESTED = {"platformResponse", "requestsPerMinute"}
"""Fields that the table says are in another object."""


def rows(page: str, heading: str) -> Iterator[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    _, _, text = (ROOT / "docs" / page).read_text("utf-8").partition(f"\n## {heading}\n")
    [table] = re.findall(r"^(?:\|.*\n)+", text, re.MULTILINE)[:1]
    for line in table.splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def test_errors_page_explains_each_code_with_its_statuses() -> None:
    table = {re.findall(r"`(\w+)`", row[0])[0]: row for row in rows("errors-and-retries.md", "Error codes")}
    assert list(table) == list(ErrorCode)
    for code, (_, statuses, meaning, again) in table.items():
        assert str(STATUS[ErrorCode(code)]) in statuses.split(", ")
        assert meaning
        assert again.startswith(("Yes", "No", "Only"))


@pytest.mark.parametrize("name", OBJECTS)
def test_migration_page_lists_every_field_and_no_other(name: str) -> None:
    [(_, same, additional)] = [row for row in rows("migrating-from-letmepost-dev.md", "Fields") if row[0] == name]
    listed = set(re.findall(r"`(\w+)`", f"{same} {additional}")) - NESTED
    existing = set(SCHEMAS[OBJECTS[name]]["properties"])
    assert listed <= existing
    assert listed == existing or "other properties" in additional
