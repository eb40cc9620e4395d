"""What the commands are handed, so that they need not know how services are made."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from letmepost.domain.processes import Process
from letmepost.gateways.metrics import SharedMetrics
from letmepost.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from letmepost.cli.doctor.parts import Parts
    from letmepost.services.work import UnitsOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Ways to make what the commands run. `environment` is read once, by whoever makes this.

    Args:
        make_api: the API's application. Its processes may count together.
        run_worker: publishes until the process is asked to stop.
        make_sandbox: the sandbox's application, given the file that keeps its state and its control token.
        check_database: connects as a process would, and raises what would keep it from starting.
        migrate: brings the database to this release's schema; returns the revision reached. Its arguments are the URLs
            of a role that may create roles, of the API, and of the worker.
        open_units: opens the database for a command of the operator.
        openapi: the description of the API, as JSON text.
        open_parts: what `doctor` looks at.
    """

    environment: Mapping[str, str]
    make_api: "Callable[[Settings, SharedMetrics | None], FastAPI]"
    make_sandbox: "Callable[[Path | None, str], ASGIApp]"
    run_worker: Callable[[Settings], Awaitable[None]]
    open_units: "Callable[[Settings], AbstractAsyncContextManager[UnitsOfWork]]"
    check_database: Callable[[Settings, Process], Awaitable[None]]
    migrate: Callable[[str, str, str], Awaitable[str]]
    openapi: Callable[[], str]
    open_parts: "Callable[[Settings], AbstractAsyncContextManager[Parts]]"
