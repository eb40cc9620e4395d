"""Waits for the effects of other tasks or processes by polling."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_POLL_INTERVAL_S = 0.01
PATIENCE_S = 60.0
"""The timeout of clients in tests. On a busy machine, a connection can take seconds."""


async def eventually(look: Callable[[], Awaitable[T]], *, within_s: float = 20.0) -> T:
    """Return the first true result of `look`; fail after `within_s`."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + within_s
    while True:
        found = await look()
        if found:
            return found
        assert loop.time() < deadline_s, f"not within {within_s} s; last seen: {found!r}"
        await asyncio.sleep(_POLL_INTERVAL_S)
