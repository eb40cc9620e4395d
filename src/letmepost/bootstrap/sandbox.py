"""Wires the sandbox: simulators only, no database."""

import asyncio
from pathlib import Path

from starlette.applications import Starlette

from letmepost.gateways.clock import SystemClock
from letmepost.platforms import discover
from letmepost.sandbox.app import create_app
from letmepost.sandbox.pages.access import PageAccess
from letmepost.sandbox.store import open_store


def make_sandbox(state: Path | None, token: str, pages: PageAccess) -> Starlette:
    """Return the application. `state` is the file that stores its state; None keeps it in memory."""
    clock = SystemClock()
    return create_app(
        discover(),
        open_store(state),
        token=token,
        now=clock.now,
        entropy=clock.entropy,
        sleep=asyncio.sleep,
        pages=pages,
    )
