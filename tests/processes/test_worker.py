"""`letmepost worker` and arq's own command, which run the same worker, as separate processes."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.cli.support import environment_of
from tests.database import DatabaseURLs
from tests.deployment import Deployment, deployed
from tests.doubles.output import read_lines
from tests.doubles.waiting import eventually
from tests.worker.story import begin

SETTINGS = "letmepost.bootstrap.worker.WorkerSettings"
ARQ = ("-m", "arq", SETTINGS)
COMMANDS = {"letmepost worker": ("-m", "letmepost", "worker"), "arq": ARQ}
START_WITHIN_S = 60.0


@asynccontextmanager
async def started(
    words: Sequence[str], environment: dict[str, str]
) -> AsyncIterator[tuple[asyncio.subprocess.Process, list[str]]]:
    """Start a process. Yield it with the lines that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, env={**os.environ, **environment}, stdout=PIPE, stderr=STDOUT
    )
    printed: list[str] = []

    reading = asyncio.create_task(read_lines(process.stdout, printed))
    try:
        yield process, printed
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        await reading


def environment_for(deployment: Deployment, urls: DatabaseURLs, redis_url: str, name: str) -> dict[str, str]:
    return environment_of(
        urls.api,
        redis_url,
        LETMEPOST_WORKER_DATABASE_URL=urls.login,
        LETMEPOST_SANDBOX_URL=deployment.sandbox_url,
        LETMEPOST_MEDIA_DIR=str(deployment.settings.media_dir),
        LETMEPOST_ALLOW_PRIVATE_ADDRESSES="true",
        LETMEPOST_WORKER_NAME=name,
    )


async def check(environment: dict[str, str]) -> int:
    """Return the exit code of `arq --check`."""
    async with started((*ARQ, "--check"), environment) as (process, _):
        return await process.wait()


@pytest.mark.parametrize("command", COMMANDS)
async def test_command_publishes_answers_the_health_check_and_stops_in_order(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path, command: str
) -> None:
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False) as deployment:
        story = await begin(deployment)
        environment = environment_for(deployment, database_urls, redis_url, command)
        assert await check(environment) == 1
        async with started(COMMANDS[command], environment) as (process, printed):
            post_id = await story.post()
            assert (await story.settled(post_id, within_s=START_WITHIN_S))["status"] == "published"

            async def is_healthy() -> bool:
                return await check(environment) == 0

            await eventually(is_healthy, within_s=START_WITHIN_S)
            assert await check({**environment, "LETMEPOST_WORKER_NAME": "another"}) == 1
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
        assert await check(environment) == 1
        output = "".join(printed)
        assert "worker.stopped" in output
        assert "publish(" not in output, "arq logs arguments of jobs"
        assert "Traceback" not in output


async def test_arqs_command_names_an_invalid_setting_without_its_value() -> None:
    environment = environment_of("postgresql://u:secret@:0/x")
    async with started(ARQ, environment) as (process, printed):
        assert await process.wait() == 1
    output = "".join(printed)
    assert "DATABASE_URL" in output
    assert "secret" not in output
