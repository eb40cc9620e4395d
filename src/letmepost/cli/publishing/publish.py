"""Publishes, schedules or checks the post of a command line."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import typer

from letmepost.cli.publishing.attachments import Attachment, to_media
from letmepost.cli.publishing.doubt import explain_doubt
from letmepost.cli.publishing.failures import FAILED, hint
from letmepost.cli.publishing.progress import show_status
from letmepost.cli.publishing.results import FIRST_WAIT_S, show_batch
from letmepost.cli.publishing.session import CommandSession, dump
from letmepost.cli.publishing.targets import describe, find_accounts
from letmepost.cli.publishing.times import InvalidTime, PublicationTime, UnknownZone, find_local_zone, parse_time

if TYPE_CHECKING:
    from letmepost_client.models import TargetValidation

_PREVIEW_MAX_CHARS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOptions:
    """What a command line says about a post.

    Attributes:
        to: names of accounts: ids, handles or platforms.
        at: a time, as a person writes it; None publishes now.
        options: the options of each platform.
        timeout_s: how long to wait for the outcome; None does not wait.
    """

    text: str | None
    to: Sequence[str]
    attachments: Sequence[Attachment] = ()
    thread: Sequence[str] = ()
    first_comment: str | None = None
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    at: str | None = None
    zone: str | None = None
    draft: bool = False
    timeout_s: float | None = None
    idempotency_key: str | None = None


def publish(session: CommandSession, post: PostOptions) -> None:
    """Publish, schedule or store a post, and print the result."""
    key = post.idempotency_key or str(uuid4())
    time = read_time(session, post.at, post.zone)
    request = _request(session, post, time, key, inline=False)
    timeout_s = None if time or post.draft else post.timeout_s
    wait_s = 0 if timeout_s is None else min(FIRST_WAIT_S, int(timeout_s))
    with explain_doubt(session, repeating_options(key, time)), show_status("Publishing…"):
        batch = session.client.posts.create(**request, idempotency_key=key, wait_s=wait_s)
    show_batch(session, batch, key=key, timeout_s=timeout_s)


def repeating_options(key: str, time: PublicationTime | None) -> str:
    """Return the options of a command line that sends the same request again."""
    return f"--idempotency-key {key}" + (f" {time.options()}" if time else "")


def check(session: CommandSession, post: PostOptions) -> None:
    """Check a post without publishing it, and print the result for each target."""
    time = read_time(session, post.at, post.zone)
    request = _request(session, post, time, str(uuid4()), inline=True)
    validation = session.client.posts.validate(**request)
    session.say_mode()
    if session.as_json:
        session.print_json(dump(validation))
    else:
        for target in validation.targets:
            _show_check(target)
        typer.echo("Nothing was published.")
    if not validation.valid:
        raise typer.Exit(FAILED)


def read_time(session: CommandSession, text: str | None, zone: str | None) -> PublicationTime | None:
    """Return the time that the option --at stands for, and print it; None without the option."""
    if text is None:
        return None
    try:
        time = parse_time(text, now=session.now(), zone=zone, local_zone=zone or find_local_zone())
    except InvalidTime as error:
        option = "--zone" if isinstance(error, UnknownZone) else "--at"
        raise typer.BadParameter(str(error), param_hint=option) from None
    hint(f"Time: {time}")
    return time


def _request(
    session: CommandSession, post: PostOptions, time: PublicationTime | None, key: str, *, inline: bool
) -> dict[str, Any]:
    accounts = find_accounts(session, post.to)
    hint("To: " + ", ".join(describe(account) for account in accounts))
    media = to_media(session, post.attachments, key=key, inline=inline)
    return {
        "to": [account.id for account in accounts],
        "text": post.text,
        "media": media or None,
        "thread": list(post.thread) or None,
        "first_comment": post.first_comment,
        "options": post.options or None,
        "draft": post.draft or None,
        **(time.arguments() if time else {}),
    }


def _show_check(target: "TargetValidation") -> None:
    verdict = "valid" if target.valid else "invalid"
    typer.secho(f"{target.platform}: {verdict}", fg="green" if target.valid else "red")
    typer.echo(f"  account   {target.account_id}")
    for broken in target.violations:
        typer.echo(f"  error     {broken.field}: {broken.message}\n  fix       {broken.remediation}")
        if broken.command:
            typer.echo(f"  command   {broken.command}")
    for warning in target.warnings:
        typer.echo(f"  warning   {warning.field}: {warning.message}")
    if target.cost is not None:
        typer.echo(f"  cost      {target.cost.amount} {target.cost.unit}")
    if target.preview is not None:
        body = json.dumps(target.preview.body, ensure_ascii=False)
        shortened = body if len(body) <= _PREVIEW_MAX_CHARS else body[:_PREVIEW_MAX_CHARS] + "… (--json shows all)"
        typer.echo(f"  preview   {target.preview.method} {target.preview.url}\n            {shortened}")
