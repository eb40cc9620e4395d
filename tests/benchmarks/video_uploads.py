"""How much memory a worker uses while it uploads a video, and how long another tenant's video then takes.

    python -m tests.benchmarks.video_uploads [MiB in memory] [MiB of the other tenant]

A worker publishes to YouTube's simulator. Exits with 1 if a video of 1 GiB adds 100 MB to the worker, or if a video of
16 MiB takes more than twice as long while another tenant uploads 4 GiB as it takes alone.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any

import aiohttp

from tests.benchmarks.stand import CLOCK, Stand, running
from tests.doubles.waiting import eventually
from tests.faults.videos.films import Film
from tests.platforms.suite.suites import SUITES

PLATFORM = "youtube"
MIB = 1024 * 1024
MEGABYTE = 1_000_000
SMALL_BYTES = 16 * MIB
ROUNDS = 5
ADDED_MAX_MB = 100
SLOWDOWN_MAX = 2.0
_SAMPLE_EVERY_S = 0.02
_TIMEOUT = aiohttp.ClientTimeout(total=3600)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization with one simulated account."""

    stand: Stand
    key: str
    account_id: str

    async def store(self, size_bytes: int) -> str:
        """Store a film; return the id of the media item."""
        film = Film(size_bytes, size_bytes)
        wanted = {"filename": "film.mp4", "sizeBytes": size_bytes}
        started = await self.stand.call("POST", "/v1/media/uploads", self.key, wanted)
        upload = started["upload"]
        async with self.stand.session.put(
            upload["url"], data=_content(film), headers=upload["headers"], timeout=_TIMEOUT
        ) as reply:
            assert reply.status == 200, await reply.text()
        url = f"{self.stand.ready['api']}/v1/media/{started['id']}/complete"
        async with self.stand.session.post(
            url, json={}, headers={"authorization": f"Bearer {self.key}"}, timeout=_TIMEOUT
        ) as reply:
            assert reply.status == 200, await reply.text()
        return str(started["id"])

    async def publish(self, media_id: str) -> float:
        """Publish a stored film; return after how many seconds it is published."""
        began_s = CLOCK.monotonic_s()
        options = dict(SUITES[PLATFORM].posts()["video"].get("options", {}))
        body: dict[str, Any] = {
            "targets": [{"accountId": self.account_id, "options": options}],
            "media": [{"mediaId": media_id}],
        }
        made = await self.stand.call("POST", "/v1/posts", self.key, body, prefer="respond-async")
        post_id = made["results"][0]["postId"]

        async def is_published() -> bool:
            post = await self.stand.call("GET", f"/v1/posts/{post_id}", self.key)
            assert post["status"] in {"queued", "publishing", "published"}, post
            await asyncio.sleep(_SAMPLE_EVERY_S)
            return bool(post["status"] == "published")

        await eventually(is_published, within_s=3600)
        return CLOCK.monotonic_s() - began_s


async def main(memory_mib: int = 1024, other_mib: int = 4096) -> int:
    async with running() as stand:
        one, other = [await _tenant(stand, name) for name in ("One", "Other")]
        added_mb = await _measure_memory(stand, one, memory_mib)
        slowdown = await _measure_fairness(one, other, other_mib)
    return int(added_mb >= ADDED_MAX_MB or slowdown > SLOWDOWN_MAX)


async def _measure_memory(stand: Stand, tenant: Tenant, mebibytes: int) -> float:
    """Print and return how many megabytes an upload adds to the memory of the worker."""
    await tenant.publish(await tenant.store(SMALL_BYTES))  # what the first upload loads
    media_id, worker = await tenant.store(mebibytes * MIB), stand.child("worker")
    before = worker.memory_info().rss
    samples = [before]

    async def sample() -> None:
        while True:
            samples.append(worker.memory_info().rss)
            await asyncio.sleep(_SAMPLE_EVERY_S)

    sampling = asyncio.create_task(sample())
    took_s = await tenant.publish(media_id)
    sampling.cancel()
    with suppress(asyncio.CancelledError):
        await sampling
    added_mb = (max(samples) - before) / MEGABYTE
    print(
        f"Worker, a video of {mebibytes} MiB: {before / MEGABYTE:.0f} MB before, {added_mb:.0f} MB more at most,"
        f" {mebibytes / took_s:.0f} MiB/s",
        flush=True,
    )
    return added_mb


async def _measure_fairness(one: Tenant, other: Tenant, mebibytes: int) -> float:
    """Print and return how many times as long a small video takes while another tenant uploads a large one."""
    small = [await one.store(SMALL_BYTES) for _ in range(2 * ROUNDS)]
    large = await other.store(mebibytes * MIB)
    alone_s = [await one.publish(media_id) for media_id in small[:ROUNDS]]
    uploading = asyncio.create_task(other.publish(large))
    await asyncio.sleep(1)  # the large upload has begun
    beside_s = [await one.publish(media_id) for media_id in small[ROUNDS:]]
    assert not uploading.done(), "the large upload was too short"
    took_s = await uploading
    slowdown = median(beside_s) / median(alone_s)
    print(
        f"A video of 16 MiB: {median(alone_s):.2f} s alone, {median(beside_s):.2f} s while another tenant uploads"
        f" {mebibytes} MiB (in {took_s:.0f} s): {slowdown:.2f} times as long",
        flush=True,
    )
    return slowdown


async def _tenant(stand: Stand, name: str) -> Tenant:
    operator = stand.ready["operatorToken"]
    made = await stand.call("POST", "/v1/organizations", operator, {"name": name})
    body = {"name": "test", "prefix": "lmp_test_", "requestsPerMinute": 1_000_000}
    key = (await stand.call("POST", f"/v1/organizations/{made['id']}/api-keys", operator, body))["key"]
    account = await stand.call("POST", "/v1/sandbox/accounts", key, {"platform": PLATFORM})
    return Tenant(stand, key, account["id"])


async def _content(film: Film) -> AsyncIterator[bytes]:
    for block in film.blocks():
        yield block


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*(int(argument) for argument in sys.argv[1:]))))
