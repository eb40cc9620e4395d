"""The server over standard input and output."""

from letmepost_client import AsyncClient
from mcp.server.stdio import stdio_server

from letmepost.mcp.server import create_server
from letmepost.mcp.session import Session, mode_of


async def serve_stdio(api_key: str, base_url: str | None, *, has_api_tools: bool) -> None:
    """Serve one client until it closes standard input.

    Args:
        base_url: the API; by default that of the Python client.
        has_api_tools: True adds a tool for each operation of the API.

    Raises:
        ValueError: it is not an API key.
    """
    mode = mode_of(api_key)
    # The agent repeats a call if it chooses to: retries here could take longer than its client waits.
    async with AsyncClient(api_key, base_url, max_retries=0) as client, stdio_server() as (received, sent):
        session = Session(client=client, mode=mode, has_api_tools=has_api_tools)
        server = create_server(lambda _: session)
        await server.run(received, sent, server.create_initialization_options())
