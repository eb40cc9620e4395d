"""`letmepost serve`: runs the API in one or more processes."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from letmepost.cli.configuration import read_settings
from letmepost.cli.database import require_database
from letmepost.cli.run_server import run_server
from letmepost.cli.wiring import Wiring
from letmepost.domain.processes import Process
from letmepost.gateways.cores import usable_cores
from letmepost.gateways.metrics import SharedMetrics
from letmepost.settings import SERVE_WORKERS_MAX, Settings

WORKERS_DEFAULT_MAX = 8
"""With 10 connections for each process and a worker, more would exceed PostgreSQL's default of 100 connections."""


def add_serve(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the command `serve`, and the command of each of its processes."""

    @cli.command(epilog="Example: letmepost serve --host 0.0.0.0 --port 8080 --workers 4")
    def serve(
        host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
        port: Annotated[int, typer.Option(help="Port of the API.")] = 8080,
        workers: Annotated[
            int | None,
            typer.Option(
                min=1,
                max=SERVE_WORKERS_MAX,
                help="Processes that share the port. Default: LETMEPOST_SERVE_WORKERS, or one for each core that "
                f"the command may use, at most {WORKERS_DEFAULT_MAX}. Each opens up to LETMEPOST_DATABASE_POOL "
                "database connections.",
            ),
        ] = None,
    ) -> None:
        """Run the API. Any number of these commands can run at the same time.

        It is configured by environment variables: .env.example lists them all, and `letmepost doctor` checks them.
        """
        settings = read_settings(wiring.environment)
        require_database(wiring, settings, Process.API)
        count = workers or serve_workers(settings)
        if count == 1:
            _run(wiring, settings, host=host, port=port)
            return
        from letmepost.cli.serve_together import serve_together

        serve_together(wiring.environment, settings, count, host, port)

    @cli.command("serve-process", hidden=True)
    def serve_process(
        number: Annotated[int, typer.Argument(help="Number of this process, from 0.")],
        listener: Annotated[int, typer.Argument(help="File descriptor of the API's socket.")],
        metrics_listener: Annotated[
            int | None, typer.Argument(metavar="METRICS", help="File descriptor of the metrics' socket.")
        ] = None,
        metrics_directory: Annotated[
            Path | None, typer.Argument(metavar="FOLDER", help="Directory of the shared counters.")
        ] = None,
    ) -> None:
        """Run one process of the API. Only `serve` uses this command."""
        from letmepost.cli.supervisor import report_ready

        settings = read_settings(wiring.environment)
        require_database(wiring, settings, Process.API)
        shared = None
        if metrics_listener is not None and metrics_directory is not None:
            shared = SharedMetrics(metrics_directory, number, metrics_listener)
        _run(wiring, settings, shared, report_ready, sockets=[socket.socket(fileno=listener)])


def serve_workers(settings: Settings) -> int:
    """Return the default number of processes of `serve`."""
    return settings.serve_workers or min(usable_cores(), WORKERS_DEFAULT_MAX)


def _run(
    wiring: Wiring,
    settings: Settings,
    shared: SharedMetrics | None = None,
    on_start: Callable[[], None] = lambda: None,
    **address: Any,
) -> None:
    from letmepost.cli.server import ServerHooks

    app = wiring.make_api(settings, shared)
    run_server(
        app,
        ServerHooks(on_start=on_start, on_stop=app.state.stopping.set),
        describe_error=app.state.describe_error,
        connections_max=settings.connections_max,
        **address,
    )
