"""Connects an account from the terminal."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from letmepost.cli.publishing.failures import hint
from letmepost.cli.publishing.progress import show_status
from letmepost.cli.publishing.secrets import ask_secret
from letmepost.cli.publishing.session import CommandSession
from letmepost.gateways.clock import SystemClock

if TYPE_CHECKING:
    from letmepost_client.models import Account, ConsentDescriptor

POLL_S = 2.0


def connect_account(session: CommandSession, platform: str, server: str | None) -> "list[Account]":
    """Connect an account, by what the platform requires; return the connected accounts. Exit if it takes too long."""
    from letmepost_client import ValidationFailed
    from letmepost_client.models import ConsentDescriptor

    before = _versions(session, platform)
    try:
        wanted = session.client.accounts.connect(platform, server=server)
    except ValidationFailed as error:
        if error.rule != "server" or server is not None:
            raise
        session.fail("server_missing", f"{error.message} Pass --server, such as --server social.example.")
    if isinstance(wanted.descriptor, ConsentDescriptor):
        return _wait_for_consent(session, wanted.platform, wanted.descriptor, before)
    connected = session.client.accounts.complete(wanted.platform, ask_for_fields(wanted.descriptor))
    return list(connected.accounts) or [connected]


def ask_for_fields(schema: Mapping[str, Any]) -> dict[str, str]:
    """Ask for each property of a JSON Schema. Secrets are not shown. Optional properties may be left empty."""
    required = schema.get("required", ())
    given = {
        name: _ask(described, name, is_required=name in required)
        for name, described in schema.get("properties", {}).items()
    }
    return {name: value for name, value in given.items() if value}


def _ask(described: Mapping[str, Any], name: str, *, is_required: bool) -> str:
    label = str(described.get("title") or name)
    if description := described.get("description"):
        hint(str(description))
    if described.get("writeOnly"):
        return ask_secret(label)
    default = None if is_required else ""
    suffix = ": " if is_required else " (optional): "
    return str(typer.prompt(label, default=default, show_default=False, prompt_suffix=suffix, err=True)).strip()


def _wait_for_consent(
    session: CommandSession, platform: str, consent: "ConsentDescriptor", before: Mapping[str, datetime]
) -> "list[Account]":
    typer.echo("Open this page in a browser, and give consent:", err=True)
    typer.echo(f"\n  {consent.authorization_url}\n", err=True)
    clock = SystemClock()
    found: list[Account] = []
    with show_status("Waiting for consent… Ctrl-C stops waiting."):
        while not found and clock.now() < consent.expires_at:
            time.sleep(POLL_S)
            accounts = session.client.accounts.list(platform=platform, limit=200)
            found = [account for account in accounts if before.get(account.id) != account.updated_at]
    if not found:
        session.fail("consent_expired", "The page has expired, and no account was connected. Run the command again.")
    return found


def _versions(session: CommandSession, platform: str) -> dict[str, datetime]:
    """Return when each account of a platform was last changed."""
    return {account.id: account.updated_at for account in session.client.accounts.list(platform=platform, limit=200)}
