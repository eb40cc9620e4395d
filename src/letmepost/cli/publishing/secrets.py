"""Asks for secrets."""

import sys

import typer


def ask_secret(label: str) -> str:
    """Return what a person types, without showing it, or the next line of standard input if that is not a terminal."""
    if sys.stdin.isatty():
        return str(typer.prompt(label, hide_input=True, err=True)).strip()
    return sys.stdin.readline().strip()
