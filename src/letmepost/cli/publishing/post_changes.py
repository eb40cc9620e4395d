"""The commands that change a post, which are part of `posts …`."""

from enum import StrEnum
from typing import Annotated
from uuid import uuid4

import typer

from letmepost.cli.output import AsJSON
from letmepost.cli.publishing.post import At, IdempotencyKeyOption, Timeout, Zone
from letmepost.cli.publishing.post_views import show_post
from letmepost.cli.publishing.session import open_session
from letmepost.cli.wiring import Wiring

PostId = Annotated[str, typer.Argument(metavar="POST_ID", help="The id of a post.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


class ReportedOutcome(StrEnum):
    """What a person found on the account."""

    PUBLISHED = "published"
    NOT_PUBLISHED = "not-published"


def add_changes(posts: typer.Typer, wiring: Wiring) -> None:
    """Add the commands that change, copy or delete a post."""

    @posts.command(epilog='Example: letmepost posts edit post_01M7… --text "Corrected" --at "friday 9:00"')
    def edit(
        post_id: PostId,
        *,
        text: Annotated[str | None, typer.Option(help="The new text.")] = None,
        at: At = None,
        zone: Zone = None,
        as_json: AsJSON = False,
    ) -> None:
        """Change the text or the time of a post that is not published yet."""
        from letmepost.cli.publishing.publish import read_time

        if text is None and at is None:
            raise typer.BadParameter("Pass --text, --at or both.")
        with open_session(wiring, as_json=as_json) as session:
            time = read_time(session, at, zone)
            changes = {**({} if text is None else {"text": text}), **(time.arguments() if time else {})}
            show_post(session, session.client.posts.update(post_id, **changes))

    @posts.command(epilog="Example: letmepost posts cancel post_01M7…")
    def cancel(post_id: PostId, *, as_json: AsJSON = False) -> None:
        """Cancel a post that is not published yet."""
        with open_session(wiring, as_json=as_json) as session:
            done = session.client.posts.cancel(post_id)
            session.show(done, {"id": done.id, "status": done.status})

    @posts.command(epilog="Example: letmepost posts duplicate post_01M7…")
    def duplicate(post_id: PostId, *, as_json: AsJSON = False) -> None:
        """Store a draft with the content of a post, for the same account. `posts publish` publishes it."""
        with open_session(wiring, as_json=as_json) as session:
            show_post(session, session.client.posts.duplicate(post_id))

    @posts.command(epilog="Example: letmepost posts unpublish post_01M7… --yes")
    def unpublish(post_id: PostId, *, yes: Yes = False, as_json: AsJSON = False) -> None:
        """Delete a published post on its platform. The post stays in the list."""
        if not yes:
            typer.confirm(f"Delete {post_id} on its platform?", abort=True, err=True)
        with open_session(wiring, as_json=as_json) as session:
            show_post(session, session.client.posts.unpublish(post_id))


def add_publishing(posts: typer.Typer, wiring: Wiring) -> None:
    """Add the commands that queue a post, or settle it."""

    @posts.command(epilog='Example: letmepost posts retry post_01M7… --at "in 1 hour"')
    def retry(post_id: PostId, *, at: At = None, zone: Zone = None, as_json: AsJSON = False) -> None:
        """Queue a post again that failed, was rejected or canceled, or is incomplete: now, or at a time."""
        from letmepost.cli.publishing.publish import read_time

        with open_session(wiring, as_json=as_json) as session:
            time = read_time(session, at, zone)
            show_post(session, session.client.posts.retry(post_id, **(time.arguments() if time else {})))

    @posts.command(epilog='Example: letmepost posts publish post_01M7… --at "tomorrow 9:00"')
    def publish(
        post_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a draft or of its batch.")],
        *,
        at: At = None,
        zone: Zone = None,
        now: Annotated[bool, typer.Option("--now", help="Publish now, even if the draft has a time.")] = False,
        wait: Annotated[bool, typer.Option(help="Wait for the outcome.")] = True,
        timeout: Timeout = 300,
        idempotency_key: IdempotencyKeyOption = None,
        as_json: AsJSON = False,
    ) -> None:
        """Publish a draft to all of its targets: now, or at a time that was given here or to the draft."""
        from letmepost.cli.publishing.doubt import explain_doubt
        from letmepost.cli.publishing.publish import read_time, repeating_options
        from letmepost.cli.publishing.results import show_batch

        if now and at is not None:
            raise typer.BadParameter("Pass either --now or --at.")
        key = idempotency_key or str(uuid4())
        with open_session(wiring, as_json=as_json) as session:
            time = read_time(session, at, zone)
            is_batch = post_id.startswith("batch_")
            batch_id = post_id if is_batch else session.client.posts.get(post_id).batch_id
            arguments = time.arguments() if time else {"publish_now": True} if now else {}
            options = repeating_options(key, time) + (" --now" if now else "")
            with explain_doubt(session, options):
                batch = session.client.batches.publish(batch_id, idempotency_key=key, **arguments)
            show_batch(session, batch, key=key, timeout_s=timeout if wait else None)

    @posts.command(epilog="Example: letmepost posts resolve post_01M7… not-published")
    def resolve(
        post_id: PostId,
        outcome: Annotated[ReportedOutcome, typer.Argument(help="What you see on the account.")],
        *,
        uri: Annotated[str | None, typer.Option(help="The platform's id of the published post.")] = None,
        as_json: AsJSON = False,
    ) -> None:
        """Report the outcome of a post with the status unconfirmed or awaiting_user, after a look at the account."""
        with open_session(wiring, as_json=as_json) as session:
            resolve_post = session.client.posts.resolve
            if outcome is ReportedOutcome.PUBLISHED:
                show_post(session, resolve_post(post_id, "published", uri=uri))
            else:
                show_post(session, resolve_post(post_id, "not_published", uri=uri))
