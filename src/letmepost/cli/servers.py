"""The commands that run the processes of a deployment, except `serve`."""

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
    """Add the commands `worker`, `sandbox` and `dev`."""

    @cli.command()
    def worker() -> None:
        """Run a worker, which publishes posts and sends webhooks. Any number of workers can run at the same time.

        It connects with LETMEPOST_WORKER_DATABASE_URL. On SIGTERM it finishes the work that it has begun.
        """
        configure_logs(as_json=not sys.stderr.isatty())
        settings = read_settings(wiring.environment)
        require_database(wiring, settings, Process.WORKER)
        _run(lambda: wiring.run_worker(settings))

    @cli.command()
    def sandbox(
        host: Host = "127.0.0.1",
        port: Annotated[int, typer.Option(help="Port of the simulated platforms.")] = 8090,
        state: Annotated[Path | None, typer.Option(help="File that stores the state. Default: memory only.")] = None,
        *,
        open_pages: Annotated[
            bool, typer.Option("--open-pages", help="Show the pages of every organization without a signed link.")
        ] = False,
    ) -> None:
        """Run the simulated platforms that test keys publish to. Needs LETMEPOST_SANDBOX_TOKEN.

        LETMEPOST_SANDBOX_LINK_KEY verifies the links to its pages, which the API returns as `url` of test posts.
        """
        token = wiring.environment.get("LETMEPOST_SANDBOX_TOKEN", "")
        if len(token) < SANDBOX_TOKEN_MIN:
            fail(f"Set LETMEPOST_SANDBOX_TOKEN to at least {SANDBOX_TOKEN_MIN} characters.")
        link_key = wiring.environment.get("LETMEPOST_SANDBOX_LINK_KEY") or None
        run_server(wiring.make_sandbox(state, token, link_key, open_pages), host=host, port=port)

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
