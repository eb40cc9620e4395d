"""The commands `media …`."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from letmepost.cli.output import AsJSON
from letmepost.cli.publishing.post import PANEL
from letmepost.cli.publishing.posts import ListLimit
from letmepost.cli.publishing.session import dump, open_session
from letmepost.cli.wiring import Wiring

if TYPE_CHECKING:
    from letmepost_client.models import Media

MediaId = Annotated[str, typer.Argument(metavar="MEDIA_ID", help="The id of a media item.")]


def add_media(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the commands `media …`."""
    media = typer.Typer(no_args_is_help=True, help="Media items: upload, list, read and delete.")
    cli.add_typer(media, name="media", rich_help_panel=PANEL)

    @media.command(epilog="Example: letmepost media upload cat.jpg video.mp4")
    def upload(
        files: Annotated[
            list[Path], typer.Argument(metavar="FILE…", exists=True, dir_okay=False, readable=True, help="Files.")
        ],
        *,
        as_json: AsJSON = False,
    ) -> None:
        """Upload files, and print the id of each, to attach it to posts. The JSON is one line for each file."""
        from letmepost.cli.publishing.progress import upload_with_progress

        with open_session(wiring, as_json=as_json) as session:
            session.say_mode()
            for path in files:
                try:
                    item = upload_with_progress(session, path)
                except (OSError, ValueError) as error:
                    session.fail("unreadable_file", f"Cannot upload {path}: {error}")
                if as_json:
                    session.print_json({"file": str(path), **dump(item)})
                else:
                    typer.echo(f"{item.id}  {item.kind}  {path}")

    @media.command("list", epilog="Example: letmepost media list --limit 5")
    def list_all(*, limit: ListLimit = 20, as_json: AsJSON = False) -> None:
        """List media items, newest first."""
        with open_session(wiring, as_json=as_json) as session:
            found = session.client.media.list(limit=min(limit, 200))
            session.show_all(islice(found, limit), _row, nothing="No media items.")

    @media.command(epilog="Example: letmepost media show med_01M7…")
    def show(media_id: MediaId, *, as_json: AsJSON = False) -> None:
        """Show a media item."""
        with open_session(wiring, as_json=as_json) as session:
            item = session.client.media.get(media_id)
            rows = {
                **_row(item),
                "type": item.content_type,
                "width": item.width,
                "height": item.height,
                "duration": None if item.duration_s is None else f"{item.duration_s:g} s",
                "expires": item.expires_at,
                "error": None if item.error is None else item.error.message,
                "url": item.url,
            }
            session.show(item, {name: value for name, value in rows.items() if value is not None})

    @media.command(epilog="Example: letmepost media delete med_01M7…")
    def delete(media_id: MediaId, *, as_json: AsJSON = False) -> None:
        """Delete a media item that no waiting post uses."""
        with open_session(wiring, as_json=as_json) as session:
            done = session.client.media.delete(media_id)
            session.show(done, {"id": done.id, "deleted": done.deleted})


def _row(item: "Media") -> dict[str, Any]:
    return {"id": item.id, "kind": item.kind, "status": item.status, "bytes": item.size_bytes}
