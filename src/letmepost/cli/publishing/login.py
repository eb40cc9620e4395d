"""The commands that store an API key on this machine."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from letmepost.cli.output import AsJSON, fail
from letmepost.cli.publishing.credentials import (
    DEFAULT_URL,
    KEY_VARIABLE,
    URL_VARIABLE,
    Credentials,
    delete_credentials,
    load_credentials,
    store_credentials,
)
from letmepost.cli.publishing.failures import hint
from letmepost.cli.publishing.secrets import ask_secret
from letmepost.cli.publishing.session import CommandSession, open_session
from letmepost.cli.wiring import Wiring

if TYPE_CHECKING:
    from letmepost_client.models import CurrentKey

PANEL = "Publish"


def add_login(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the commands `login`, `logout` and `whoami`."""

    @cli.command(epilog="Example: letmepost login --url https://post.example.com", rich_help_panel=PANEL)
    def login(
        *,
        url: Annotated[str | None, typer.Option(help=f"The API. Default: {URL_VARIABLE}, or {DEFAULT_URL}.")] = None,
        as_json: AsJSON = False,
    ) -> None:
        """Check an API key, and store it in a file that only you can read.

        Asks for the key without showing it, or reads it from standard input: letmepost login < key.txt
        """
        address = (url or wiring.environment.get(URL_VARIABLE) or DEFAULT_URL).strip().rstrip("/")
        credentials = Credentials(address, _ask_for_key())
        if credentials.mode is None:
            fail("An API key begins with lmp_test_ or lmp_live_. Copy it again.")
        with open_session(wiring, as_json=as_json, credentials=credentials) as session:
            me = session.client.me()
            try:
                path = store_credentials(wiring.environment, credentials)
            except OSError as error:
                fail(f"Cannot write {error.filename}: {error.strerror}.")
            _show_key(session, me)
        hint(f"The API key is stored in {path}.")
        if wiring.environment.get(KEY_VARIABLE):
            hint(f"{KEY_VARIABLE} is set, and wins over the stored key. Unset it to use the stored key.")

    @cli.command(epilog="Example: letmepost logout", rich_help_panel=PANEL)
    def logout(*, as_json: AsJSON = False) -> None:
        """Delete the stored API key. The key stays valid; `letmepost key` and the API revoke keys."""
        stored = load_credentials(wiring.environment)
        was_stored = delete_credentials(wiring.environment)
        if as_json:
            typer.echo(json.dumps({"deleted": was_stored, "mode": stored.mode if stored else None}))
        else:
            typer.echo("The stored API key is deleted." if was_stored else "No API key was stored.")

    @cli.command(epilog="Example: letmepost whoami --json", rich_help_panel=PANEL)
    def whoami(*, as_json: AsJSON = False) -> None:
        """Show the API key that the other commands use: its organization, mode and scopes."""
        with open_session(wiring, as_json=as_json) as session:
            _show_key(session, session.client.me())


def _ask_for_key() -> str:
    key = ask_secret("API key (not shown)")
    if not key:
        fail("Standard input contains no API key.")
    return key


def _show_key(session: CommandSession, me: "CurrentKey") -> None:
    key = me.key
    session.show(
        me,
        {
            "url": session.credentials.url,
            "organization": f"{me.organization.name} ({me.organization.id})",
            "key": f"{key.name} ({key.prefix}…{key.last4})",
            "scopes": key.scopes,
            "profile": key.profile_id,
        },
    )
