"""Asking the database as the services do, for commands that an operator types."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import typer

from letmepost.cli.configuration import read_settings
from letmepost.cli.database import database_required
from letmepost.cli.logs import configure_logs
from letmepost.cli.output import fail
from letmepost.cli.wiring import Operator, Wiring
from letmepost.domain.errors import RequestError
from letmepost.domain.ids import MalformedIdError, Prefix, parse

T = TypeVar("T")


def id_of(prefix: Prefix) -> Callable[[str], UUID]:
    """A parser of ids that were typed."""

    def read(text: str) -> UUID:
        try:
            return parse(prefix, text)
        except MalformedIdError:
            raise typer.BadParameter(f"{text!r} does not look like {prefix}_… with 26 characters.") from None

    return read


def ask(wiring: Wiring, want: Callable[[Operator], Awaitable[T]]) -> T:
    """Return the answer. What prevents it is reported in one line, with exit status 1."""
    settings = read_settings(wiring)
    configure_logs(as_json=False)  # standard output is the answer's

    async def call() -> T:
        async with wiring.open_operator(settings) as operator:
            return await want(operator)

    with database_required(settings.database_url.get_secret_value(), "DATABASE_URL"):
        try:
            return asyncio.run(call())
        except RequestError as error:
            fail(error.message)
