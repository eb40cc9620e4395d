"""Puts the commands for people who publish together. Each noun has its own module."""

from typing import Annotated

import typer

from letmepost import __version__
from letmepost.cli.publishing.accounts import add_accounts
from letmepost.cli.publishing.events import add_events
from letmepost.cli.publishing.importing.command import add_import
from letmepost.cli.publishing.login import add_login
from letmepost.cli.publishing.media import add_media
from letmepost.cli.publishing.post import add_post
from letmepost.cli.publishing.posts import add_posts
from letmepost.cli.publishing.webhooks import add_webhooks
from letmepost.cli.wiring import Wiring


def add_publishing(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the commands for people who publish, and `--version`."""

    @cli.callback()
    def letmepost(
        *,
        version: Annotated[
            bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
        ] = False,
    ) -> None:
        """Publish to many social accounts."""

    add_post(cli, wiring)
    add_posts(cli, wiring)
    add_accounts(cli, wiring)
    add_media(cli, wiring)
    add_events(cli, wiring)
    add_webhooks(cli, wiring)
    add_import(cli, wiring)
    add_login(cli, wiring)


def _show_version(is_requested: bool) -> None:  # noqa: FBT001 - Typer passes it
    if is_requested:
        typer.echo(f"letmepost {__version__}")
        raise typer.Exit
