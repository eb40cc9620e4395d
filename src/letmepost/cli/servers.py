"""The commands `worker` and `dev`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from letmepost.cli.configuration import read_settings
from letmepost.cli.database import require_database
from letmepost.cli.logs import configure_logs
from letmepost.cli.wiring import Wiring
from letmepost.domain.processes import Process


def add_servers(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the commands `worker` and `dev`."""

    @cli.command()
    def worker() -> None:
        """Run a worker, which publishes posts and sends webhooks. Any number of workers can run at the same time.

        It connects with LETMEPOST_WORKER_DATABASE_URL. On SIGTERM it finishes the work that it has begun.
        """
        configure_logs(as_json=not sys.stderr.isatty())
        settings = read_settings(wiring.environment)
        require_database(wiring, settings, Process.WORKER)
        _run(lambda: wiring.run_worker(settings))

    @cli.command(epilog="Example: letmepost dev --port 0 --ready-file ready.json")
    def dev(
        data_dir: Annotated[Path, typer.Option(help="Where databases, keys and media are kept.")] = Path(".letmepost"),
        port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the API; 0 for a free one.")] = 8080,
        ready_file: Annotated[
            Path | None, typer.Option(help="Write addresses and keys to this file as JSON when ready.")
        ] = None,
    ) -> None:
        """Run everything on this machine: PostgreSQL, Valkey, API, worker and sandbox, until Ctrl-C.

        If DATABASE_URL (with a role that may create roles) or REDIS_URL is set, that server is used instead.
        """
        from letmepost.cli.dev import DevOptions, run_dev

        options = DevOptions(data_dir, port, ready_file, wiring.environment, wiring.migrate)
        raise typer.Exit(asyncio.run(run_dev(options)))


def _run(make: Callable[[], Awaitable[None]]) -> None:
    from uvicorn.loops.auto import auto_loop_factory

    async def work() -> None:
        await make()

    with asyncio.Runner(loop_factory=auto_loop_factory(use_subprocess=False)) as runner:
        runner.run(work())
