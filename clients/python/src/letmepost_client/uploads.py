"""How files are uploaded."""

import mimetypes
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from io import SEEK_END, BytesIO, TextIOBase
from pathlib import Path
from typing import BinaryIO, TypeAlias

from letmepost_client.core import Core
from letmepost_client.encoding import body_of, path_of
from letmepost_client.errors import ApiError
from letmepost_client.flow import FileContent, Flow, Progress, Send
from letmepost_client.models.media import Media, MediaUpload

Source: TypeAlias = str | os.PathLike[str] | BinaryIO | bytes | bytearray | memoryview

FORM_MAX_BYTES = 8 * 1024 * 1024
"""A larger file is sent to an upload URL, which may be that of the blob store, and may take up to 4 GiB."""

_USED = 409
_ANY_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSource:
    """A file that is ready to be sent."""

    file: BinaryIO
    start: int
    size_bytes: int
    filename: str
    content_type: str
    progress: Progress | None
    close: Callable[[], None]

    def content(self, prefix: bytes = b"", suffix: bytes = b"") -> FileContent:
        return FileContent(
            file=self.file,
            start=self.start,
            size_bytes=self.size_bytes,
            prefix=prefix,
            suffix=suffix,
            progress=self.progress,
        )


def open_source(
    source: Source, filename: str | None, content_type: str | None, progress: Progress | None
) -> OpenSource:
    """Open a path, or prepare a file or bytes. A file is sent from its current position, and is not closed.

    Raises:
        OSError: the file cannot be read.
        TypeError: the file is open in text mode.
        ValueError: there is nothing to send.
    """
    with ExitStack() as opened:
        if isinstance(source, bytes | bytearray | memoryview):
            file: BinaryIO = BytesIO(source)
        elif isinstance(source, str | os.PathLike):
            file = opened.enter_context(Path(source).open("rb"))
        else:
            file = source
        if isinstance(file, TextIOBase):
            raise TypeError("Open the file in binary mode.")
        start = file.tell()
        size_bytes = file.seek(0, SEEK_END) - start
        name = filename or Path(str(getattr(file, "name", None) or "file")).name
        if size_bytes <= 0:
            raise ValueError(f"The file {name} is empty.")
        return OpenSource(
            file=file,
            start=start,
            size_bytes=size_bytes,
            filename=name,
            content_type=content_type or mimetypes.guess_type(name)[0] or _ANY_TYPE,
            progress=progress,
            close=opened.pop_all().close,
        )


def upload(core: Core, source: OpenSource, profile_id: str | None, idempotency_key: str | None) -> Flow[Media]:
    """Upload a file in the way that suits its size; return the media item."""
    if source.size_bytes <= FORM_MAX_BYTES:
        return (yield from _send_form(core, source, profile_id, idempotency_key))
    return (yield from _send_to_url(core, source, profile_id, idempotency_key))


def _send_form(core: Core, source: OpenSource, profile_id: str | None, idempotency_key: str | None) -> Flow[Media]:
    """Send a file as the form field `file`. https://www.rfc-editor.org/rfc/rfc7578, checked 2026-11-29."""
    boundary = core.timing.new_key()
    name = source.filename.translate({ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"})
    prefix = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {source.content_type}\r\n\r\n"
    )
    return core.call(
        "POST",
        "/v1/media",
        Media,
        query={"profile_id": profile_id},
        content=source.content(prefix.encode(), f"\r\n--{boundary}--\r\n".encode()),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        idempotency_key=idempotency_key,
    )


def _send_to_url(core: Core, source: OpenSource, profile_id: str | None, idempotency_key: str | None) -> Flow[Media]:
    """Start an upload, send the bytes to its URL, and complete it."""
    started = yield from start_upload(
        core,
        filename=source.filename,
        content_type=source.content_type,
        size_bytes=source.size_bytes,
        profile_id=profile_id,
        idempotency_key=idempotency_key,
    )
    address = started.upload
    # The URL is signed, so the API key is not sent: the bytes may go to another server.
    put = Send(
        method=address.method,
        url=address.url,
        timeout_s=core.timeout_s,
        headers=address.headers,
        content=source.content(),
    )
    try:
        yield from core.retry.exchange(put)
    except ApiError as error:
        # After a lost response, the URL has been used. Completing the upload returns what the server received.
        if error.status != _USED:
            raise
    return (yield from complete_upload(core, started.id))


def start_upload(
    core: Core,
    *,
    filename: str,
    content_type: str,
    size_bytes: int,
    profile_id: str | None,
    idempotency_key: str | None,
) -> Flow[MediaUpload]:
    """Return a new media item, with the URL for its bytes."""
    wanted = {
        "filename": filename,
        "content_type": content_type,
        "size_bytes": size_bytes,
        "profile_id": profile_id,
    }
    return core.call("POST", "/v1/media/uploads", MediaUpload, body=body_of(wanted), idempotency_key=idempotency_key)


def complete_upload(core: Core, media_id: str, idempotency_key: str | None = None) -> Flow[Media]:
    """Complete an upload; return the media item."""
    return core.call("POST", path_of("/v1/media/{}/complete", media_id), Media, idempotency_key=idempotency_key)
