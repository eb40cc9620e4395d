"""What is counted for whoever watches a deployment. Nothing here names a tenant."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many posts are in each state that somebody should know of, and the age of the oldest overdue one."""

    posts: Mapping[str, int]
    oldest_overdue_s: float


@dataclass(frozen=True, slots=True)
class SharedMetrics:
    """How a process counts together with others, all of which answer for all.

    Args:
        directory: holds the counters of every process, in files.
        number: of this process. A process that replaces another one has its number, and continues its counters.
        listener: the descriptor of the socket that all of them accept requests for metrics on.
    """

    directory: Path
    number: int
    listener: int


class Metrics:
    """Counts nothing: what a process has whose metrics nobody asked for."""

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request got its answer's first byte. `route`: its template, never the path itself."""

    def request_not_limited(self) -> None:
        """A request was let through uncounted, because Redis did not answer."""

    def post_claimed(self, late_s: float) -> None:
        """A worker took a post, so long after it was ready."""

    def post_tried(self, platform: str, outcome: str, *, is_end: bool) -> None:
        """A try of a post ended. `is_end`: no other follows by itself."""

    def platform_called(self, platform: str, status: int | None, seconds: float) -> None:
        """A call to a platform came back, or (None) did not."""

    def media_pulled(self) -> None:
        """A platform fetched a medium of a post, or a part of one."""

    def delivery_tried(self, outcome: str) -> None:
        """A webhook was delivered, is to be retried, or is given up."""

    @asynccontextmanager
    async def served(self, read_queue: Callable[[], Awaitable[QueueState]]) -> AsyncIterator[None]:  # noqa: ARG002 - for whoever counts
        """Answer whoever asks, meanwhile. `read_queue` is called each time."""
        yield
