"""How long one hostile request delays all other requests.

    python -m tests.benchmarks.blocking

There is one API process. Each request is sent 20 times, one after another, while another process requests `/health`
every 5 ms. Exits with 1 if the 99th percentile of `/health` reaches 100 ms during any of them.
"""

import asyncio
import json
import multiprocessing
import sys
import time
import urllib.request
from collections.abc import Mapping
from multiprocessing.connection import Connection
from statistics import quantiles

from tests.benchmarks.stand import Stand, running

TIMES = 20
LIMIT_MS = 100
TARGETS = 25
_BODY_MAX_BYTES = 8 * 1024 * 1024
_ASK_EVERY_S = 0.005


async def main() -> int:
    async with running() as stand:
        key = await stand.tenant("Benchmark")
        accounts = [await stand.account(key) for _ in range(TARGETS)]
        bodies = {"nothing": b"", **_bodies(accounts)}
        figures = {name: await _measure(stand, key, body) for name, body in bodies.items()}
    print("/health while a request is sent 20 times, in ms: p50, p99, longest; requests per second")
    for name, (health_s, rate) in figures.items():
        half, most = (1000 * quantiles(health_s, n=100, method="inclusive")[percent - 1] for percent in (50, 99))
        print(f"  {name:24}{half:7.1f}{most:7.1f}{1000 * max(health_s):7.1f}{rate:7.1f}")
    slow = [
        name
        for name, (health_s, _) in figures.items()
        if 1000 * quantiles(health_s, n=100, method="inclusive")[98] >= LIMIT_MS
    ]
    if slow:
        print(f"over {LIMIT_MS} ms: {', '.join(slow)}")
    return 1 if slow else 0


def _bodies(accounts: list[str]) -> Mapping[str, bytes]:
    targets = [{"accountId": account} for account in accounts]
    emoji, letters = "😀" * 95_000, "é" * 95_000
    thread = [{"text": emoji}] * 16 + [{"text": letters}] * 8
    texts = {"targets": targets, "text": emoji, "thread": thread}
    return {
        "long texts": json.dumps(texts, ensure_ascii=False).encode(),
        "empty arrays": b'{"a":[' + b"[]," * ((_BODY_MAX_BYTES - 20) // 3) + b"[]]}",
        "distinct names": json.dumps({f"k{number}": 1 for number in range(600_000)}).encode(),
    }


async def _measure(stand: Stand, key: str, body: bytes) -> tuple[list[float], float]:
    """Return the duration of each `/health` request, and the number of hostile requests per second."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    asking = context.Process(target=_ask, args=(f"{stand.ready['api']}/health", there), daemon=True)
    asking.start()
    await asyncio.to_thread(here.recv)
    began_s = time.perf_counter()
    if body:
        await _send(stand, key, body)
    else:
        await asyncio.sleep(2)
    took_s = time.perf_counter() - began_s
    here.send(None)
    health_s: list[float] = await asyncio.to_thread(here.recv)
    asking.join()
    return health_s, TIMES / took_s


async def _send(stand: Stand, key: str, body: bytes) -> None:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    for _ in range(TIMES):
        async with stand.session.post(f"{stand.ready['api']}/v1/posts", data=body, headers=headers) as reply:
            assert reply.status == 400, await reply.text()
            await reply.read()


def _ask(url: str, pipe: Connection) -> None:
    """Send requests until told to stop, and return their durations."""
    took_s: list[float] = []
    while not pipe.poll():
        began_s = time.perf_counter()
        with urllib.request.urlopen(url) as reply:  # noqa: S310 - the URL is our own
            reply.read()
        took_s.append(time.perf_counter() - began_s)
        if len(took_s) == 1:
            pipe.send(None)
        time.sleep(_ASK_EVERY_S)
    pipe.send(took_s)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
