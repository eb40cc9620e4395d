"""A server without power or network does not close its connections: it is silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from letmepost.storage.database import open_database
from tests.database import DatabaseURLs

SELECT_ONE = text("SELECT 1")


@dataclass
class Wire:
    """The connection to the server. Once cut, it discards all data and closes nothing."""

    url: str = ""
    is_cut: bool = False

    async def carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if not self.is_cut:
                sink.write(data)
        sink.close()


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[Wire]:
    server_url, wire = make_url(url), Wire()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(server_url.host, server_url.port)
        await asyncio.gather(wire.carry(reader, back), wire.carry(there, writer), return_exceptions=True)

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    wire.url = server_url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    yield wire
    listener.close()


async def test_unanswered_statement_ends_and_takes_no_place(database_urls: DatabaseURLs) -> None:
    async with wire_to(database_urls.login) as wire:
        database = open_database(wire.url, pool_size=1, statement_max_s=0.2)

        async def ask(*, cut: bool) -> None:
            async with database.sweep() as connection:
                wire.is_cut = cut
                assert await connection.scalar(SELECT_ONE) == 1

        await ask(cut=False)
        with pytest.raises(TimeoutError):
            await ask(cut=True)
        wire.is_cut = False
        await ask(cut=False)
        await database.close()
