"""Prints results as tables for people or JSON for scripts, and the reasons of failures."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer

_NOT_A_TERMINAL_COLUMNS = 1000  # piped output is never truncated

AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def show(value: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one object."""
    if as_json:
        typer.echo(json.dumps(value, ensure_ascii=False))
        return
    _table(["", ""], [[_heading(name), _cell(part)] for name, part in value.items()], has_header=False)


def show_all(values: Sequence[Mapping[str, Any]], *, as_json: bool, nothing: str) -> None:
    """Print a list. `nothing` is the text for an empty one."""
    if as_json:
        typer.echo(json.dumps(list(values), ensure_ascii=False))
    elif values:
        _table([_heading(name) for name in values[0]], [[_cell(part) for part in value.values()] for value in values])
    else:
        typer.echo(nothing)


def fail(message: str) -> NoReturn:
    """Print why the command failed, and exit with 1."""
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, has_header: bool = True) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=has_header, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    is_terminal = sys.stdout.isatty()
    Console(width=None if is_terminal else _NOT_A_TERMINAL_COLUMNS, markup=False, highlight=False).print(table)


def _heading(name: str) -> str:
    """Return `Last used at` for `lastUsedAt`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.capitalize()


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
