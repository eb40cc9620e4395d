"""Many posts of many tenants due at one instant, and one post of somebody else due in the same second.

    python -m tests.benchmarks.due_at_once [posts] [workers]

The simulated platform takes 50 ms an answer. Everything shares this machine's cores: PostgreSQL, Valkey, the API, the
workers, and the platform, which runs in this process.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime

import psutil

from tests.benchmarks.stand import CLOCK, Stand, running
from tests.benchmarks.tables import show
from tests.doubles.waiting import eventually

TENANTS = 40
ACCOUNTS = 10
LATENCY_S = 0.050
BULK = 100
MEGABYTE = 1 << 20


async def main(posts: int, workers: int) -> None:
    async with running(latency_s=LATENCY_S) as stand:
        more = [await _start_worker(stand) for _ in range(workers - 1)]
        try:
            await _measure(stand, posts, workers)
        finally:
            for worker in more:
                worker.terminate()
                await worker.wait()


async def _measure(stand: Stand, posts: int, workers: int) -> None:
    tenants = [await stand.tenant(f"Tenant {number}") for number in range(TENANTS)]
    accounts = {key: await asyncio.gather(*(stand.account(key) for _ in range(ACCOUNTS))) for key in tenants}
    other = await stand.tenant("Somebody else")
    other_account = await stand.account(other)
    due = CLOCK.now().timestamp() + 15 + posts / 25
    each = posts // TENANTS
    for key in tenants:
        bodies = [_scheduled(accounts[key][number % ACCOUNTS], f"{key[-6:]} {number}", due) for number in range(each)]
        for first in range(0, each, BULK):
            await stand.call("POST", "/v1/posts/bulk", key, {"posts": bodies[first : first + BULK]})
    await stand.call("POST", "/v1/posts", other, _scheduled(other_account, "Somebody else's", due))
    assert CLOCK.now().timestamp() < due - 1, "this machine is too slow to accept them in time"
    before_mb, before_s = _memory_mb(stand), _processor_s(stand)
    total = each * TENANTS + 1
    await eventually(lambda: _all(stand, total), within_s=300)
    done_s = max(stand.arrivals.at.values()) - due + LATENCY_S
    late_s = [at - due for text, at in stand.arrivals.at.items() if not text.startswith("Hello")]
    used_s = {name: seconds - before_s[name] for name, seconds in _processor_s(stand).items()}
    cpu_s = used_s["worker"]
    print(f"{total} posts of {TENANTS} tenants due at once, {workers} worker(s)")
    show("due to first byte at the platform", late_s)
    show("the one of another tenant", [stand.arrivals.at["Somebody else's"] - due])
    print(f"  all done after {done_s:.1f} s; {total / cpu_s:.0f} posts a second of workers' processor time")
    print("  processor time a post: " + ", ".join(f"{name} {1000 * s / total:.1f} ms" for name, s in used_s.items()))
    memory = (f"{name} {before_mb[name]:.0f} → {after_mb:.0f}" for name, after_mb in _memory_mb(stand).items())
    print(f"  memory in MB: {', '.join(memory)}")


def _memory_mb(stand: Stand) -> dict[str, float]:
    """What each process of ours holds."""
    words = {"API": "serve", "worker": "worker", "sandbox": "sandbox"}
    return {name: stand.child(word).memory_info().rss / MEGABYTE for name, word in words.items()}


def _processor_s(stand: Stand) -> dict[str, float]:
    """Seconds of processor time by what a process is for: this one is the platform."""
    used: dict[str, float] = dict.fromkeys(("worker", "PostgreSQL", "platform", "other"), 0.0)
    this = psutil.Process()
    for process in [this, *this.children(recursive=True)]:
        words = process.cmdline()
        name = "worker" if "worker" in words else "PostgreSQL" if "postgres" in words[0] else "other"
        used["platform" if process == this else name] += sum(process.cpu_times()[:2])
    return used


async def _all(stand: Stand, total: int) -> bool:
    return sum(not text.startswith("Hello") for text in stand.arrivals.at) == total


def _scheduled(account_id: str, text: str, due: float) -> dict[str, object]:
    at = datetime.fromtimestamp(due, UTC).isoformat()
    return {"targets": [{"accountId": account_id}], "text": text, "scheduledAt": at}


async def _start_worker(stand: Stand) -> asyncio.subprocess.Process:
    """One more, with the environment of the first."""
    command = (sys.executable, "-m", "letmepost", "worker")
    environment = {**os.environ, **stand.child("worker").environ()}
    return await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.DEVNULL)


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    asyncio.run(main(*(words + [2000, 1][len(words) :])))
