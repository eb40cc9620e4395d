"""Sends the rows of a file, and records what became of each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from letmepost.cli.publishing.attachments import to_media
from letmepost.cli.publishing.importing.report import Entry, Report, RowStatus
from letmepost.cli.publishing.importing.requests import InvalidRow, Planned, Planner
from letmepost.cli.publishing.importing.table import Row
from letmepost.cli.publishing.progress import show_bar
from letmepost.cli.publishing.session import CommandSession
from letmepost.cli.publishing.targets import UnknownTarget
from letmepost.domain.refusals.requests import IDEMPOTENCY_KEY_IN_PROGRESS
from letmepost.gateways.clock import SystemClock

if TYPE_CHECKING:
    from letmepost_client import ApiError, BulkItem
    from letmepost_client.inputs import PostRequest
    from letmepost_client.models import PostValidation

CHUNK_ROWS = 25
"""How many rows a request has: fewer than the API accepts, so that progress is visible."""
KEY_VALID_FOR = timedelta(hours=23)
"""An hour less than the server remembers idempotency keys by default."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row was not sent, or not accepted."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does with the rows of a file.

    Attributes:
        accepted: the number of rows that an earlier run has sent.
    """

    planned: Sequence[Planned]
    problems: Sequence[RowProblem]
    accepted: int


def plan_rows(planner: Planner, rows: Iterable[Row], report: Report) -> Plan:
    """Return the requests of the rows that were not accepted yet."""
    planned, problems, accepted = [], [], 0
    for row in rows:
        entry = report.entry(row.key)
        if entry is not None and entry.status == "accepted":
            accepted += 1
            continue
        try:
            _check_key(entry)
            planned.append(planner.plan(row))
        except (InvalidRow, UnknownTarget) as error:
            problems.append(RowProblem(row.line, str(error)))
    return Plan(planned, problems, accepted)


def _check_key(entry: Entry | None) -> None:
    """Check that the server still knows the idempotency key of a row, if the response to it was lost.

    Raises:
        InvalidRow: it may have forgotten the key, so that sending the row again could publish it twice.
    """
    if entry is None or entry.status != "sent" or SystemClock().now() - entry.at <= KEY_VALID_FOR:
        return
    raise InvalidRow(
        f"it was sent on {entry.at:%Y-%m-%d %H:%M} UTC, and the response was lost. Look for the post with "
        "`letmepost posts list`. If it is missing, give the row another `id`; otherwise remove the row."
    )


def check_rows(session: CommandSession, planned: Sequence[Planned]) -> list[RowProblem]:
    """Check requests with the server, which stores nothing; return what is wrong with them."""
    from letmepost_client import ValidationFailed

    problems = []
    with show_bar("Checking") as bar:
        for number, plan in enumerate(planned, 1):
            request = {name: value for name, value in plan.request.items() if name != "idempotency_key"}
            try:
                media = to_media(session, plan.attachments, key=plan.row.key, inline=True, shows_progress=False)
                validation = session.client.posts.validate(**request, media=media or None)
                problems += [RowProblem(plan.row.line, message) for message in _violations(validation)]
            except ValidationFailed as error:
                problems.append(RowProblem(plan.row.line, describe_error(error)))
            bar.update(number, len(planned))
    return problems


def send_rows(session: CommandSession, planned: Sequence[Planned], report: Report) -> Iterator[Entry]:
    """Send requests, record the response to each, and yield it.

    Raises:
        UnreadableReport: the report cannot be written.
        ApiError: the server rejected everything.
        ConnectionFailed: there was no response.
    """
    with show_bar("Importing") as bar:
        bar.update(0, len(planned))
        for start in range(0, len(planned), CHUNK_ROWS):
            yield from _send(session, planned[start : start + CHUNK_ROWS], report)
            bar.update(min(start + CHUNK_ROWS, len(planned)), len(planned))


def _send(session: CommandSession, chunk: Sequence[Planned], report: Report) -> list[Entry]:
    from letmepost_client import ValidationFailed

    ready, entries = [], []
    for plan in chunk:
        try:
            media = to_media(session, plan.attachments, key=plan.row.key, inline=False, shows_progress=False)
            ready.append((plan.row, {**plan.request, **({"media": media} if media else {})}))
        except ValidationFailed as error:
            entries.append(_entry(plan.row, "failed", {"error": _shown(error)}))
    sent = [_sent(row, report) for row, _ in ready]
    report.add(sent)
    requests = cast("list[PostRequest]", [request for _, request in ready])
    items = session.client.posts.bulk(requests) if requests else []
    entries += [_entry_of(row, item, entry) for (row, _), item, entry in zip(ready, items, sent, strict=True)]
    report.add(entries)
    return entries


def _sent(row: Row, report: Report) -> Entry:
    """Return the entry of a row that is being sent. Its time is that of the first try without a known outcome.

    The server remembers an idempotency key from the first request with it.
    """
    entry = report.entry(row.key)
    return entry if entry is not None and entry.status == "sent" else _entry(row, "sent", {})


def _entry_of(row: Row, item: "BulkItem", sent: Entry) -> Entry:
    if item.error is not None:
        # After these errors, the server may have accepted the row, or may still do so.
        is_open = item.status >= HTTPStatus.INTERNAL_SERVER_ERROR or item.error.rule == IDEMPOTENCY_KEY_IN_PROGRESS.id
        outcome = {"error": _shown(item.error)}
        return replace(sent, outcome=outcome) if is_open else _entry(row, "failed", outcome)
    posts = [
        {name: result[name] for name in ("postId", "platform", "status")} for result in item.body.get("results", ())
    ]
    return _entry(row, "accepted", {"batchId": item.body.get("id"), "posts": posts})


def _entry(row: Row, status: RowStatus, outcome: Mapping[str, Any]) -> Entry:
    return Entry(row.key, row.line, status, SystemClock().now(), outcome)


def _shown(error: "ApiError") -> dict[str, Any]:
    return {"code": error.code, "rule": error.rule, "message": describe_error(error), "retryable": error.retryable}


def describe_error(error: "ApiError") -> str:
    """Return the message and the fix of an error, or those of each violation if there are several."""
    if len(error.violations) > 1:
        return " ".join(
            f"{broken.field}: {broken.message} {broken.remediation or ''}".strip() for broken in error.violations
        )
    return " ".join(filter(None, (error.message, error.remediation)))


def _violations(validation: "PostValidation") -> Iterator[str]:
    for target in validation.targets:
        for broken in target.violations:
            yield f"{target.platform}: {broken.message} {broken.remediation}"
