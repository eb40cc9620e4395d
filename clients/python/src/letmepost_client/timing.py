"""The clocks, the randomness and the pauses of a client. Tests replace them."""

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


def new_key() -> str:
    """Return a new idempotency key."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a client takes from its surroundings.

    Attributes:
        monotonic: returns seconds that only grow.
        unix_time: returns Unix seconds.
        random: returns a number from 0 to 1, for jitter.
        new_key: returns an idempotency key.
        sleep: pauses a `Client` for seconds.
        sleep_async: pauses an `AsyncClient` for seconds.
    """

    monotonic: Callable[[], float] = time.monotonic
    unix_time: Callable[[], float] = time.time
    random: Callable[[], float] = random.random
    new_key: Callable[[], str] = new_key
    sleep: Callable[[float], None] = time.sleep
    sleep_async: Callable[[float], Awaitable[None]] = asyncio.sleep
