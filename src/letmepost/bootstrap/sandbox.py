"""Wires the sandbox: simulators only, no database."""

import asyncio
from pathlib import Path

from starlette.applications import Starlette

from letmepost.bootstrap.page_clock import clock_of_api
from letmepost.gateways.clock import SystemClock
from letmepost.platforms import discover
from letmepost.sandbox.app import create_app
from letmepost.sandbox.pages.access import PageAccess
from letmepost.sandbox.store import open_store


def make_sandbox(state: Path | None, token: str, pages: PageAccess, api_url: str | None = None) -> Starlette:
    """Return the application.

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
