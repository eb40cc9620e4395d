"""`letmepost mcp`: gives an agent on this machine tools to publish."""

import asyncio
import signal
import sys
from typing import Annotated

import typer

from letmepost.cli.logs import configure_logs
from letmepost.cli.output import fail
from letmepost.cli.wiring import Wiring
from letmepost.domain.api_keys import parse

Compat = Annotated[
    bool, typer.Option("--compat", help="Also offer a tool for each operation, with the names of letmepost.dev.")
]


def add_mcp(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the command `mcp`."""

    @cli.command(epilog="Example: LETMEPOST_API_KEY=lmp_test_… letmepost mcp")
    def mcp(compat: Compat = False) -> None:  # noqa: FBT002 - a flag of the command line
        """Serve an MCP client over standard input and output. MCP clients start this command.

        LETMEPOST_API_KEY is the API key, and LETMEPOST_URL the API (by default http://127.0.0.1:8080).
        """
        if wiring.serve_mcp is None:
            fail("The MCP server is not installed. Install it: pip install 'letmepost[mcp]'")
        key = wiring.environment.get("LETMEPOST_API_KEY", "").strip()
        if not key:
            fail("LETMEPOST_API_KEY is not set. Set it to an API key; use a test key first.")
        if parse(key) is None:
            fail("LETMEPOST_API_KEY is not an API key, or a character of it is wrong. Copy it again.")
        configure_logs(as_json=not sys.stderr.isatty())
        # Ctrl-C ends the process immediately. A thread waits for standard input, so it could not end in order.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        asyncio.run(wiring.serve_mcp(key, wiring.environment.get("LETMEPOST_URL"), compat))
