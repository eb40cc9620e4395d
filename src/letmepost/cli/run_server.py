"""Serves an application over HTTP until the process is asked to stop."""

import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from letmepost.cli.logs import configure_logs
from letmepost.gateways.garbage import exclude_loaded_objects

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from letmepost.cli.server import ServerHooks


def run_server(
    app: "ASGIApp",
    hooks: "ServerHooks | None" = None,
    *,
    sockets: Sequence[socket.socket] | None = None,
    **options: Any,
) -> None:
    """Serve until SIGTERM or Ctrl-C. Both stop the server in order and end the process with 0.

    Args:
        sockets: accept connections on these, instead of on `host` and `port`.
        options: `host` and `port`, and those of `LimitedConfig`.
    """
    from letmepost.cli.protocol import LimitedConfig
    from letmepost.cli.server import Server, ServerHooks

    hooks = hooks or ServerHooks()

    def start() -> None:
        exclude_loaded_objects()
        hooks.on_start()

    configure_logs(as_json=not sys.stderr.isatty())
    config = LimitedConfig(
        app,
        **options,
        log_level="warning",
        access_log=False,
        # The peer address is kept: LETMEPOST_TRUSTED_PROXIES lists the proxies that may name another client.
        proxy_headers=False,
        server_header=False,
        date_header=True,
        # Longer than proxies keep idle connections (60 s is usual), or one could close while a request is sent on it.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=30,
    )
    server = Server(config, replace(hooks, on_start=start))
    # uvicorn raises the signal again after it has stopped, and the process would end as if it had been killed.
    signal.signal(signal.SIGTERM, _exit)
    try:
        server.run(None if sockets is None else list(sockets))
    except KeyboardInterrupt:
        return  # Ctrl-C, after it has stopped in order
    if not server.started:
        raise typer.Exit(1)


def _exit(*_: object) -> NoReturn:
    sys.exit(0)
