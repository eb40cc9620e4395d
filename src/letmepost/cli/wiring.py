"""The functions that the commands call, so that they do not depend on how services are made."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from letmepost.domain.processes import Process
from letmepost.gateways.metrics import SharedMetrics
from letmepost.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.applications import Starlette
    from starlette.types import ASGIApp

    from letmepost.cli.doctor.parts import Parts
    from letmepost.services.work import UnitsOfWork

ServeMCP: TypeAlias = Callable[[str, str | None, bool], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The functions that the commands call. The process reads `environment` once.

    Args:
        make_api: returns the API's application. Its processes may share their metrics.
        run_worker: publishes until the process is asked to stop.
        make_sandbox: returns the sandbox's application, given its state file, its control token, the key of links to
            its pages, and True if everyone can open its pages.
        make_emulator: returns the application of an emulator, given its state file, the token of its control API and
            its seed file. Its `state.emulator.start` fills a world, and returns its description.
        check_database: connects as a process would, and raises the error that would keep it from starting.
        migrate: migrates the database to this release's schema and returns the revision. Its arguments are the URLs
            of a role that may create roles, of the API, and of the worker.
        open_units: opens the database for a command of the operator.
        openapi: returns the OpenAPI document as JSON text.
        open_parts: opens the parts that `doctor` checks.
        serve_mcp: serves an MCP client over standard input and output, given an API key, the URL of the API, and True
            for a tool for each operation. None if the extra `mcp` is not installed.
    """

    environment: Mapping[str, str]
    make_api: "Callable[[Settings, SharedMetrics | None], FastAPI]"
    make_sandbox: "Callable[[Path | None, str, str | None, bool], ASGIApp]"
    make_emulator: "Callable[[Path | None, str | None, Path | None], Starlette]"
    run_worker: Callable[[Settings], Awaitable[None]]
    open_units: "Callable[[Settings], AbstractAsyncContextManager[UnitsOfWork]]"
    check_database: Callable[[Settings, Process], Awaitable[None]]
    migrate: Callable[[str, str, str], Awaitable[str]]
    openapi: Callable[[], str]
    open_parts: "Callable[[Settings], AbstractAsyncContextManager[Parts]]"
    serve_mcp: ServeMCP | None
