"""Waits for a batch, and prints the result of each of its targets."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import typer

from letmepost.cli.publishing.failures import FAILED, UNKNOWN, details, hint, warn
from letmepost.cli.publishing.progress import show_status
from letmepost.cli.publishing.session import CommandSession, dump, shown
from letmepost.domain.posts import BatchStatus, PostStatus
from letmepost.gateways.clock import SystemClock

if TYPE_CHECKING:
    from letmepost_client import Batch
    from letmepost_client.models import BatchData, TargetResult

FIRST_WAIT_S = 5
"""How long the server waits for the outcome before the command asks again."""

STATUS_EVERY_S = 2.0
"""How often the status of each target is shown while the command waits."""

_UNFINISHED = {BatchStatus.QUEUED, BatchStatus.PUBLISHING}
_GOOD = {PostStatus.PUBLISHED, PostStatus.AWAITING_USER, PostStatus.DRAFT, PostStatus.QUEUED}
_OPEN = {PostStatus.PUBLISHING, PostStatus.RETRYING, PostStatus.HELD, PostStatus.UNCONFIRMED}
_COLORS: Mapping[str, str] = {**dict.fromkeys(_GOOD, "green"), **dict.fromkeys(_OPEN, "yellow")}


def show_batch(session: CommandSession, batch: "Batch", *, key: str, timeout_s: float | None) -> None:
    """Wait for a batch, print it, and exit with the code of its outcome.

    Args:
        key: the idempotency key of the request.
        timeout_s: how long to wait for the outcome; None does not wait. A scheduled batch is not waited for.
    """
    if batch.scheduled_at is not None:
        timeout_s = None
    settled: BatchData = batch if timeout_s is None else _wait_for(session, batch, timeout_s)
    session.say_mode()
    if session.as_json:
        session.print_json({**dump(settled), "idempotencyKey": key})
    else:
        for result in settled.results:
            typer.secho(f"{result.platform}: {result.status}", fg=_COLORS.get(result.status, "red"))
            for label, value in _lines(settled, result):
                typer.echo(f"  {label:<9} {value}")
    for result in settled.results:
        if result.status in _OPEN:
            hint(f"Follow it: letmepost posts show {result.post_id}")
    if code := _exit_code(settled, waited=timeout_s is not None):
        raise typer.Exit(code)


def _wait_for(session: CommandSession, batch: "Batch", timeout_s: float) -> "Batch":
    """Return the batch when nothing in it is queued or being published, or when the command stops waiting."""
    from letmepost_client import ConnectionFailed, WaitTimedOut

    clock = SystemClock()
    deadline_s = clock.monotonic_s() + timeout_s
    try:
        with show_status(_summary(batch)) as status:
            while batch.status in _UNFINISHED and (left_s := deadline_s - clock.monotonic_s()) > 0:
                try:
                    batch = batch.wait(timeout_s=min(STATUS_EVERY_S, left_s))
                except WaitTimedOut:
                    batch = session.client.batches.get(batch.id)
                status.update(_summary(batch))
    except ConnectionFailed as error:
        warn(f"{error}\nThe post was accepted. The server publishes it without this command.")
    except KeyboardInterrupt:
        warn("Stopped waiting. The server publishes the post without this command.")
    return batch


def _exit_code(batch: "BatchData", *, waited: bool) -> int:
    """Return 0 if every target is as it should be, 1 if one has failed, and 3 if the outcome of one is open."""
    statuses = {result.status for result in batch.results}
    if statuses - _GOOD - _OPEN:
        return FAILED
    is_open = statuses & {PostStatus.HELD, PostStatus.UNCONFIRMED} or (waited and batch.status in _UNFINISHED)
    return UNKNOWN if is_open else 0


def _summary(batch: "BatchData") -> str:
    return ", ".join(f"{result.platform} {result.status}" for result in batch.results)


def _lines(batch: "BatchData", result: "TargetResult") -> Iterator[tuple[str, object]]:
    is_scheduled = result.status == PostStatus.QUEUED
    rows = {
        "post": result.post_id,
        "account": result.account_id,
        "publish": f"letmepost posts publish {result.post_id}" if result.status == PostStatus.DRAFT else None,
        "at": batch.scheduled_at if is_scheduled else None,
        "url": result.url or result.uri,
        "comment": result.first_comment_uri,
        "retries": result.next_attempt_at if result.status == PostStatus.RETRYING else None,
    }
    yield from ((label, shown(value)) for label, value in rows.items() if value is not None)
    yield from (("thread", part.url or part.uri) for part in result.thread)
    yield from (("warning", warning.message) for warning in result.warnings)
    if result.error is not None:
        yield from details(result.error)
