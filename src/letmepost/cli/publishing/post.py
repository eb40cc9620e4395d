"""The command `post`."""

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from letmepost.cli.output import AsJSON
from letmepost.cli.publishing.session import open_session
from letmepost.cli.wiring import Wiring

PANEL = "Publish"

At = Annotated[
    str | None, typer.Option(help='When to publish: "tomorrow 9:00", "friday 2 pm", "in 2 hours", "2026-12-24 09:00".')
]
Zone = Annotated[
    str | None, typer.Option(help="Time zone of --at, such as Europe/Berlin. Default: that of this machine.")
]
Timeout = Annotated[float, typer.Option(min=0, help="How many seconds to wait for the outcome.")]
IdempotencyKeyOption = Annotated[
    str | None, typer.Option("--idempotency-key", help="Repeat a command with the same key: it publishes at most once.")
]


def add_post(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the command `post`."""

    @cli.command(
        rich_help_panel=PANEL,
        epilog='Example: letmepost post "Hello" --to bluesky --image cat.jpg --alt "A cat" --at "tomorrow 9:00" '
        "--zone Europe/Berlin --dry-run",
    )
    def post(  # noqa: PLR0913 - an argument for each option
        text: Annotated[str | None, typer.Argument(help="The text; - reads it from standard input.")] = None,
        *,
        to: Annotated[
            list[str], typer.Option(help="Where: a platform, a handle, or the id of an account. Can be repeated.")
        ],
        image: Annotated[list[str] | None, typer.Option(help="A file, a URL, or the id of a media item.")] = None,
        video: Annotated[list[str] | None, typer.Option(help="A file, a URL, or the id of a media item.")] = None,
        document: Annotated[list[str] | None, typer.Option(help="A PDF: a file, a URL, or an id.")] = None,
        alt: Annotated[
            list[str] | None, typer.Option(help="Alt text of each image, and then of each video, in order.")
        ] = None,
        thread: Annotated[list[str] | None, typer.Option(help="Text of a continuation. Can be repeated.")] = None,
        first_comment: Annotated[str | None, typer.Option(help="A comment to publish after the post.")] = None,
        option: Annotated[
            list[str] | None,
            typer.Option(metavar="PLATFORM.NAME=VALUE", help="An option of a platform, as text or JSON."),
        ] = None,
        at: At = None,
        zone: Zone = None,
        draft: Annotated[
            bool, typer.Option("--draft", help="Store a draft. `letmepost posts publish` publishes it.")
        ] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the post, and publish nothing.")] = False,
        wait: Annotated[bool, typer.Option(help="Wait for the outcome.")] = True,
        timeout: Timeout = 300,
        idempotency_key: IdempotencyKeyOption = None,
        as_json: AsJSON = False,
    ) -> None:
        """Publish to one or more accounts: now, at a time, or later from a draft.

        Exit code 0: published, scheduled or stored. 1: a target failed. 3: the outcome of a target is not known yet.
        """
        from letmepost.cli.publishing.attachments import InvalidAttachment, check_files, pair_attachments
        from letmepost.cli.publishing.publish import PostOptions, check, publish

        if zone is not None and at is None:
            raise typer.BadParameter("Pass --at too: it is the time in this zone.", param_hint="--zone")
        if draft and at is not None:
            raise typer.BadParameter(
                "A draft has no time. Pass --at to `letmepost posts publish`.", param_hint="--draft"
            )
        try:
            attachments = pair_attachments(image or [], video or [], document or [], alt or [])
            check_files(attachments)
        except InvalidAttachment as error:
            raise typer.BadParameter(str(error)) from None
        options = PostOptions(
            text=_read(text),
            to=to,
            attachments=attachments,
            thread=thread or [],
            first_comment=first_comment,
            options=parse_options(option or []),
            at=at,
            zone=zone,
            draft=draft,
            timeout_s=timeout if wait else None,
            idempotency_key=idempotency_key,
        )
        with open_session(wiring, as_json=as_json) as session:
            (check if dry_run else publish)(session, options)


def parse_options(given: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the options of each platform, from words such as `linkedin.visibility=PUBLIC`."""
    options: dict[str, dict[str, Any]] = {}
    for word in given:
        path, is_assignment, text = word.partition("=")
        platform, is_path, name = path.partition(".")
        if not (is_assignment and is_path and platform and name):
            raise typer.BadParameter(f'"{word}" is not of the form PLATFORM.NAME=VALUE.', param_hint="--option")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        options.setdefault(platform, {})[name] = value
    return options


def _read(text: str | None) -> str | None:
    return sys.stdin.read().rstrip("\r\n") if text == "-" else text
