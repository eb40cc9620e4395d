"""The `letmepost` command: hands the commands what they run."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp

from letmepost.bootstrap import docs_url, new_request_id, open_api, open_api_keys, open_worker
from letmepost.cli.commands import create_cli
from letmepost.cli.wiring import Wiring
from letmepost.gateways.clock import SystemClock
from letmepost.http.app import create_app
from letmepost.http.services import APIServices
from letmepost.platforms import discover
from letmepost.sandbox.app import create_app as create_sandbox
from letmepost.sandbox.store import open_store
from letmepost.settings import Settings, platform_settings
from letmepost.storage.migrating import migrate
from letmepost.worker.main import run_worker


def main() -> None:
    """Run the command that the command line names."""
    wiring = Wiring(
        environment=dict(os.environ),
        make_api=_make_api,
        make_sandbox=_make_sandbox,
        run_worker=_run_worker,
        open_api_keys=open_api_keys,
        migrate=migrate,
        openapi=openapi_text,
    )
    create_cli(wiring)()


def openapi_text() -> str:
    """The description of the API, as it is committed."""
    app = create_app(_no_services, docs_url="/docs", new_request_id=str)
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


def _make_api(settings: Settings) -> ASGIApp:
    opened = partial(open_api, settings, platform_settings(os.environ))
    return create_app(opened, docs_url=docs_url(settings), new_request_id=partial(new_request_id, SystemClock()))


def _make_sandbox(state: Path | None, token: str) -> Starlette:
    clock = SystemClock()
    return create_sandbox(
        discover(), open_store(state), token=token, now=clock.now, entropy=clock.entropy, sleep=asyncio.sleep
    )


async def _run_worker(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with open_worker(settings, platform_settings(os.environ)) as services:
        await run_worker(services, stop)


@asynccontextmanager
async def _no_services() -> AsyncIterator[APIServices]:
    """For describing the API, which calls nothing."""
    raise RuntimeError("this application only describes itself")
    yield


if __name__ == "__main__":
    main()
