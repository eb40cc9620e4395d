"""Runs use cases for the operator's commands, without the API."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import typer

from letmepost.cli.configuration import read_settings
from letmepost.cli.database import database_required
from letmepost.cli.logs import configure_logs
from letmepost.cli.output import fail
from letmepost.cli.wiring import Wiring
from letmepost.domain.errors import RequestError
from letmepost.domain.ids import MalformedIdError, Prefix, parse_id

if TYPE_CHECKING:
    from letmepost.services.work import Work

T = TypeVar("T")


def id_of(prefix: Prefix) -> Callable[[str], UUID]:
    """Return a parser of ids on the command line."""

    def read(text: str) -> UUID:
        try:
            return parse_id(prefix, text)
        except MalformedIdError:
            raise typer.BadParameter(f"{text!r} is not an id such as {prefix}_… with 26 characters.") from None

    return read


def carry_out(wiring: Wiring, run: "Callable[[Work], Awaitable[T]]") -> T:
    """Run a use case in one unit of work of the deployment, and return its result.

    A failure of the use case or of the connection is reported in one line, with exit status 1.
    """
    settings = read_settings(wiring.environment)
    configure_logs(as_json=False)  # standard output is for the result

    async def call() -> T:
        from letmepost.storage.database import DEPLOYMENT

        async with wiring.open_units(settings) as units, units.begin(DEPLOYMENT) as work:
            return await run(work)

    with database_required(settings.database_url.get_secret_value(), "DATABASE_URL"):
        try:
            return asyncio.run(call())
        except RequestError as error:
            fail(error.message)
