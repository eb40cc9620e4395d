"""Puts the commands together. Each noun has its own module.

A command imports its code when it runs: importing everything costs each process a second and 50 MB.
"""

import typer

from letmepost.cli.doctor.command import add_doctor
from letmepost.cli.mcp import add_mcp
from letmepost.cli.pauses import add_pauses
from letmepost.cli.publishing.commands import add_publishing
from letmepost.cli.sandbox import add_sandbox
from letmepost.cli.serve import add_serve
from letmepost.cli.servers import add_servers
from letmepost.cli.setup import add_setup
from letmepost.cli.tenants import add_tenants
from letmepost.cli.wiring import Wiring


def create_cli(wiring: Wiring) -> typer.Typer:
    """Return the `letmepost` command."""
    cli = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Publish to many social accounts, once and only once.",
        epilog="`letmepost dev` runs everything on this machine. The exit code is 0 for success, 1 for a failure, 2 for"
        " an invalid command line, and 3 if the outcome of a post is not known yet.",
    )
    add_publishing(cli, wiring)
    add_serve(cli, wiring)
    add_servers(cli, wiring)
    add_sandbox(cli, wiring)
    add_setup(cli, wiring)
    add_tenants(cli, wiring)
    add_pauses(cli, wiring)
    add_doctor(cli, wiring)
    add_mcp(cli, wiring)
    return cli
