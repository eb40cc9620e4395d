"""How posts are printed."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from letmepost.cli.publishing.failures import details
from letmepost.cli.publishing.session import CommandSession, shown

if TYPE_CHECKING:
    from letmepost_client.models import Post, PostAttempt

_LISTED_MAX_CHARS = 40


def row_of(post: "Post") -> dict[str, Any]:
    """Return what a list shows of a post."""
    text = " ".join(post.text.split())
    is_long = len(text) > _LISTED_MAX_CHARS
    return {
        "id": post.id,
        "platform": post.platform,
        "status": post.status,
        "text": text[: _LISTED_MAX_CHARS - 1] + "…" if is_long else text,
    }


def show_post(session: CommandSession, post: "Post", attempts: "Iterable[PostAttempt]" = ()) -> None:
    """Print a post."""
    rows: dict[str, Any] = {
        "id": post.id,
        "batch": post.batch_id,
        "account": f"{post.platform} ({post.account.display_name or post.account_id})",
        "status": post.status,
        "text": post.text,
        "scheduled": post.scheduled_at,
        "published": post.published_at,
        "unpublished": post.unpublished_at,
        "next attempt": post.next_attempt_at,
        "url": post.url or post.platform_uri,
    }
    if post.warnings:
        rows["warnings"] = [warning.message for warning in post.warnings]
    if post.error is not None:
        rows |= dict(details(post.error))
    known = {name: value for name, value in rows.items() if value is not None}
    session.show(post, {**known, **dict(_lines(attempts))})


def _lines(attempts: "Iterable[PostAttempt]") -> Iterator[tuple[str, str]]:
    for attempt in attempts:
        outcome = attempt.outcome or ("published" if attempt.succeeded else "running")
        duration = f", {attempt.platform_ms} ms at the platform" if attempt.platform_ms is not None else ""
        yield f"attempt {attempt.attempt_number}", f"{shown(attempt.started_at)}: {outcome}{duration}"
