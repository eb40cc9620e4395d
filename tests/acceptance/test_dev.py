"""`letmepost dev` and the README, for a new user."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.doubles.output import read_lines
from tests.doubles.waiting import eventually
from tests.servers import open_directory

README = Path(__file__).parents[2] / "README.md"
REFUSALS_SHOWN = {"media.url.unreachable", "post.status"}
"""Rejections that the pages show on purpose."""
PAGES = sorted((Path(__file__).parents[2] / "docs").glob("*.md"))
READY_WITHIN_S = 120.0


@asynccontextmanager
async def dev(data_dir: Path) -> AsyncIterator[tuple[dict[str, Any], asyncio.subprocess.Process]]:
    """Run `letmepost dev`. Yield the content of its ready file, and stop it like Ctrl-C."""
    ready_file = data_dir.parent / f"{data_dir.name}.ready.json"
    ready_file.unlink(missing_ok=True)
    unset = {"DATABASE_URL", "REDIS_URL"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "letmepost", "dev"),
        *("--data-dir", str(data_dir), "--port", "0", "--ready-file", str(ready_file)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if name not in unset},
    )
    output: list[str] = []

    reading = asyncio.create_task(read_lines(process.stdout, output))
    try:
        await eventually(lambda: _is_ready(ready_file, process, output), within_s=READY_WITHIN_S)
        yield json.loads(ready_file.read_text()), process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 40)
        await reading
    assert process.returncode == 0, "".join(output)
    assert "Traceback" not in "".join(output), "".join(output)


async def _is_ready(ready_file: Path, process: asyncio.subprocess.Process, output: list[str]) -> bool:
    assert process.returncode is None, "it ended before it was ready:\n" + "".join(output)
    return ready_file.exists()


async def shell(script: str, environment: dict[str, str], directory: Path) -> str:
    """Run a shell script like a new user, and return its output."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        cwd=directory,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, f"{script}\n{printed.decode()}"
    return printed.decode()


def readme_scripts() -> list[str]:
    """Return the README's shell blocks that call the API. All of them must work as written."""
    return [block for block in shell_blocks(README) if "$API" in block and "export KEY" not in block]


def shell_blocks(page: Path) -> list[str]:
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return blocks


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with open_directory() as directory:
        yield directory / "data"


async def test_dev_starts_without_setup_and_the_readme_works_as_written(data_dir: Path, tmp_path: Path) -> None:
    async with dev(data_dir) as (ready, _):
        assert set(ready) == {
            "api",
            "sandbox",
            "testKey",
            "liveKey",
            "operatorToken",
            "testAccountId",
            "databaseUrl",
            "workerDatabaseUrl",
            "redisUrl",
        }
        environment = {"API": ready["api"], "KEY": ready["testKey"], "OPERATOR_TOKEN": ready["operatorToken"]}
        scripts = readme_scripts()
        assert len(scripts) > 5
        for script in scripts:
            printed = await shell(script, environment, tmp_path)
            assert '"error"' not in printed, f"{script}\n{printed}"
        for page in PAGES:
            printed = await shell("\n".join(shell_blocks(page)), environment, tmp_path)
            refused = set(re.findall(r'^\{"error":\{.*?"rule":"([^"]+)"', printed.replace("}{", "}\n{"), re.MULTILINE))
            assert refused <= REFUSALS_SHOWN, f"{page.name}: {refused}\n{printed}"
    async with dev(data_dir) as (again, _):
        assert again["testKey"] == ready["testKey"]
        assert again["testAccountId"] != ready["testAccountId"], "a page shows how to reset the sandbox"
        listing = await shell(
            'curl -s "$API/v1/posts?limit=200" -H "Authorization: Bearer $KEY"',
            {
                "API": again["api"],
                "KEY": again["testKey"],
            },
            tmp_path,
        )
        texts = [post["text"] for post in json.loads(listing)["data"]]
        assert sum(text.startswith("Hello from letmepost") for text in texts) == 2


async def test_dev_ends_with_an_error_and_without_processes_when_a_process_dies(data_dir: Path) -> None:
    with pytest.raises(AssertionError, match="ended unexpectedly"):
        await _dev_whose_worker_dies(data_dir)
    left = [found.info for found in psutil.process_iter(["cmdline"]) if str(data_dir) in str(found.info["cmdline"])]
    assert left == []


async def _dev_whose_worker_dies(data_dir: Path) -> None:
    async with dev(data_dir) as (_, process):
        [worker] = [child for child in psutil.Process(process.pid).children() if "worker" in child.cmdline()]
        worker.kill()
        await asyncio.wait_for(process.wait(), 40)
