"""How much memory the API uses while many clients upload large files.

    python -m tests.benchmarks.upload_memory [clients] [mebibytes]

There is one API process, first with a disk store, then with an S3 store (moto on loopback). Each client uploads one
file. Exits with 1 if the resident memory of the API reaches 250 MB.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import aiohttp
import psutil

from tests.benchmarks.stand import Stand, running
from tests.doubles.waiting import eventually
from tests.s3 import bucket, create_bucket

LIMIT_MB = 250
MEGABYTE = 1_000_000
MIB = 1024 * 1024
_SAMPLE_EVERY_S = 0.02
_PDF = b"%PDF-1.7\n"
"""The first bytes of a file whose type is accepted, and whose content is not parsed."""
_TIMEOUT = aiohttp.ClientTimeout(total=1800)


async def main(clients: int, mebibytes: int) -> int:
    print(f"Resident memory of the API while {clients} clients upload {mebibytes} MiB each, in MB: before, most")
    async with running() as stand:
        most_mb = [await _measure_both_ways(stand, "disk", clients, mebibytes)]
    async with _s3() as settings, running(latency_s=0, **settings) as stand:
        most_mb.append(await _measure_both_ways(stand, "S3", clients, mebibytes))
    if max(most_mb) >= LIMIT_MB:
        print(f"over {LIMIT_MB} MB")
        return 1
    return 0


async def _measure_both_ways(stand: Stand, store: str, clients: int, mebibytes: int) -> float:
    """Measure and print the memory of the API with one store; return the most."""
    ways = {"form": _upload_form, "upload URL": _upload_to_url}
    largest_mb = 0.0
    for name, upload in ways.items():
        before_mb, most_mb = await _measure(stand, clients, partial(upload, stand, mebibytes))
        print(f"  {name + ', ' + store:18}{before_mb:7.0f}{most_mb:7.0f}", flush=True)
        largest_mb = max(largest_mb, most_mb)
    return largest_mb


async def _measure(stand: Stand, clients: int, upload: Callable[[str], Awaitable[None]]) -> tuple[float, float]:
    """Return the memory of the API before the uploads, and the most while they run."""
    key, api = await stand.tenant("Benchmark"), stand.child("serve")
    samples = [api.memory_info().rss]

    async def sample() -> None:
        while True:
            samples.append(api.memory_info().rss)
            await asyncio.sleep(_SAMPLE_EVERY_S)

    sampling = asyncio.create_task(sample())
    try:
        await asyncio.gather(*(upload(key) for _ in range(clients)))
    finally:
        sampling.cancel()
        with suppress(asyncio.CancelledError):
            await sampling
    return samples[0] / MEGABYTE, max(samples) / MEGABYTE


async def _upload_form(stand: Stand, mebibytes: int, key: str) -> None:
    form = aiohttp.FormData()
    form.add_field("file", _content(mebibytes), filename="large.pdf", content_type="application/pdf")
    headers = {"authorization": f"Bearer {key}"}
    url = stand.ready["api"] + "/v1/media"
    async with stand.session.post(url, data=form, headers=headers, timeout=_TIMEOUT) as reply:
        assert reply.status == 201, await reply.text()


async def _upload_to_url(stand: Stand, mebibytes: int, key: str) -> None:
    """Upload in two steps. With a bucket, the bytes bypass the API, which reads them when the upload is completed."""
    wanted = {"filename": "large.pdf", "contentType": "application/pdf", "sizeBytes": mebibytes * MIB}
    started = await stand.call("POST", "/v1/media/uploads", key, wanted)
    upload = started["upload"]
    async with stand.session.put(
        upload["url"], data=_content(mebibytes), headers=upload["headers"], timeout=_TIMEOUT
    ) as reply:
        assert reply.status == 200, await reply.text()
    url, headers = f"{stand.ready['api']}/v1/media/{started['id']}/complete", {"authorization": f"Bearer {key}"}
    async with stand.session.post(url, json={}, headers=headers, timeout=_TIMEOUT) as reply:
        assert reply.status == 200, await reply.text()


async def _content(mebibytes: int) -> AsyncIterator[bytes]:
    piece = bytes(MIB)
    yield _PDF.ljust(MIB, b" ")
    for _ in range(mebibytes - 1):
        yield piece


@asynccontextmanager
async def _s3() -> AsyncIterator[dict[str, str]]:
    """Run a store in a process of its own; yield the settings of a deployment that uses it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{await eventually(lambda: _port(process.pid), within_s=60)}"
        await asyncio.to_thread(create_bucket, url)
        keys = bucket(url)
        yield {
            "LETMEPOST_S3_ENDPOINT": url,
            "LETMEPOST_S3_BUCKET": keys.name,
            "LETMEPOST_S3_REGION": str(keys.region),
            "LETMEPOST_S3_ACCESS_KEY_ID": str(keys.access_key_id),
            "LETMEPOST_S3_SECRET_ACCESS_KEY": str(keys.secret_access_key),
        }
    finally:
        process.terminate()
        await process.wait()


async def _port(pid: int) -> int | None:
    listening = [found for found in psutil.Process(pid).net_connections() if found.status == psutil.CONN_LISTEN]
    return listening[0].laddr.port if listening else None


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(asyncio.run(main(*(numbers or [20, 100]))))
