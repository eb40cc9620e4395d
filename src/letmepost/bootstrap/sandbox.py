"""Wires the sandbox: simulators only, no database."""

import asyncio
import sqlite3
from pathlib import Path

from starlette.applications import Starlette

from letmepost.bootstrap.page_clock import clock_of_api
from letmepost.domain.errors import EmulatorError
from letmepost.gateways.clock import SystemClock
from letmepost.platforms import discover
from letmepost.sandbox.app import create_app
from letmepost.sandbox.pages.access import PageAccess
from letmepost.sandbox.seeding.seed import default_seed
from letmepost.sandbox.seeding.seed_file import read_seed
from letmepost.sandbox.store import open_store


def make_sandbox(state: Path | None, token: str, pages: PageAccess, api_url: str | None = None) -> Starlette:
    """Return the application of a deployment.

    Args:
        state: the file that stores its state; None keeps it in memory.
        api_url: where the sandbox reaches the API, which moves clocks; None if its pages only show the time.
    """
    clock = SystemClock()
    return create_app(
        discover(),
        open_store(state),
        token=token,
        now=clock.now,
        entropy=clock.entropy,
        sleep=asyncio.sleep,
        pages=pages,
        move_clock=None if api_url is None else clock_of_api(api_url, token),
    )


def make_emulator(state: Path | None, token: str | None, seed_file: Path | None) -> Starlette:
    """Return the application that is an emulator on its own, `app.state.emulator`. Everyone can open its pages.

    Args:
        state: as above.
        token: of the control API; None if it needs none.
        seed_file: None for the default seed.

    Raises:
        EmulatorError: a file cannot be used.
    """
    clock, platforms = SystemClock(), discover()
    seed = default_seed(platforms) if seed_file is None else read_seed(seed_file, platforms)
    try:
        store = open_store(state)
    except sqlite3.Error as error:
        raise EmulatorError(f"Cannot use {state}: {error}. Another process may have opened it.") from None
    return create_app(
        platforms,
        store,
        token=token,
        now=clock.now,
        entropy=clock.entropy,
        sleep=asyncio.sleep,
        pages=PageAccess(is_open=True),
        seed=seed,
    )
