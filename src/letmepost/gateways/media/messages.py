"""The protocol between the service and a media process: messages over its standard input and output.

A message is its length (4 bytes, big endian) and its body. The service sends a request. The child then asks for ranges
of the file until it sends the result:

    child    {"ready": true}                                     once, after its limits are set
    service  {"operation": "probe", "content_type": …, "size_bytes": …}
    child    {"read": [first_byte, length_bytes]}                any number of times
    service  the bytes, in a separate message
    child    {"measures": {…}} | {"unreadable": message} | {"too_complex": message}

The request `{"operation": "convert", "recipe": {…}, …}` has the result `{"converted": size_bytes}` instead of measures.
The bytes of the image follow, in messages of up to `READ_MAX_BYTES`.

The file is never on the child's disk and never completely in memory, regardless of the blob store. All other messages
are JSON. The service does not trust messages of a child, because a hostile file may control it.
"""

from dataclasses import dataclass
from typing import BinaryIO

LENGTH_BYTES = 4
REPLY_MAX_BYTES = 4096
"""The longest message that the service accepts from a child."""
READ_MAX_BYTES = 1024 * 1024
"""The longest range that a child may ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The measures of a file; None if the file does not contain them. Units as in `MediaFacts`."""

    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None
    frame_rate: float | None = None
    codec: str | None = None
    frame_count: int | None = None
    has_alpha: bool | None = None
    color_space: str | None = None
    bit_rate: int | None = None
    audio_codec: str | None = None
    audio_channels: int | None = None
    codec_profile: str | None = None
    pixel_format: str | None = None
    bit_depth: int | None = None
    dynamic_range: str | None = None
    has_variable_frame_rate: bool | None = None
    is_fast_start: bool | None = None
    audio_sample_rate_hz: int | None = None


def framed(body: bytes) -> bytes:
    """Return the message with this body."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def read_message(stream: BinaryIO) -> bytes:
    """Return the body of the next message.

    Raises:
        EOFError: the other side closed the stream.
    """
    return _exactly(stream, int.from_bytes(_exactly(stream, LENGTH_BYTES), "big"))


def _exactly(stream: BinaryIO, length_bytes: int) -> bytes:
    data = stream.read(length_bytes)
    if len(data) < length_bytes:
        raise EOFError
    return data
