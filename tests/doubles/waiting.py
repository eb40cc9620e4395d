"""Waiting for what another task or another process brings about: looking again, never sleeping for luck."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_AGAIN_S = 0.01


async def eventually(look: Callable[[], Awaitable[T]], *, within_s: float = 20.0) -> T:
    """What `look` finds, as soon as it finds something true; fails after `within_s`."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + within_s
    while True:
        found = await look()
        if found:
            return found
        assert loop.time() < deadline_s, f"not within {within_s} s; last seen: {found!r}"
        await asyncio.sleep(_LOOK_AGAIN_S)
