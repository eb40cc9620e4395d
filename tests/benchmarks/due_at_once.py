"""Many posts of many tenants due at one time, and one post of another tenant due in the same second.

    python -m tests.benchmarks.due_at_once [posts] [workers]

The simulated platform takes 50 ms per response. Everything shares this machine's cores: PostgreSQL, Valkey, the API,
the workers, and the platform, which runs in this process.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from tests.benchmarks.stand import CLOCK, Stand, running
from tests.benchmarks.tables import show
from tests.doubles.waiting import eventually

TENANTS = 40
ACCOUNTS = 10
LATENCY_S = 0.050
BULK = 100
OTHERS_TEXT = "Another tenant's post"
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Drain:
    """The publishing of posts that were due at one time.

    Args:
        late_s: for each post, from its due time to the first byte at the platform.
        other_late_s: for the post of another tenant.
        used_s: total processor time, by the role of a process.
    """

    late_s: list[float]
    other_late_s: float
    done_s: float
    used_s: Mapping[str, float]

    @property
    def used_ms(self) -> dict[str, float]:
        """Return milliseconds of processor time per post."""
        return {name: 1000 * s / len(self.late_s) for name, s in self.used_s.items()}


async def main(posts: int, workers: int) -> None:
    async with running(latency_s=LATENCY_S) as stand:
        more = [await _start_worker(stand) for _ in range(workers - 1)]
        try:
            before_mb = _memory_mb(stand)
            drain = await measure(stand, posts)
            memory = (f"{name} {before_mb[name]:.0f} → {mb:.0f}" for name, mb in _memory_mb(stand).items())
        finally:
            for worker in more:
                worker.terminate()
                await worker.wait()
    total = len(drain.late_s)
    print(f"{total} posts of {TENANTS} tenants due at once, {workers} worker(s)")
    show("due to first byte at the platform", drain.late_s)
    show("the one of another tenant", [drain.other_late_s])
    rate = total / drain.used_s["worker"]
    print(f"  all done after {drain.done_s:.1f} s; {rate:.0f} posts a second of workers' processor time")
    print("  processor time a post: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in drain.used_ms.items()))
    print(f"  memory in MB: {', '.join(memory)}")


async def measure(stand: Stand, posts: int) -> Drain:
    """Schedule posts for one time, and wait until all are published."""
    tenants = [await stand.tenant(f"Tenant {number}") for number in range(TENANTS)]
    accounts = {key: await asyncio.gather(*(stand.account(key) for _ in range(ACCOUNTS))) for key in tenants}
    other = await stand.tenant("Another tenant")
    other_account = await stand.account(other)
    due = CLOCK.now().timestamp() + 15 + posts / 25
    each = posts // TENANTS
    for key in tenants:
        bodies = [_scheduled(accounts[key][number % ACCOUNTS], f"{key[-6:]} {number}", due) for number in range(each)]
        for first in range(0, each, BULK):
            await stand.call("POST", "/v1/posts/bulk", key, {"posts": bodies[first : first + BULK]})
    await stand.call("POST", "/v1/posts", other, _scheduled(other_account, OTHERS_TEXT, due))
    assert CLOCK.now().timestamp() < due - 1, "this machine is too slow to accept them in time"
    before_s, already = _processor_s(stand), set(stand.arrivals.at)
    total = each * TENANTS + 1
    await eventually(lambda: _have_arrived(stand, len(already) + total), within_s=300)
    late_s = {text: at - due for text, at in stand.arrivals.at.items() if text not in already}
    used_s = {name: seconds - before_s[name] for name, seconds in _processor_s(stand).items()}
    return Drain([*late_s.values()], late_s[OTHERS_TEXT], max(late_s.values()) + LATENCY_S, used_s)


def _memory_mb(stand: Stand) -> dict[str, float]:
    """Return the memory of each process."""
    words = {"API": "serve", "worker": "worker", "sandbox": "sandbox"}
    return {name: stand.child(word).memory_info().rss / MEGABYTE for name, word in words.items()}


def _processor_s(stand: Stand) -> dict[str, float]:
    """Return the seconds of processor time by role. This process is the platform."""
    used: dict[str, float] = dict.fromkeys(("worker", "PostgreSQL", "platform", "other"), 0.0)
    this = psutil.Process()
    for process in [this, *this.children(recursive=True)]:
        words = process.cmdline()
        name = "worker" if "worker" in words else "PostgreSQL" if "postgres" in words[0] else "other"
        used["platform" if process == this else name] += sum(process.cpu_times()[:2])
    return used


async def _have_arrived(stand: Stand, total: int) -> bool:
    return len(stand.arrivals.at) == total


def _scheduled(account_id: str, text: str, due: float) -> dict[str, object]:
    at = datetime.fromtimestamp(due, UTC).isoformat()
    return {"targets": [{"accountId": account_id}], "text": text, "scheduledAt": at}


async def _start_worker(stand: Stand) -> asyncio.subprocess.Process:
    """Start another worker with the environment of the first."""
    command = (sys.executable, "-m", "letmepost", "worker")
    environment = {**os.environ, **stand.child("worker").environ()}
    return await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.DEVNULL)


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    asyncio.run(main(*(words + [2000, 1][len(words) :])))
