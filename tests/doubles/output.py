"""Reads the output of a running child process."""

from asyncio import StreamReader


async def read_lines(stream: StreamReader | None, lines: list[str]) -> None:
    """Add each line of a stream to `lines` as soon as it is printed, until the stream ends."""
    assert stream is not None
    async for line in stream:
        lines.append(line.decode())  # noqa: PERF401 - the list is read while it grows
