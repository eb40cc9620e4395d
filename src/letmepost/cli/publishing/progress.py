"""Progress on the terminal. Nothing is printed where standard error is not a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from letmepost.cli.publishing.session import CommandSession

if TYPE_CHECKING:
    from letmepost_client.models import Media
    from rich.progress import Progress, TaskID


class StatusLine(Protocol):
    """Shows what a command waits for."""

    def update(self, text: str) -> None: ...


class Bar(Protocol):
    """Shows how much is done."""

    def update(self, done: int, total: int) -> None: ...


class _Silent:
    """Shows nothing."""

    def update(self, *_: object) -> None:
        return


@dataclass(frozen=True, slots=True)
class _TaskBar:
    """A bar of `rich`."""

    progress: "Progress"
    task: "TaskID"

    def update(self, done: int, total: int) -> None:
        self.progress.update(self.task, completed=done, total=total)


@contextmanager
def show_status(text: str) -> Iterator[StatusLine]:
    """Show a text with a spinner."""
    if not sys.stderr.isatty():
        yield _Silent()
        return
    from rich.console import Console

    with Console(stderr=True, markup=False, highlight=False).status(text) as status:
        yield status


@contextmanager
def show_bar(label: str, *, in_bytes: bool = False) -> Iterator[Bar]:
    """Show a progress bar with a label."""
    if not sys.stderr.isatty():
        yield _Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    count = DownloadColumn(binary_units=True) if in_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=None)

        yield _TaskBar(progress, task)


def upload_with_progress(session: CommandSession, path: Path, *, key: str | None = None) -> "Media":
    """Upload a file; return its media item."""
    with show_bar(path.name, in_bytes=True) as bar:
        bar.update(0, path.stat().st_size)
        return session.client.media.upload(path, progress=bar.update, idempotency_key=key)
