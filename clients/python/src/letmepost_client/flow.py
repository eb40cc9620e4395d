"""Calls as generators that do no I/O.

A flow yields steps, and receives the result of each. `Client` and `AsyncClient` run the same flows; they differ only in
how they perform a step. This is how httpx implements authentication:
https://github.com/encode/httpx/blob/master/httpx/_auth.py
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias, TypeVar

Result = TypeVar("Result")

Progress: TypeAlias = Callable[[int, int], object]
"""Receives the number of bytes sent so far, and their total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """The bytes of a file, which are read while they are sent.

    Attributes:
        file: is read from `start` each time that the request is sent.
        prefix: the bytes to send before those of the file.
        suffix: the bytes to send after those of the file.
        progress: is called with the bytes of the file that were sent.
    """

    file: BinaryIO
    start: int
    size_bytes: int
    prefix: bytes = b""
    suffix: bytes = b""
    progress: Progress | None = None

    @property
    def content_length(self) -> int:
        return len(self.prefix) + self.size_bytes + len(self.suffix)

    def report(self, sent_bytes: int) -> None:
        if self.progress is not None:
            self.progress(sent_bytes, self.size_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A request to send. The result is the response, completely read.

    Attributes:
        url: absolute.
        timeout_s: how long to wait for a connection, and for each read and write.
    """

    method: str
    url: str
    timeout_s: float
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | FileContent | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause. There is no result."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Block:
    """A function that reads files. `AsyncClient` calls it in a thread. The result is what it returns."""

    function: Callable[[], Any]


Step: TypeAlias = Send | Pause | Block
Flow: TypeAlias = Generator[Step, Any, Result]
