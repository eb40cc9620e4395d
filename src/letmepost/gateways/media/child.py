"""A media process: parses one untrusted file after another, within limits. `probes` starts it.

It imports little, so that it starts fast, and all of it before the first file. It has no secrets: its environment
contains none, and it inherits no descriptors except its pipes. It ends with the pipe, and so with its parent.
"""

import io
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, BinaryIO

from letmepost.domain.fitting.recipe import Recipe
from letmepost.gateways.media.conversion import convert_image
from letmepost.gateways.media.images import measure_image
from letmepost.gateways.media.messages import READ_MAX_BYTES, Measures, framed, read_message
from letmepost.gateways.media.movies import measure_movie
from letmepost.gateways.media.sniffing import IMAGE_TYPES, TooComplexMediaError, UnreadableMediaError

_BUFFER_BYTES = 256 * 1024
_MOVIE_READ_MAX_BYTES = 128 * 1024 * 1024
"""Per file. The header of an hour of video takes a few MiB and is read twice; the first picture takes a few more."""
_DESCRIPTORS_MAX = 16


def main(memory_bytes: int, cpu_s: int) -> None:
    """Answer requests until the service closes the pipe. The limits are for this process, `cpu_s` for each file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service ends this process
    # macOS accepts RLIMIT_AS without enforcing it: there, only CPU and wall time are limited.
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_NOFILE, _DESCRIPTORS_MAX)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # keeps the output of libraries out of the messages
    _send(replies, {"ready": True})
    while True:
        request = json.loads(read_message(requests))
        _limit_cpu(cpu_s)
        _answer(request, RemoteFile(requests, replies, request["size_bytes"]), replies)


class RemoteFile(io.RawIOBase):
    """The file of a request, read through the pipe."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO, size_bytes: int) -> None:
        self._requests = requests
        self._replies = replies
        self._size_bytes = size_bytes
        self._position = 0
        self.left_bytes: int | None = None
        """How much more may be read; None for no limit. At the limit, the file appears to end."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size_bytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        length_bytes = min(len(buffer), max(0, self._size_bytes - self._position), READ_MAX_BYTES)
        if self.left_bytes is not None:
            length_bytes = min(length_bytes, self.left_bytes)
            self.left_bytes -= length_bytes
        if length_bytes:
            _send(self._replies, {"read": [self._position, length_bytes]})
            buffer[:length_bytes] = read_message(self._requests)
            self._position += length_bytes
        return length_bytes


def _answer(request: Mapping[str, Any], file: RemoteFile, replies: BinaryIO) -> None:
    data, result = b"", dict[str, Any]()
    try:
        if request["operation"] == "probe":
            result = {"measures": asdict(_measure(request["content_type"], file, request["size_bytes"]))}
        else:
            data = _convert(request, file)
            result = {"converted": len(data)}
    except MemoryError:
        result = {"too_complex": "The file needs more memory than one file may use."}
    except TooComplexMediaError as error:
        result = {"too_complex": str(error)}
    except UnreadableMediaError as error:
        result = {"unreadable": str(error)}
    _send(replies, result)
    starts = range(0, len(data), READ_MAX_BYTES)
    replies.writelines(framed(data[start : start + READ_MAX_BYTES]) for start in starts)
    replies.flush()


def _convert(request: Mapping[str, Any], file: RemoteFile) -> bytes:
    recipe = Recipe.decode(request["recipe"])
    return convert_image(request["content_type"], io.BufferedReader(file, _BUFFER_BYTES), request["size_bytes"], recipe)


def _measure(content_type: str, file: RemoteFile, size_bytes: int) -> Measures:
    if content_type in IMAGE_TYPES:
        return measure_image(content_type, io.BufferedReader(file, _BUFFER_BYTES), size_bytes)
    file.left_bytes = _MOVIE_READ_MAX_BYTES
    return measure_movie(content_type, io.BufferedReader(file, _BUFFER_BYTES), size_bytes)


def _limit(kind: int, value: int) -> None:
    """Set a limit permanently, or keep the limit of the system if it is lower."""
    _, hard = resource.getrlimit(kind)
    lower = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (lower, lower))


def _limit_cpu(cpu_s: int) -> None:
    """Let the kernel end this process after this much more CPU time."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used_s = int(usage.ru_utime + usage.ru_stime) + 1
    _, hard_s = resource.getrlimit(resource.RLIMIT_CPU)
    limit_s = used_s + cpu_s if hard_s == resource.RLIM_INFINITY else min(used_s + cpu_s, hard_s)
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, hard_s))


def _send(replies: BinaryIO, message: Mapping[str, Any]) -> None:
    replies.write(framed(json.dumps(message).encode()))
    replies.flush()


if __name__ == "__main__":
    try:
        main(memory_bytes=int(sys.argv[1]), cpu_s=int(sys.argv[2]))
    except (EOFError, BrokenPipeError):
        sys.stderr.close()
        raise SystemExit from None
