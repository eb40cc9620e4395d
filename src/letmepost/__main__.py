"""The `letmepost` command: hands the commands what they run, each imported only when it is run."""

import os
from collections.abc import Awaitable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from letmepost.cli.commands import create_cli
from letmepost.cli.wiring import Wiring
from letmepost.domain.processes import Process
from letmepost.gateways.metrics import SharedMetrics
from letmepost.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.applications import Starlette
    from starlette.types import ASGIApp

    from letmepost.cli.doctor.parts import Parts
    from letmepost.services.work import UnitsOfWork


def main() -> None:
    """Run the command that the command line names."""
    create_cli(wire(dict(os.environ)))()


def wire(environment: Mapping[str, str]) -> Wiring:
    """What the commands are handed, for a process that was started with this environment."""
    return Wiring(
        environment=environment,
        make_api=partial(_make_api, environment),
        make_sandbox=partial(_make_sandbox, environment),
        make_emulator=_make_emulator,
        run_worker=partial(_run_worker, environment),
        open_units=_open_units,
        check_database=_check_database,
        migrate=_migrate,
        openapi=_describe_api,
        open_parts=_open_parts,
        serve_mcp=_serve_mcp if _has_mcp() else None,
    )


def _make_api(environment: Mapping[str, str], settings: Settings, shared: SharedMetrics | None = None) -> "FastAPI":
    from letmepost.bootstrap.api import make_api
    from letmepost.http.docs.site import Site
    from letmepost.mcp.endpoint import open_endpoint
    from letmepost.platforms import discover

    open_mcp = open_endpoint if _has_mcp() else nullcontext
    return make_api(settings, discover(), environment, shared, docs_site=Site.open(), open_mcp=open_mcp)


def _make_sandbox(
    environment: Mapping[str, str],
    state: Path | None,
    token: str,
    link_key: str | None,
    has_open_pages: bool,  # noqa: FBT001 - `Wiring` passes it
) -> "ASGIApp":
    from letmepost.bootstrap.sandbox import make_sandbox
    from letmepost.sandbox.pages.access import PageAccess

    api_url = environment.get("LETMEPOST_SANDBOX_API_URL") or None
    return make_sandbox(state, token, PageAccess(key=link_key, is_open=has_open_pages), api_url)


def _make_emulator(state: Path | None, token: str | None, seed: Path | None) -> "Starlette":
    from letmepost.bootstrap.sandbox import make_emulator

    return make_emulator(state, token, seed)


def _run_worker(environment: Mapping[str, str], settings: Settings) -> Awaitable[None]:
    from letmepost.bootstrap.worker import work

    return work(settings, environment)


def _open_units(settings: Settings) -> "AbstractAsyncContextManager[UnitsOfWork]":
    from letmepost.bootstrap.operator import open_units

    return open_units(settings)


def _check_database(settings: Settings, process: Process) -> Awaitable[None]:
    from letmepost.bootstrap.core import check_database

    return check_database(settings, process)


def _migrate(migration_url: str, api_url: str, worker_url: str) -> Awaitable[str]:
    from letmepost.storage.migrating import migrate

    return migrate(migration_url, api_url, worker_url)


def _describe_api() -> str:
    from letmepost.bootstrap.api import describe_api

    return describe_api()


def _open_parts(settings: Settings) -> "AbstractAsyncContextManager[Parts]":
    from letmepost.bootstrap.doctor import open_parts

    return open_parts(settings)


def _has_mcp() -> bool:
    """Return True if the extra `mcp` is installed."""
    return find_spec("mcp") is not None


def _serve_mcp(api_key: str, base_url: str | None, has_api_tools: bool) -> Coroutine[Any, Any, None]:  # noqa: FBT001 - `Wiring` passes it
    from letmepost.mcp.stdio import serve_stdio

    return serve_stdio(api_key, base_url, has_api_tools=has_api_tools)


if __name__ == "__main__":
    main()
