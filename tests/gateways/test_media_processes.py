"""Media files are parsed by child processes: with limits, in turn, and without the service's secrets."""

import asyncio
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from PIL import Image

from letmepost.domain.content import MediaFacts
from letmepost.domain.fitting.recipe import Recipe, Rendition
from letmepost.gateways.media.messages import READ_MAX_BYTES
from letmepost.gateways.media.probes import MediaProbes
from letmepost.gateways.media.process import MediaProcess, MediaProcessDiedError, MediaProcessError, ProcessLimits
from letmepost.gateways.media.sniffing import TooComplexMediaError, UnreadableMediaError
from letmepost.gateways.media.turns import Turns
from tests.doubles.probing import probe_bytes
from tests.doubles.waiting import eventually
from tests.gateways.movies import claimed, movie

pytestmark = pytest.mark.slow

OWNER = "owner"
FILM = movie()


def picture(side_px: int = 40) -> bytes:
    file = BytesIO()
    Image.new("RGB", (side_px, side_px)).save(file, "PNG")
    return file.getvalue()


async def read(data: bytes, first_byte: int, length_bytes: int) -> bytes:
    return data[first_byte : first_byte + length_bytes]


async def probe(probes: MediaProbes, data: bytes, owner: str = OWNER) -> MediaFacts:
    return await probes.probe(owner, partial(read, data), len(data))


@pytest.fixture
async def probes() -> AsyncIterator[MediaProbes]:
    made = MediaProbes(1)
    yield made
    await made.close()


def pid_of(probes: MediaProbes) -> int:
    """Return the process that the next file goes to."""
    return probes._idle[-1]._process.pid


@pytest.mark.parametrize("data", [picture(), FILM, b"%PDF-1.7\n"], ids=["image", "film", "document"])
async def test_process_returns_the_measures_of_its_parser(probes: MediaProbes, data: bytes) -> None:
    assert await probe(probes, data) == probe_bytes(data)


async def test_process_is_reused_after_valid_and_unreadable_files(probes: MediaProbes) -> None:
    await probe(probes, picture())
    pid = pid_of(probes)
    with pytest.raises(UnreadableMediaError, match="ends too early"):
        await probe(probes, picture()[:60])
    await probe(probes, FILM)
    assert pid_of(probes) == pid


@pytest.mark.parametrize(("samples", "tracks"), [(20_000_000, 1), (30_000_000, 20)])
async def test_film_that_claims_millions_of_samples_is_unreadable(
    probes: MediaProbes, samples: int, tracks: int
) -> None:
    with pytest.raises(UnreadableMediaError, match="claims"):
        await probe(probes, claimed(samples, tracks))


def recipe(side_px: int, max_bytes: int = 10_000_000) -> Recipe:
    return Recipe(
        content_type="image/png", renditions=(Rendition(side_px, side_px, 90),), max_bytes=max_bytes, matte="#ffffff"
    )


async def convert(probes: MediaProbes, data: bytes, how: Recipe) -> bytes:
    return b"".join(await probes.convert(OWNER, partial(read, data), probe_bytes(data), how))


def noise(side_px: int) -> bytes:
    file = BytesIO()
    Image.effect_noise((side_px, side_px), 100).convert("RGB").save(file, "PNG")
    return file.getvalue()


async def test_process_returns_the_converted_image_in_parts(probes: MediaProbes) -> None:
    data = noise(1_000)
    converted = await convert(probes, data, recipe(1_000))
    assert len(converted) > READ_MAX_BYTES
    assert probe_bytes(converted) == probe_bytes(data)
    pid = pid_of(probes)
    await probe(probes, picture())
    assert pid_of(probes) == pid


async def test_process_is_reused_after_an_image_that_cannot_be_converted(probes: MediaProbes) -> None:
    await probe(probes, picture())
    pid = pid_of(probes)
    with pytest.raises(UnreadableMediaError, match="reduced to 9 bytes"):
        await convert(probes, picture(), recipe(40, max_bytes=9))
    assert pid_of(probes) == pid


async def test_conversion_ends_at_the_limit_of_memory() -> None:
    probes = MediaProbes(1, ProcessLimits(memory_bytes=300 * 1024**2))
    try:
        file = BytesIO()
        Image.new("RGBA", (7_000, 7_000)).save(file, "PNG", compress_level=1)
        with pytest.raises(TooComplexMediaError, match="more memory"):
            await probes.convert(OWNER, partial(read, file.getvalue()), probe_bytes(file.getvalue()), recipe(10))
    finally:
        await probes.close()


async def test_largest_image_is_converted_within_the_limit_of_memory(probes: MediaProbes) -> None:
    """In the mode that takes the most memory."""
    file = BytesIO()
    Image.new("RGBA", (7_070, 7_070)).save(file, "PNG", compress_level=1)
    facts = MediaFacts(content_type="image/png", size_bytes=len(file.getvalue()), width_px=7_070, height_px=7_070)
    assert await probes.convert(OWNER, partial(read, file.getvalue()), facts, recipe(2_000))


async def test_service_imports_no_media_parser() -> None:
    """In a separate interpreter, because tests import Pillow and PyAV."""
    program = (
        "import asyncio, sys\n"
        "import letmepost.bootstrap.api, letmepost.bootstrap.worker, letmepost.__main__\n"
        "from letmepost.gateways.media.probes import MediaProbes\n"
        "data = bytes.fromhex(sys.argv[1])\n"
        "async def read(first, length): return data[first:first + length]\n"
        "async def main():\n"
        "    probes = MediaProbes(1)\n"
        "    print(await probes.probe('owner', read, len(data)))\n"
        "    await probes.close()\n"
        "asyncio.run(main())\n"
        "print('parsers', sorted({name.partition('.')[0] for name in sys.modules} & {'av', 'PIL'}))\n"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, picture().hex()], capture_output=True, text=True, check=True
    )
    assert "width_px=40" in done.stdout
    assert "parsers []" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_process_has_limits_and_no_secrets(probes: MediaProbes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETMEPOST_KEYS", "a secret")
    await probe(probes, picture())
    of_child = Path("/proc", str(pid_of(probes)))
    names = {
        variable.partition("=")[0]
        for variable in (of_child / "environ").read_text(encoding="utf-8").split("\0")
        if variable
    }
    assert names == {"PYTHONPATH", "MALLOC_ARENA_MAX"}
    limits = {
        line[:25].strip(): line[25:].split() for line in (of_child / "limits").read_text(encoding="utf-8").splitlines()
    }
    assert limits["Max address space"][0] == str(ProcessLimits().memory_bytes)
    assert int(limits["Max cpu time"][0]) <= ProcessLimits().cpu_s + 5
    assert limits["Max core file size"][0] == limits["Max file size"][0] == "0"
    assert int(limits["Max open files"][0]) < 20
    opened = {str(link.readlink()).partition(":")[0] for link in (of_child / "fd").iterdir()}
    assert opened <= {"socket", "pipe", "/dev/null"}


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not enforce RLIMIT_AS")
async def test_image_that_needs_too_much_memory_is_too_complex() -> None:
    probes = MediaProbes(1, ProcessLimits(memory_bytes=256 * 1024**2))
    with pytest.raises(TooComplexMediaError, match="memory"):
        await probe(probes, picture(9000))
    assert (await probe(probes, picture())).width_px == 40
    await probes.close()


async def test_file_that_takes_too_much_cpu_time_is_too_complex() -> None:
    chunk = b"\0\0\0\1prVta" + zlib.crc32(b"prVta").to_bytes(4, "big")
    probes = MediaProbes(1, ProcessLimits(cpu_s=1))
    with pytest.raises(TooComplexMediaError, match="time"):
        await probe(probes, picture()[:33] + chunk * 3_000_000)
    assert (await probe(probes, picture())).width_px == 40
    await probes.close()


async def test_file_that_takes_too_long_is_too_complex_and_its_process_is_replaced() -> None:
    probes = MediaProbes(1)
    await probe(probes, picture())
    pid = pid_of(probes)
    probes._idle[0]._limits = ProcessLimits(wall_s=0.1)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(TooComplexMediaError, match="too long"):
        await probe(probes, picture())
    assert (await probe(probes, picture())).width_px == 40
    assert pid_of(probes) != pid
    await probes.close()


async def test_killed_process_is_replaced_and_the_file_measured(probes: MediaProbes) -> None:
    await probe(probes, picture())
    os.kill(pid_of(probes), signal.SIGKILL)
    assert (await probe(probes, picture())).width_px == 40


class Reading:
    """Reads `data`, and calls `then` when a process, not the service itself, asks for bytes."""

    def __init__(self, data: bytes, then: Callable[[], Awaitable[None]]) -> None:
        self._data = data
        self._then = then
        self._has_head = False

    async def __call__(self, first_byte: int, length_bytes: int) -> bytes:
        if self._has_head:
            await self._then()
        self._has_head = True
        return self._data[first_byte : first_byte + length_bytes]


async def test_file_with_a_parser_that_always_crashes_is_unreadable(probes: MediaProbes) -> None:
    killed, earlier = set(), {child.pid for child in psutil.Process().children()}

    async def kill() -> None:
        for child in psutil.Process().children():
            if child.pid not in earlier and "letmepost.gateways.media.child" in child.cmdline():
                killed.add(child.pid)
                child.kill()

    with pytest.raises(UnreadableMediaError, match="crashed"):
        await probes.probe(OWNER, Reading(FILM, kill), len(FILM))
    assert len(killed) == 2, "it is retried once, with another process"
    assert await probe(probes, FILM) == probe_bytes(FILM)


async def test_failure_to_read_the_file_is_passed_on(probes: MediaProbes) -> None:
    async def fail() -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await probes.probe(OWNER, Reading(FILM, fail), len(FILM))
    assert await probe(probes, FILM) == probe_bytes(FILM)


async def test_process_is_ended_when_its_request_is_canceled(probes: MediaProbes) -> None:
    is_asked = asyncio.Event()

    async def hang() -> None:
        is_asked.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(probes.probe(OWNER, Reading(FILM, hang), len(FILM)))
    await is_asked.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert probes._idle == []
    assert await probe(probes, FILM) == probe_bytes(FILM)


async def test_process_is_replaced_after_many_files(probes: MediaProbes) -> None:
    await probe(probes, picture())
    pid = pid_of(probes)
    probes._idle[0].requests = 499
    await probe(probes, picture())
    assert probes._idle == []
    await probe(probes, picture())
    assert pid_of(probes) != pid


@pytest.mark.parametrize(
    "reply",
    [
        b'{"read": [-1, 5]}',
        b'{"read": [0, 99999999]}',
        b'{"read": [95, 10]}',
        b'{"read": "all"}',
        b'{"measures": {"width_px": "wide"}}',
        b"{}",
        b"[]",
        b"no JSON",
        b"x" * 5000,
    ],
)
async def test_process_that_breaks_the_protocol_is_ended(reply: bytes) -> None:
    program = (
        "import sys\n"
        "from letmepost.gateways.media.messages import framed\n"
        "sys.stdout.buffer.write(framed(bytes.fromhex(sys.argv[1])))\n"
        "sys.stdout.flush()\n"
        "sys.stdin.read()\n"
    )
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, reply.hex()), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process = MediaProcess(child, ProcessLimits(wall_s=60))
    with pytest.raises(MediaProcessDiedError):
        await process.measure("image/png", partial(read, bytes(100)), 100)
    await process.kill()


async def test_failed_start_is_not_a_failure_of_the_file() -> None:
    probes = MediaProbes(1, ProcessLimits(memory_bytes=2**100))
    with pytest.raises(MediaProcessError):
        await probe(probes, picture())


async def test_processes_end_with_the_service() -> None:
    """Even if the service is killed: they only detect the end of their pipes."""
    program = (
        "import asyncio, sys\n"
        "from letmepost.gateways.media.process import ProcessLimits, MediaProcess\n"
        "async def main():\n"
        "    process = await MediaProcess.start(ProcessLimits())\n"
        "    print(process._process.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    service = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    assert service.stdout is not None
    child = psutil.Process(int(await service.stdout.readline()))
    service.kill()
    await service.wait()

    async def has_ended() -> bool:
        return not child.is_running() or child.status() == psutil.STATUS_ZOMBIE

    assert await eventually(has_ended)


async def test_owners_take_turns_and_slots_are_limited() -> None:
    turns, order, running = Turns(1), [], 0

    async def work(owner: str, number: int) -> None:
        nonlocal running
        async with turns.slot(owner):
            running += 1
            assert running == 1
            await asyncio.sleep(0)
            order.append(f"{owner}{number}")
            running -= 1

    await asyncio.gather(*[work("a", number) for number in range(4)], work("b", 0), work("c", 0), work("b", 1))
    assert order == ["a0", "a1", "b0", "c0", "a2", "b1", "a3"]


async def test_abandoned_slot_goes_to_the_next() -> None:
    turns = Turns(1)

    async def hold(until: asyncio.Event) -> None:
        async with turns.slot("a"):
            await until.wait()

    end, never = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(hold(end))
    waiting = [asyncio.create_task(hold(never)) for _ in range(2)]
    last = asyncio.create_task(hold(end))
    await asyncio.sleep(0)
    waiting[0].cancel()
    end.set()
    await first
    waiting[1].cancel()
    await last
