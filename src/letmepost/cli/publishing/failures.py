"""How failures of calls are reported, and the exit codes."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from letmepost_client import ApiError, ConnectionFailed, RequestViolation
    from letmepost_client.models import ErrorDetails

FAILED = 1
"""The call or a target failed."""
UNKNOWN = 3
"""The outcome is not known, or not known yet."""


def report_api_error(error: "ApiError", *, mode: str, as_json: bool, code: int = FAILED) -> NoReturn:
    """Print an error response, and exit."""
    if as_json:
        fields = error.body.model_dump(mode="json", by_alias=True, exclude_unset=True)
        typer.echo(json.dumps({"mode": mode, "error": fields}, ensure_ascii=False))
    warn("\n".join(_describe(error)))
    raise typer.Exit(code)


def report_connection_failure(
    error: "ConnectionFailed", *, url: str, mode: str, as_json: bool, code: int = FAILED
) -> NoReturn:
    """Print that there was no response, and exit."""
    if as_json:
        fields = {"code": "connection_failed", "message": str(error)}
        typer.echo(json.dumps({"mode": mode, "error": fields}, ensure_ascii=False))
    warn(
        f"Error: {error}\n  fix      Check that the API runs at {url}, or choose another server with LETMEPOST_URL or "
        "`letmepost login`."
    )
    raise typer.Exit(code)


def warn(message: str) -> None:
    """Print a message about a problem to standard error."""
    typer.secho(message, fg="red", err=True)


def hint(message: str) -> None:
    """Print a message that is not part of the result to standard error."""
    typer.secho(message, dim=True, err=True)


def details(error: "ErrorDetails") -> Iterator[tuple[str, str]]:
    """Yield the parts of a stored error of a target, with their labels."""
    yield "error", error.message
    if error.remediation:
        yield "fix", error.remediation
    if error.rule:
        yield "rule", error.rule


def _describe(error: "ApiError") -> Iterator[str]:
    yield f"Error: {error.message}"
    if len(error.violations) > 1:
        yield from (line for broken in error.violations for line in _describe_violation(broken))
    elif fix := error.remediation or _fix_of(error):
        yield f"  fix      {fix}"
    if error.rule:
        yield f"  rule     {error.rule}"
    if page := error.body.rule_url or error.doc_url:
        yield f"  see      {page}"
    if error.code == "unauthenticated":
        yield "  login    `letmepost login` stores another API key. LETMEPOST_API_KEY, if it is set, wins over it."
    if error.request_id:
        yield f"  request  {error.request_id}"


def _fix_of(error: "ApiError") -> str | None:
    return error.violations[0].remediation if error.violations else None


def _describe_violation(broken: "RequestViolation") -> Iterator[str]:
    place = " ".join(part for part in (broken.platform, broken.field) if part)
    yield f"  {place}: {broken.message}"
    if broken.remediation:
        yield f"    fix: {broken.remediation}"
