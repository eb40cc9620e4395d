"""The commands `accounts …`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from letmepost.cli.output import AsJSON
from letmepost.cli.publishing.post import PANEL
from letmepost.cli.publishing.post_changes import Yes
from letmepost.cli.publishing.session import CommandSession, open_session
from letmepost.cli.wiring import Wiring

if TYPE_CHECKING:
    from letmepost_client.models import Account

AccountName = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An id, a handle, or the name of a platform.")]


def add_accounts(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the commands `accounts …`."""
    accounts = typer.Typer(no_args_is_help=True, help="Connected accounts: list, connect, check and disconnect.")
    cli.add_typer(accounts, name="accounts", rich_help_panel=PANEL)
    _add_connect(accounts, wiring)

    @accounts.command("list", epilog="Example: letmepost accounts list --platform bluesky")
    def list_all(
        *,
        platform: Annotated[list[str] | None, typer.Option(help="Only on this platform. Can be repeated.")] = None,
        status: Annotated[
            list[str] | None, typer.Option(help="Only with this status, such as disconnected. Can be repeated.")
        ] = None,
        as_json: AsJSON = False,
    ) -> None:
        """List connected accounts, newest first."""
        with open_session(wiring, as_json=as_json) as session:
            found = session.client.accounts.list(platform=platform, status=status, limit=200)
            session.show_all(found, _row, nothing="No accounts. Connect one with `letmepost accounts connect`.")

    @accounts.command(epilog="Example: letmepost accounts check alice.bsky.social")
    def check(account: AccountName, *, as_json: AsJSON = False) -> None:
        """Ask the platform whether an account's credential works. Exit code 1: it does not."""
        from letmepost.cli.publishing.targets import find_accounts

        with open_session(wiring, as_json=as_json) as session:
            [found] = find_accounts(session, [account])
            checked = session.client.accounts.check(found.id)
            show_account(session, checked)
            if checked.health.state != "healthy":
                raise typer.Exit(1)

    @accounts.command(epilog="Example: letmepost accounts disconnect alice.bsky.social --yes")
    def disconnect(
        account: AccountName,
        *,
        cancel_queued: Annotated[
            bool, typer.Option("--cancel-queued", help="Cancel its queued posts. Otherwise they are held.")
        ] = False,
        yes: Yes = False,
        as_json: AsJSON = False,
    ) -> None:
        """Disconnect an account, and delete its credential. Its posts stay."""
        from letmepost.cli.publishing.targets import describe, find_accounts

        with open_session(wiring, as_json=as_json) as session:
            [found] = find_accounts(session, [account])
            if not yes:
                typer.confirm(f"Disconnect {describe(found)}?", abort=True, err=True)
            done = session.client.accounts.disconnect(found.id, cancel_queued=cancel_queued or None)
            session.show(done, {"id": done.id, "disconnected": done.deleted})


def _add_connect(accounts: typer.Typer, wiring: Wiring) -> None:
    @accounts.command(epilog="Example: letmepost accounts connect mastodon --server mastodon.social")
    def connect(
        platform: Annotated[str, typer.Argument(help="The name of the platform.")],
        *,
        server: Annotated[str | None, typer.Option(help="The server of the account, if the platform has many.")] = None,
        simulated: Annotated[
            bool, typer.Option("--simulated", help="Create a simulated account. Needs a test key, and no credentials.")
        ] = False,
        scenario: Annotated[
            str | None, typer.Option(help="With --simulated: how the platform behaves, such as slow or rejected.")
        ] = None,
        as_json: AsJSON = False,
    ) -> None:
        """Connect an account: by consent in a browser, or with credentials, which are asked for."""
        from letmepost.cli.publishing.connecting import connect_account

        if scenario is not None and not simulated:
            raise typer.BadParameter("Pass --simulated too.", param_hint="--scenario")
        with open_session(wiring, as_json=as_json) as session:
            if simulated:
                show_account(session, session.client.sandbox.create_account(platform, scenario=scenario))
            else:
                for account in connect_account(session, platform, server):
                    show_account(session, account)


def show_account(session: CommandSession, account: "Account") -> None:
    """Print an account."""
    rows = {
        **_row(account),
        "display name": account.display_name,
        "health": account.health.state,
        "problem": None if account.health.error is None else account.health.error.message,
        "expires": account.token_expires_at,
        "missing": account.missing_features or None,
    }
    session.show(account, {name: value for name, value in rows.items() if value is not None})


def _row(account: "Account") -> dict[str, Any]:
    return {"id": account.id, "platform": account.platform, "handle": account.handle, "status": account.status}
