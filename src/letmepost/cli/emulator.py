"""Runs the emulator, and prints what clients need."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from letmepost.cli.listening import PORT_MAX, listen
from letmepost.cli.output import fail
from letmepost.cli.run_server import run_server
from letmepost.cli.server import ServerHooks
from letmepost.cli.wiring import Wiring
from letmepost.domain.errors import EmulatorError

_SHOWN_MAX = 3
"""Accounts of one network that are printed."""


@dataclass(frozen=True, slots=True)
class EmulatorOptions:
    """The options of the emulator."""

    host: str
    port: int
    data: Path | None
    seed: Path | None
    token: str | None
    ready_file: Path | None


def run_emulator(wiring: Wiring, options: EmulatorOptions) -> None:
    """Run until SIGTERM or Ctrl-C. A seed that cannot be used ends the command with a message."""
    with ExitStack() as stack:
        if options.ready_file is not None:
            options.ready_file.unlink(missing_ok=True)  # of a process that was killed
            stack.callback(options.ready_file.unlink, missing_ok=True)
        sockets = [stack.enter_context(listen(options.host, options.port))]
        try:
            app = wiring.make_emulator(options.data, options.token, options.seed)
            emulator = app.state.emulator
            further = _further_ports(options.port, len(emulator.platforms))
            sockets += [stack.enter_context(listen(options.host, port)) for port in further]
            port, *others = (listener.getsockname()[1] for listener in sockets)
            ports = dict(zip(emulator.platforms, others, strict=True))
            ready = asyncio.run(emulator.start(_url(options.host, port), ports))
        except EmulatorError as error:
            fail(str(error))

        def announce() -> None:
            _print(ready)
            if options.ready_file is not None:
                _write(options.ready_file, ready)

        run_server(app, ServerHooks(on_start=announce), sockets=sockets)


def _further_ports(first: int, count: int) -> Sequence[int]:
    """Return the ports after the first one; 0 for free ones."""
    if first + count > PORT_MAX:
        fail(f"Each network needs a port after {first}. Choose one of at most {PORT_MAX - count}.")
    return range(first + 1, first + count + 1) if first else [0] * count


def _url(host: str, port: int) -> str:
    """Return the URL for clients on this machine."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - it is compared
    return f"http://{f'[{name}]' if ':' in name and not name.startswith('[') else name}:{port}"


def _write(path: Path, ready: Mapping[str, Any]) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(json.dumps(ready, indent=2, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


def _print(ready: Mapping[str, Any]) -> None:
    typer.echo(f"The emulator is ready. Pages: {ready['pageUrl']}  Control: {ready['controlUrl']}  Stop: Ctrl-C\n")
    for network in ready["networks"].values():
        typer.echo(f"{network['title']:10} {network['url']}")
        for account in network["accounts"][:_SHOWN_MAX]:
            typer.echo(f"{'':10} {account['handle'] or account['name']}  {account['token']}")
        if len(network["accounts"]) > _SHOWN_MAX:
            typer.echo(f"{'':10} and {len(network['accounts']) - _SHOWN_MAX} more accounts")
