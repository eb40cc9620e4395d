"""The command `import`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from letmepost.cli.output import AsJSON
from letmepost.cli.publishing.failures import FAILED, hint, warn
from letmepost.cli.publishing.post import PANEL
from letmepost.cli.publishing.session import CommandSession, open_session
from letmepost.cli.wiring import Wiring

if TYPE_CHECKING:
    from letmepost.cli.publishing.importing.report import Entry, Report
    from letmepost.cli.publishing.importing.requests import Planned
    from letmepost.cli.publishing.importing.run import RowProblem
    from letmepost.cli.publishing.importing.table import Row


def add_import(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the command `import`."""

    @cli.command(
        "import", rich_help_panel=PANEL, epilog="Example: letmepost import posts.csv --zone Europe/Berlin --dry-run"
    )
    def import_posts(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file. Its first line names the columns.")],
        *,
        zone: Annotated[
            str | None, typer.Option(help="Time zone of rows without one. Default: this machine's.")
        ] = None,
        report: Annotated[
            Path | None, typer.Option(help="What became of each row. Default: FILE.report.jsonl", show_default=False)
        ] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, and publish nothing.")] = False,
        as_json: AsJSON = False,
    ) -> None:
        """Publish or schedule the rows of a CSV file. Another run continues, and publishes no row twice.

        Columns: to, text, at, zone, media, alt, thread, first_comment, draft, id, and options such as
        linkedin.visibility. Only `to` is required. Separate several media with |. Nothing is sent if a row is wrong.
        """
        from letmepost.cli.publishing.importing.report import UnreadableReport
        from letmepost.cli.publishing.importing.table import InvalidTable, read_table

        with open_session(wiring, as_json=as_json) as session:
            try:
                rows = read_table(file)
                found = _open_report(session, report or file.with_name(f"{file.name}.report.jsonl"))
                _import(session, rows, found, file.parent, zone, dry_run=dry_run)
            except InvalidTable as error:
                session.fail("invalid_table", str(error))
            except UnreadableReport as error:
                session.fail("unreadable_report", str(error))


def _open_report(session: CommandSession, path: Path) -> "Report":
    from letmepost.cli.publishing.importing.report import Report

    me = session.client.me()
    return Report(path, f"{me.organization.id}/{me.mode}")


def _import(
    session: CommandSession, rows: "Sequence[Row]", report: "Report", folder: Path, zone: str | None, *, dry_run: bool
) -> None:
    from letmepost.cli.publishing.importing.requests import Planner
    from letmepost.cli.publishing.importing.run import check_rows, plan_rows
    from letmepost.cli.publishing.targets import Accounts
    from letmepost.cli.publishing.times import InvalidTime, check_zone, find_local_zone

    try:
        local_zone = check_zone(zone) if zone else find_local_zone()
    except InvalidTime as error:
        raise typer.BadParameter(str(error), param_hint="--zone") from None
    planner = Planner(
        accounts=Accounts(session.client), folder=folder, now=session.now(), zone=zone, local_zone=local_zone
    )
    plan = plan_rows(planner, rows, report)
    if dry_run or plan.problems:
        found = check_rows(session, plan.planned) if dry_run else []
        _show_check(session, len(rows), plan.accepted, [*plan.problems, *found])
        return
    _show_result(session, _send(session, plan.planned, report), plan.accepted, report)


def _send(session: CommandSession, planned: "Sequence[Planned]", report: "Report") -> "list[Entry]":
    from letmepost.cli.publishing.importing.run import send_rows

    entries: list[Entry] = []
    try:
        for entry in send_rows(session, planned, report):
            entries.append(entry)
            if "error" in entry.outcome:
                warn(f"Line {entry.line}: {entry.outcome['error']['message']}")
    except BaseException:
        warn("The import was interrupted. Run the same command again to continue: no row is published twice.")
        raise
    return entries


def _show_check(session: CommandSession, total: int, skipped: int, problems: "Sequence[RowProblem]") -> None:
    session.say_mode()
    for problem in sorted(problems, key=lambda found: found.line):
        warn(str(problem))
    wrong = len({problem.line for problem in problems})
    if session.as_json:
        found = [{"line": problem.line, "message": problem.message} for problem in problems]
        session.print_json({"rows": total, "alreadyImported": skipped, "invalid": wrong, "problems": found})
    else:
        typer.echo(f"{total} rows: {wrong} invalid, {skipped} already imported. Nothing was published.")
    if wrong:
        raise typer.Exit(FAILED)


def _show_result(session: CommandSession, entries: "Sequence[Entry]", skipped: int, report: "Report") -> None:
    session.say_mode()
    accepted = sum(entry.status == "accepted" for entry in entries)
    failed = len(entries) - accepted
    if session.as_json:
        result: dict[str, Any] = {
            "accepted": accepted,
            "failed": failed,
            "alreadyImported": skipped,
            "report": str(report.path),
            "rows": [{"line": entry.line, "status": entry.status, **entry.outcome} for entry in entries],
        }
        session.print_json(result)
    else:
        typer.echo(f"{accepted} accepted, {failed} failed, {skipped} already imported.")
        hint(f"Report: {report.path}. `letmepost posts list` shows what was published.")
    if failed:
        hint("Correct the failed rows, and run the same command again. Accepted rows are not sent again.")
        raise typer.Exit(FAILED)
