"""The command `events`."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from letmepost.cli.output import AsJSON
from letmepost.cli.publishing.failures import hint
from letmepost.cli.publishing.post import PANEL
from letmepost.cli.publishing.posts import ListLimit
from letmepost.cli.publishing.session import CommandSession, dump, open_session, shown
from letmepost.cli.wiring import Wiring

if TYPE_CHECKING:
    from letmepost_client.models import Event

Types = Annotated[
    list[str] | None, typer.Option("--type", help="Only events of this type, such as post.published. Can be repeated.")
]
From = Annotated[
    str | None, typer.Option("--from", metavar="POSITION", help="Start after the event with this position.")
]


def add_events(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the command `events`."""

    @cli.command(rich_help_panel=PANEL, epilog="Example: letmepost events --follow --type post.published --json")
    def events(
        *,
        follow: Annotated[
            bool, typer.Option("--follow", "-f", help="Print events as they happen, until Ctrl-C.")
        ] = False,
        types: Types = None,
        position: From = None,
        limit: ListLimit = 50,
        as_json: AsJSON = False,
    ) -> None:
        """List events, oldest first, or follow them. The JSON is one line for each event.

        --follow starts with the next event unless --from is given, and continues after a lost connection.
        """
        from letmepost.cli.publishing.following import follow_events

        with open_session(wiring, as_json=as_json) as session:
            session.say_mode()
            if follow:
                follow_events(session, types, position, lambda event: _show(session, event))
            else:
                _list(session, types, position, limit)


def _list(session: CommandSession, types: list[str] | None, position: str | None, limit: int) -> None:
    last = position
    pages = session.client.events.list(types=types, cursor=position, limit=min(limit, 200))
    for event in islice(pages, limit):
        _show(session, event)
        last = str(event.data.sequence)
    if last == position:
        hint("There are no events after this position." if position else "There are no events yet.")
    else:
        hint(f"To continue after the last event, pass --from {last}.")


def _show(session: CommandSession, event: "Event") -> None:
    if session.as_json:
        session.print_json(dump(event))
        return
    data = event.data
    at = "" if event.created_at is None else shown(event.created_at)
    subject = " ".join(part for part in (data.platform, data.post_id or data.account_id) if part)
    typer.echo(f"{at}  {event.type}  {subject}")
    if data.total_bytes is not None and data.sent_bytes is not None:
        typer.echo(f"  {data.step}: {data.sent_bytes} of {data.total_bytes} bytes")
    if data.url:
        typer.echo(f"  {data.url}")
    if data.error is not None:
        typer.echo(f"  {data.error.message}")
