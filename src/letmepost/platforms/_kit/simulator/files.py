"""Files that clients upload to a simulator: their parts, and what is kept of them."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypedDict

from letmepost.domain.received import Checksum, Received
from letmepost.platforms._kit.simulator.wire import boundary_of, multipart_fields
from letmepost.platforms.simulation import SimulatedCall, SimulatedMedia, SimulatedReply

KEPT_MAX_BYTES = 20 * 1024 * 1024
"""Of larger files only the checksum is kept."""

Stored: TypeAlias = Mapping[str, bytes | None]
"""A value for `SimulatedReply.stored`."""


class StoredFile(TypedDict):
    """A file, or the part of it that has arrived. `checksum` has hexadecimal digits.

    `parts` are the names of the stored bytes in their order; None if the file is too large to be kept.
    """

    size_bytes: int
    checksum: str
    parts: list[str] | None


def no_bytes() -> StoredFile:
    """Return a file without bytes."""
    return StoredFile(size_bytes=0, checksum=str(Checksum()), parts=[])


def without_bytes(received: Received) -> StoredFile:
    """Return a file whose bytes are not kept."""
    return StoredFile(size_bytes=received.size_bytes, checksum=str(received.checksum), parts=None)


def keep_part(received: Received, name: str, total_bytes: int) -> tuple[StoredFile, Stored]:
    """Return a part of a file, and the changes of stored bytes for the reply. It is kept if the whole file will be.

    Args:
        name: as in `append_part`.
        total_bytes: the announced size of the whole file.
    """
    return (without_bytes(received), {}) if total_bytes > KEPT_MAX_BYTES else append_part(no_bytes(), received, name)


def append_part(file: StoredFile, received: Received, name: str) -> tuple[StoredFile, Stored]:
    """Return a file with more bytes at its end, and the changes of stored bytes for the reply.

    Args:
        name: the name of the bytes, unique in the state of the platform.
    """
    parts = None if received.content is None else [name]
    part = StoredFile(size_bytes=received.size_bytes, checksum=str(received.checksum), parts=parts)
    joined, _ = join_parts((file, part))
    return joined, dict.fromkeys(file["parts"] or ()) if joined["parts"] is None else {name: received.content}


def join_parts(parts: Iterable[StoredFile]) -> tuple[StoredFile, Stored]:
    """Return the file that consists of these parts in this order, and the changes of stored bytes for the reply."""
    given = list(parts)
    total = Checksum()
    for part in given:
        total = total.followed_by(checksum_of(part))
    names = [name for part in given for name in part["parts"] or ()]
    is_kept = total.size_bytes <= KEPT_MAX_BYTES and all(part["parts"] is not None for part in given)
    file = StoredFile(size_bytes=total.size_bytes, checksum=str(total), parts=names if is_kept else None)
    return file, {} if is_kept else dict.fromkeys(names)


def checksum_of(file: StoredFile) -> Checksum:
    """Return the checksum of a file."""
    return Checksum(file["size_bytes"], int(file["checksum"], 16))


def shown(file: StoredFile) -> dict[str, int | str]:
    """Return what the record of a post shows of a file."""
    return {"sizeBytes": file["size_bytes"], "checksum": file["checksum"]}


def as_media(kind: str, file: StoredFile | None, description: str | None = None) -> SimulatedMedia:
    """Return a media item for the page of its post. `file` is None if the network fetches its bytes."""
    if file is None:
        return SimulatedMedia(kind=kind, description=description)
    return SimulatedMedia(
        kind=kind,
        description=description,
        parts=file["parts"] or (),
        size_bytes=file["size_bytes"],
        checksum=file["checksum"],
    )


def file_reply(file: StoredFile, content_type: str) -> SimulatedReply | None:
    """Return a response with the bytes of a file; None if they are not kept."""
    if file["parts"] is None:
        return None
    return SimulatedReply(status=200, headers={"content-type": content_type}, files=tuple(file["parts"]))


def file_in_form(call: SimulatedCall, field: str) -> tuple[dict[str, str], Received] | None:
    """Return the text fields of a multipart form, and its file; None if it is not a complete form with this file.

    If the form is too large to be kept in memory, the file must be its last field.
    """
    boundary = boundary_of(call)
    if boundary is None:
        return None
    if call.received.content is None:
        return _large_file_in_form(call.received, boundary, field)
    fields = dict(multipart_fields(call.received.content, boundary) or ())
    content = fields.pop(field, None)
    return None if content is None else (_texts(fields), Received.of(content))


def _large_file_in_form(received: Received, boundary: bytes, field: str) -> tuple[dict[str, str], Received] | None:
    end = b"\r\n--" + boundary + b"--"
    name, tail = received.first.find(b'name="' + field.encode() + b'"'), received.last.rfind(end)
    start = received.first.find(b"\r\n\r\n", name)
    if name < 0 or start < 0 or tail < 0:
        return None
    before, after = received.first[: start + 4], received.last[tail:]
    fields = dict(multipart_fields(before + end, boundary) or ())
    checksum = received.checksum.between(Checksum.of(before), Checksum.of(after))
    file = Received(
        checksum=checksum,
        sha256=None,
        first=received.first[len(before) :][: checksum.size_bytes],
        last=received.last[max(tail - checksum.size_bytes, 0) : tail],
        content=None,
    )
    return None if fields.pop(field, None) is None else (_texts(fields), file)


def _texts(fields: Mapping[str, bytes]) -> dict[str, str]:
    return {name: content.decode("utf-8", "replace") for name, content in fields.items()}
