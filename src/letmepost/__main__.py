"""The `letmepost` command: hands the commands what they run, each imported only when it is run."""

import os
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from letmepost.cli.commands import create_cli
from letmepost.cli.wiring import Wiring
from letmepost.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from letmepost.services.api_keys import ApiKeys


def main() -> None:
    """Run the command that the command line names."""
    wiring = Wiring(
        environment=dict(os.environ),
        make_api=_make_api,
        make_sandbox=_make_sandbox,
        run_worker=_run_worker,
        open_api_keys=_open_api_keys,
        migrate=_migrate,
        openapi=_describe_api,
    )
    create_cli(wiring)()


def _make_api(settings: Settings) -> "FastAPI":
    from letmepost.bootstrap.api import make_api

    return make_api(settings, os.environ)


def _make_sandbox(state: Path | None, token: str) -> "ASGIApp":
    from letmepost.bootstrap.sandbox import make_sandbox

    return make_sandbox(state, token)


def _run_worker(settings: Settings) -> Awaitable[None]:
    from letmepost.bootstrap.worker import work

    return work(settings, os.environ)


def _open_api_keys(settings: Settings) -> "AbstractAsyncContextManager[ApiKeys]":
    from letmepost.bootstrap.operator import open_api_keys

    return open_api_keys(settings)


def _migrate(migration_url: str, login_url: str) -> Awaitable[str]:
    from letmepost.storage.migrating import migrate

    return migrate(migration_url, login_url)


def _describe_api() -> str:
    from letmepost.bootstrap.api import describe_api

    return describe_api()


if __name__ == "__main__":
    main()
