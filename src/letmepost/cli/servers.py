"""The processes of a deployment, except the API: see `serve`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from letmepost.cli.configuration import read_settings
from letmepost.cli.database import require_database
from letmepost.cli.logs import configure_logs
from letmepost.cli.output import fail
from letmepost.cli.run_server import run_server
from letmepost.cli.wiring import Wiring
from letmepost.domain.processes import Process

SANDBOX_TOKEN_MIN = 16

Host = Annotated[str, typer.Option(help="Address to listen on.")]


def add_servers(cli: typer.Typer, wiring: Wiring) -> None:
    """`worker`, `sandbox` and `dev`."""

    @cli.command()
    def worker() -> None:
        """Run a worker: it publishes posts and sends webhooks. Any number of these may run beside each other.

        It connects with LETMEPOST_WORKER_DATABASE_URL, and finishes what it has begun when it is asked to stop
        (SIGTERM).
        """
        configure_logs(as_json=not sys.stderr.isatty())
        settings = read_settings(wiring.environment)
        require_database(wiring, settings, Process.WORKER)
        _run(lambda: wiring.run_worker(settings))

    @cli.command()
    def sandbox(
        host: Host = "127.0.0.1",
        port: Annotated[int, typer.Option(help="Port of the simulated platforms.")] = 8090,
        state: Annotated[
            Path | None, typer.Option(help="File that keeps the state; left out, it is forgotten.")
        ] = None,
    ) -> None:
        """Run the simulated platforms that test keys publish to. Needs LETMEPOST_SANDBOX_TOKEN."""
        token = wiring.environment.get("LETMEPOST_SANDBOX_TOKEN", "")
        if len(token) < SANDBOX_TOKEN_MIN:
            fail(f"LETMEPOST_SANDBOX_TOKEN is not set to at least {SANDBOX_TOKEN_MIN} characters.")
        run_server(wiring.make_sandbox(state, token), host=host, port=port)

    @cli.command(epilog="Example: letmepost dev --port 0 --ready-file ready.json")
    def dev(
        data_dir: Annotated[Path, typer.Option(help="Where databases, keys and media are kept.")] = Path(".letmepost"),
        port: Annotated[int, typer.Option(help="Port of the API; 0 for a free one.")] = 8080,
        ready_file: Annotated[
            Path | None, typer.Option(help="Write addresses and keys here as JSON when ready.")
        ] = None,
    ) -> None:
        """Run everything on this machine: PostgreSQL, Valkey, API, worker and sandbox, until Ctrl-C.

        DATABASE_URL (as a role that may create roles) and REDIS_URL, if set, are used instead of own servers.
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
