"""`make dev`, `letmepost dev`, and the commands of the README and of docs/."""

import asyncio
import json
import os
import re
import shlex
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
from tests.readme import README, START, api_blocks, shell_blocks, start_block
from tests.servers import open_directory

ROOT = README.parent
REFUSALS_SHOWN = {"media.url.unreachable", "post.status"}
"""The rules by which pages show a rejected request."""
PAGES = sorted(page for page in (ROOT / "docs").rglob("*.md") if page.name != "emulator.md")
"""The commands of the other page need an emulator: `test_emulator.py` runs them."""
SITE = "src/letmepost/http/docs/built/index.html"
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


@asynccontextmanager
async def make_dev(directory: Path) -> AsyncIterator[tuple[dict[str, str], str]]:
    """Run the README's first command in a directory, on a free port.

    Yields the variables that it says to export, and everything that it has printed until then.
    """
    unset = {"DATABASE_URL", "REDIS_URL"}
    process = await asyncio.create_subprocess_exec(
        *(*START.split(), "PORT=0", "--file", str(ROOT / "Makefile")),
        # The packages that run this test are installed, and it reads no page of the site.
        *(f"BIN={Path(sys.executable).parent}", "--assume-old", ".venv/installed", "--assume-old", SITE),
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if name not in unset},
    )
    output: list[str] = []
    reading = asyncio.create_task(read_lines(process.stdout, output))

    async def exported() -> list[str]:
        assert process.returncode is None, "it ended before it was ready:\n" + "".join(output)
        return [line for line in output if line.startswith("export ")]

    try:
        [line] = await eventually(exported, within_s=READY_WITHIN_S)
        yield dict(word.split("=", 1) for word in shlex.split(line)[1:]), "".join(output)
    finally:
        for child in psutil.Process(process.pid).children() if process.returncode is None else ():
            child.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 40)
        await reading
    assert process.returncode == 0, "".join(output)
    assert "Traceback" not in "".join(output), "".join(output)


async def _is_ready(ready_file: Path, process: asyncio.subprocess.Process, output: list[str]) -> bool:
    assert process.returncode is None, "it ended before it was ready:\n" + "".join(output)
    return ready_file.exists()


async def shell(script: str, environment: dict[str, str], directory: Path) -> str:
    """Run a shell script; return what it prints."""
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


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with open_directory() as directory:
        yield directory / "data"


async def test_dev_starts_from_nothing_and_the_commands_of_the_documents_work(data_dir: Path, tmp_path: Path) -> None:
    assert start_block() == f"{START}\n"
    async with make_dev(data_dir.parent) as (environment, welcome):
        assert environment.keys() == {"API", "KEY", "OPERATOR_TOKEN"}
        facts = dict(re.findall(r"^  ([A-Za-z ]+?)  +(\S+)$", welcome, re.MULTILINE))
        assert facts["documentation"] == f"{environment['API']}/docs"
        assert facts["operator token"] == environment["OPERATOR_TOKEN"]
        assert (await shell(f"curl -s {facts['sandbox']}/health", {}, tmp_path)) == '{"status":"ok"}'
        printed_by = {script: await shell(script, environment, tmp_path) for script in api_blocks()}
        assert '"error"' not in "".join(printed_by.values()), printed_by
        assert [("Hello" in printed) for printed in printed_by.values()] == [False, True], "published, and then seen"
        for page in PAGES:
            printed = await shell("\n".join(shell_blocks(page)), environment, tmp_path)
            refused = set(re.findall(r'^\{"error":\{.*?"rule":"([^"]+)"', printed.replace("}{", "}\n{"), re.MULTILINE))
            assert refused <= REFUSALS_SHOWN, f"{page.name}: {refused}\n{printed}"
        account_id = await first_account(environment, tmp_path)
    async with dev(data_dir.parent / ".letmepost") as (again, _):
        assert set(again) == {
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
        assert again["testKey"] == environment["KEY"]
        assert again["testAccountId"] != account_id, "a page has reset the sandbox"
        variables = {"API": again["api"], "KEY": again["testKey"]}
        listing = await shell('curl -s "$API/v1/posts?limit=200" -H "Authorization: Bearer $KEY"', variables, tmp_path)
        texts = [post["text"] for post in json.loads(listing)["data"]]
        assert sum(text.startswith("Hello from letmepost") for text in texts) == 2


async def first_account(environment: dict[str, str], directory: Path) -> str:
    """Return the id of the account of the first post that `make dev` published."""
    listing = await shell('curl -s "$API/v1/posts?limit=200" -H "Authorization: Bearer $KEY"', environment, directory)
    post = json.loads(listing)["data"][-1]
    assert post["text"].startswith("Hello from letmepost")
    account_id: str = post["accountId"]
    return account_id


async def test_a_part_that_dies_ends_dev_with_an_error_and_leaves_no_process(data_dir: Path) -> None:
    with pytest.raises(AssertionError, match="ended unexpectedly"):
        await _dev_whose_worker_dies(data_dir)
    left = [found.info for found in psutil.process_iter(["cmdline"]) if str(data_dir) in str(found.info["cmdline"])]
    assert left == []


async def _dev_whose_worker_dies(data_dir: Path) -> None:
    async with dev(data_dir) as (_, process):
        [worker] = [child for child in psutil.Process(process.pid).children() if "worker" in child.cmdline()]
        worker.kill()
        await asyncio.wait_for(process.wait(), 40)
