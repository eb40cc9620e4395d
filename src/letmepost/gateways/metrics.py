"""The metrics of a process. None of them names a tenant."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class QueueState:
    """The numbers of posts that wait, by state, and the age of the oldest overdue one."""

    posts: Mapping[str, int]
    oldest_overdue_s: float


@dataclass(frozen=True, slots=True)
class SharedMetrics:
    """The metrics that a process shares with others. Each of them reports the sums of all.

    Args:
        directory: contains the counters of every process, in files.
        number: of this process. A replacement of a process has the same number, and continues its counters.
        listener: the descriptor of the shared socket for requests of metrics.
    """

    directory: Path
    number: int
    listener: int


class Metrics:
    """Metrics that count nothing, for a process without metrics."""

    def request_answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request when the first byte of its response is sent. `route`: the template, not the path."""

    def request_not_limited(self) -> None:
        """Count a request without a rate limit, because Redis did not answer."""

    def post_claimed(self, late_s: float) -> None:
        """Count a post that a worker claimed this long after it was ready."""

    def post_tried(self, platform: str, outcome: str, *, is_end: bool) -> None:
        """Count a finished attempt of a post. `is_end`: True if no other follows by itself."""

    def platform_called(self, platform: str, status: int | None, seconds: float) -> None:
        """Count a call to a platform. `status`: None if there was no reply."""

    def media_pulled(self, status: int, sent_bytes: int) -> None:
        """Count a request for a media item of a post at a URL that a platform fetches."""

    def delivery_tried(self, outcome: str) -> None:
        """Count a delivery attempt: delivered, to be retried, or given up."""

    @asynccontextmanager
    async def served(self, read_queue: Callable[[], Awaitable[QueueState]]) -> AsyncIterator[None]:  # noqa: ARG002 - subclasses use it
        """Serve the metrics while the context is open. `read_queue` is called for each request."""
        yield
