"""A command's connection to the API, and how its results are printed."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

from letmepost.cli.output import fail, show, show_all
from letmepost.cli.publishing.credentials import Credentials, find_credentials
from letmepost.cli.publishing.failures import FAILED, hint, report_api_error, report_connection_failure, warn
from letmepost.cli.wiring import Wiring
from letmepost.gateways.clock import SystemClock

if TYPE_CHECKING:
    from letmepost_client import Client
    from letmepost_client.models import Model

M = TypeVar("M", bound="Model")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSession:
    """A client of the API, and how to print results.

    Attributes:
        as_json: True prints results as JSON to standard output, with the mode of the API key.
    """

    client: "Client"
    credentials: Credentials
    as_json: bool

    @property
    def mode(self) -> str:
        return self.credentials.mode or "unknown"

    def now(self) -> datetime:
        """Return the time by which the server schedules: a test key has a clock that can be moved forward."""
        return self.client.sandbox.clock().now if self.mode == "test" else SystemClock().now()

    def say_mode(self) -> None:
        """Print the mode of the API key to standard error, unless the result is JSON, which contains it."""
        if not self.as_json:
            hint("Mode: test (simulated networks)" if self.mode == "test" else f"Mode: {self.mode}")

    def show(self, result: "Model", row: Mapping[str, Any]) -> None:
        """Print one result.

        Args:
            row: what to print for people.
        """
        self.say_mode()
        if self.as_json:
            self.print_json(dump(result))
        else:
            show({name: shown(value) for name, value in row.items()}, as_json=False)

    def show_all(self, results: Iterable[M], row: "Callable[[M], Mapping[str, Any]]", *, nothing: str) -> None:
        """Print a list.

        Args:
            row: returns what to print of a result for people.
            nothing: is printed for an empty list.
        """
        self.say_mode()
        if self.as_json:
            self.print_json({"data": [dump(result) for result in results]})
            return
        rows = [{name: shown(value) for name, value in row(result).items()} for result in results]
        show_all(rows, as_json=False, nothing=nothing)

    def fail(self, code: str, message: str) -> NoReturn:
        """Print why the command cannot continue, and exit with 1.

        Args:
            code: names the problem for programs.
        """
        if self.as_json:
            self.print_json({"error": {"code": code, "message": message}})
        warn(f"Error: {message}")
        raise typer.Exit(FAILED)

    def print_json(self, result: Mapping[str, Any]) -> None:
        """Print an object as one line of JSON."""
        typer.echo(json.dumps({"mode": self.mode, **result}, ensure_ascii=False))
        sys.stdout.flush()


@contextmanager
def open_session(wiring: Wiring, *, as_json: bool, credentials: Credentials | None = None) -> Iterator[CommandSession]:
    """Connect to the API. A failure of a call is reported, and ends the command.

    Args:
        credentials: by default, those of the environment or of `letmepost login`.
    """
    found = credentials or find_credentials(wiring.environment)
    from letmepost_client import ApiError, Client, ConnectionFailed

    try:
        client = Client(found.key, found.url)
    except ValueError as error:
        fail(str(error))
    with client:
        session = CommandSession(client=client, credentials=found, as_json=as_json)
        try:
            yield session
        except ApiError as error:
            report_api_error(error, mode=session.mode, as_json=as_json)
        except ConnectionFailed as error:
            report_connection_failure(error, url=found.url, mode=session.mode, as_json=as_json)


def dump(result: "Model") -> dict[str, Any]:
    """Return the fields of a result as the API names and formats them."""
    fields: dict[str, Any] = _plain(result.model_dump(by_alias=True, exclude_unset=True))
    return fields


def shown(value: object) -> object:
    """Return a value for people: times are in the zone of this machine."""
    return f"{value.astimezone():%Y-%m-%d %H:%M:%S %Z}" if isinstance(value, datetime) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
