"""Files behind URLs whose server does not send what it announces. Only complete files are stored."""

import gzip
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import InvalidRequest, SendFailure
from letmepost.gateways.blobs import DiskBlobStore
from letmepost.gateways.http_client import HTTPClient
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.fitting import ImageFitting
from letmepost.services.media.library import MediaLibrary
from letmepost.services.work import UnitsOfWork
from letmepost.storage.database import Tenant, open_database
from tests.doubles.probing import convert_here, probe_here
from tests.gateways.movies import header_first, movie
from tests.gateways.support import Connection, serving
from tests.http.support import png
from tests.storage.support import CLOCK, KEYRING, NoHints

PICTURE = png()
FILM = header_first(movie())
NAME = "med_1"
TENANT = Tenant(UUID(int=1), Mode.TEST)


@pytest.fixture
def fetching(http: HTTPClient, tmp_path: Path) -> MediaFetching:
    """Return an importer without a database, which it needs only to record media items."""
    units = UnitsOfWork(open_database("postgresql://nowhere", pool_size=1), KEYRING, CLOCK, NoHints())
    library = MediaLibrary(units=units, blobs=DiskBlobStore(tmp_path), probe=probe_here, kept_for=timedelta(days=30))
    fitting = ImageFitting(library, convert_here)
    return MediaFetching(units=units, library=library, fitting=fitting, direct=None, http=http)


def files(directory: Path) -> list[bytes]:
    return [path.read_bytes() for path in directory.rglob("*") if path.is_file()]


def answering(reply: bytes) -> Callable[[Connection], Awaitable[None]]:
    """Return a handler that sends the bytes of a reply, and closes the connection."""

    async def handler(connection: Connection) -> None:
        received = await connection.receive()
        assert received.headers["accept-encoding"] == "identity"
        assert "range" not in received.headers
        await connection.send(reply)

    return handler


def reply(body: bytes, status: str = "200 OK", **headers: object) -> bytes:
    """Return a reply without Content-Length, unless it is among the headers."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"HTTP/1.1 {status}\r\nConnection: close\r\n{''.join(lines)}\r\n".encode() + body


@pytest.mark.parametrize(
    "sent",
    [
        reply(PICTURE, content_length=len(PICTURE)),
        reply(PICTURE),
        reply(gzip.compress(PICTURE), content_encoding="gzip"),
        reply(gzip.compress(PICTURE), content_encoding="gzip", content_length=len(gzip.compress(PICTURE, mtime=0))),
    ],
    ids=["length", "no-length", "gzip", "gzip-length"],
)
async def test_file_is_stored_as_it_is_without_the_encoding_of_the_reply(
    fetching: MediaFetching, tmp_path: Path, sent: bytes
) -> None:
    async with serving(answering(sent)) as server:
        stored = await fetching.download(TENANT, NAME, server.url)
    assert stored.facts.size_bytes == len(PICTURE)
    assert files(tmp_path) == [PICTURE]


@pytest.mark.parametrize(
    "sent",
    [
        reply(FILM[:-1], content_length=len(FILM)),
        reply(FILM[:100], content_length=len(FILM)),
        reply(FILM, content_length=len(FILM) - 9),
        reply(gzip.compress(FILM)[:-9], content_encoding="gzip"),
        reply(gzip.compress(FILM)[:-9], content_encoding="gzip", content_length=len(gzip.compress(FILM))),
        reply(FILM, content_encoding="br"),
        reply(FILM, content_encoding="gzip"),
    ],
    ids=[
        "one-byte-short",
        "short",
        "longer-than-announced",
        "gzip-short",
        "gzip-shorter-than-announced",
        "brotli",
        "not-gzip",
    ],
)
async def test_interrupted_download_is_retried_and_leaves_no_file(
    fetching: MediaFetching, tmp_path: Path, sent: bytes
) -> None:
    async with serving(answering(sent)) as server:
        with pytest.raises(SendFailure):
            await fetching.download(TENANT, NAME, server.url)
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        (reply(PICTURE[:-9], content_length=len(PICTURE) - 9), "media.unreadable"),
        (reply(FILM[:-9], content_length=len(FILM) - 9), "media.unreadable"),
        (reply(FILM[:-9]), "media.unreadable"),
        (reply(gzip.compress(FILM)), "media.unreadable"),
        (reply(b"", content_length=0), "media.empty_body"),
        (reply(FILM, "206 Partial Content", content_length=len(FILM)), "media.url.unreachable"),
    ],
    ids=["picture-cut", "film-cut", "no-length", "gzip-file", "empty", "part"],
)
async def test_file_that_is_not_whole_is_rejected_and_leaves_no_file(
    fetching: MediaFetching, tmp_path: Path, sent: bytes, rule: str
) -> None:
    async with serving(answering(sent)) as server:
        with pytest.raises(InvalidRequest) as rejected:
            await fetching.download(TENANT, NAME, server.url)
    assert rejected.value.rule == rule
    assert files(tmp_path) == []
