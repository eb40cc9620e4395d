"""`letmepost sandbox`: runs the simulated networks, as an emulator on their own or as a part of a deployment."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from letmepost.cli.listening import PORT_MAX
from letmepost.cli.output import fail
from letmepost.cli.run_server import run_server
from letmepost.cli.wiring import Wiring

TOKEN_MIN_CHARS = 16


def add_sandbox(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the command `sandbox`."""

    @cli.command(epilog="Example: letmepost sandbox --port 0 --seed seed.toml --ready-file ready.json")
    def sandbox(
        host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
        port: Annotated[int, typer.Option(min=0, max=PORT_MAX, help="First port; 0 for free ones.")] = 8090,
        data: Annotated[
            Path | None, typer.Option("--data", "--state", help="File that stores the state. Default: memory only.")
        ] = None,
        seed: Annotated[
            Path | None,
            typer.Option(help="TOML or JSON file with accounts and posts. Default: one account per network."),
        ] = None,
        token: Annotated[
            str | None,
            typer.Option(help="Token of the control API. Required unless the address is a loopback address."),
        ] = None,
        ready_file: Annotated[
            Path | None, typer.Option(help="Write addresses, accounts and tokens to this file as JSON when ready.")
        ] = None,
        *,
        open_pages: Annotated[
            bool, typer.Option("--open-pages", help="In a deployment: show all pages without a signed link.")
        ] = False,
    ) -> None:
        """Run an emulator of every network, to test your own clients. It needs no database and no setting.

        If LETMEPOST_SANDBOX_TOKEN is set, it is instead the part of a deployment that test keys publish to.

        Its pages then open by links that are signed with LETMEPOST_SANDBOX_LINK_KEY: the `url` of test posts.
        """
        deployment_token = wiring.environment.get("LETMEPOST_SANDBOX_TOKEN")
        if deployment_token is None:
            from letmepost.cli.emulator import EmulatorOptions, run_emulator

            _check_address(host, token)
            run_emulator(wiring, EmulatorOptions(host, port, data, seed, token, ready_file))
            return
        if (seed, token, ready_file) != (None, None, None):
            raise typer.BadParameter(
                "--seed, --token and --ready-file are for the emulator. Unset LETMEPOST_SANDBOX_TOKEN to run it."
            )
        if len(deployment_token) < TOKEN_MIN_CHARS:
            fail(f"Set LETMEPOST_SANDBOX_TOKEN to at least {TOKEN_MIN_CHARS} characters.")
        link_key = wiring.environment.get("LETMEPOST_SANDBOX_LINK_KEY") or None
        run_server(wiring.make_sandbox(data, deployment_token, link_key, open_pages), host=host, port=port)


def _check_address(host: str, token: str | None) -> None:
    """Check that only this machine can control an emulator without a token.

    Raises:
        typer.BadParameter: others can connect, and there is no token or a short one.
    """
    if token is not None and len(token) < TOKEN_MIN_CHARS:
        raise typer.BadParameter(f"The token needs at least {TOKEN_MIN_CHARS} characters.", param_hint="--token")
    if token is None and not _is_loopback(host):
        raise typer.BadParameter(
            f"Others can connect to {host}. Protect the control API with --token, or listen on 127.0.0.1. (For the "
            "sandbox of a deployment, set LETMEPOST_SANDBOX_TOKEN.)",
            param_hint="--host",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
