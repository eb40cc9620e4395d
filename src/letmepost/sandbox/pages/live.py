"""Server-sent events that make a page reload when followers see something else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

_RECONNECT_AFTER_MS = 1000
_WAITS_S = 5.0
"""How long a stream waits for a change, because a server that stops waits for open streams."""


async def stream_change(
    next_change: Callable[[], asyncio.Event], read_version: Callable[[], Awaitable[str]], seen: str
) -> AsyncIterator[str]:
    """Yield an event as soon as the version differs from the one that the page shows, and end.

    A browser reconnects with the same `seen` after the end of a stream, so no change is missed.

    Args:
        next_change: returns an event that the next change sets.
        read_version: returns the current version.
        seen: the version that the page shows.
    """
    yield f"retry: {_RECONNECT_AFTER_MS}\n\n"
    with suppress(TimeoutError):
        async with asyncio.timeout(_WAITS_S):
            changed = next_change()  # before the version is read, so that no change in between is missed
            while await read_version() == seen:
                await changed.wait()
                changed = next_change()
            yield "data: changed\n\n"
