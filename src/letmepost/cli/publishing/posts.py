"""The commands `posts …`."""

from itertools import islice
from typing import Annotated

import typer

from letmepost.cli.output import AsJSON
from letmepost.cli.publishing.post import PANEL
from letmepost.cli.publishing.post_changes import PostId, add_changes, add_publishing
from letmepost.cli.publishing.post_views import row_of, show_post
from letmepost.cli.publishing.session import dump, open_session, shown
from letmepost.cli.wiring import Wiring

ListLimit = Annotated[int, typer.Option(min=1, max=10_000, help="How many to list.")]


def add_posts(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the commands `posts …`."""
    posts = typer.Typer(no_args_is_help=True, help="Posts: list, read, change, cancel and retry.")
    cli.add_typer(posts, name="posts", rich_help_panel=PANEL)
    _add_reading(posts, wiring)
    add_changes(posts, wiring)
    add_publishing(posts, wiring)


def _add_reading(posts: typer.Typer, wiring: Wiring) -> None:
    @posts.command("list", epilog="Example: letmepost posts list --status failed --platform bluesky")
    def list_all(
        *,
        status: Annotated[list[str] | None, typer.Option(help="Only with this status. Can be repeated.")] = None,
        platform: Annotated[list[str] | None, typer.Option(help="Only on this platform. Can be repeated.")] = None,
        account: Annotated[list[str] | None, typer.Option(help="Only of this account id. Can be repeated.")] = None,
        limit: ListLimit = 20,
        as_json: AsJSON = False,
    ) -> None:
        """List posts, newest first."""
        with open_session(wiring, as_json=as_json) as session:
            found = session.client.posts.list(
                status=status, platform=platform, account_id=account, limit=min(limit, 200)
            )
            session.show_all(islice(found, limit), row_of, nothing="No posts.")

    @posts.command(epilog="Example: letmepost posts show post_01M7… --timeline")
    def show(
        post_id: PostId,
        *,
        timeline: Annotated[bool, typer.Option("--timeline", help="Also show everything that happened to it.")] = False,
        as_json: AsJSON = False,
    ) -> None:
        """Show a post, its outcome and its attempts."""
        with open_session(wiring, as_json=as_json) as session:
            post = session.client.posts.get(post_id)
            entries = session.client.posts.timeline(post_id) if timeline else []
            if as_json:
                more = {"timeline": [dump(entry) for entry in entries]} if timeline else {}
                session.print_json({**dump(post), **more})
                return
            show_post(session, post, post.attempts)
            for entry in entries:
                typer.echo(f"  {shown(entry.at)}  {entry.message}")
