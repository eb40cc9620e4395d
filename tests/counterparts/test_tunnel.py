"""No client can reach anything but the simulator."""

import asyncio
import ssl

import httpx2
import pytest

from tests.counterparts.conftest import OpenStage
from tests.counterparts.tunnel import tunnel
from tests.doubles.waiting import PATIENCE_S


async def asked(proxy_url: str, request: str) -> bytes:
    """Return the first line of a proxy's response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx2.URL(proxy_url).port)
    writer.write(f"{request} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line


@pytest.mark.parametrize(
    "request_line",
    ["CONNECT example.org:443", "CONNECT known.test:80", "CONNECT 127.0.0.1:443", "GET http://known.test/"],
)
async def test_connection_to_another_host_or_port_is_refused(request_line: str) -> None:
    async with tunnel(("known.test",), 9) as proxy_url:
        assert await asked(proxy_url, request_line) == b"HTTP/1.1 403 Forbidden\r\n"


async def test_hosts_of_a_platform_lead_to_its_simulator(open_stage: OpenStage) -> None:
    async with open_stage("bluesky", "tunnel", "pds.test") as stage:
        trusted = ssl.create_default_context(cafile=stage.environment["SSL_CERT_FILE"])
        proxy = stage.environment["HTTPS_PROXY"]
        async with httpx2.AsyncClient(proxy=proxy, verify=trusted, timeout=PATIENCE_S) as http:
            reply = await http.get("https://pds.test/xrpc/com.atproto.server.describeServer")
            assert reply.json()["did"] == "did:web:pds.test"
            with pytest.raises(httpx2.ProxyError):
                await http.get("https://example.org/")
