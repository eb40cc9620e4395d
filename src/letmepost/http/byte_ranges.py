"""Selects the part of a file that a request asks for (RFC 9110 sections 13 and 14, checked 2026-11-29)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Selection:
    """The response to a request for a file: its status, and the bytes from `first_byte` to before `end`."""

    status: int
    first_byte: int = 0
    end: int = 0

    def headers(self, size_bytes: int) -> Mapping[str, str]:
        """Return the headers that describe the body. `size_bytes`: of the whole file."""
        if self.status == 416:
            return {"content-range": f"bytes */{size_bytes}"}
        length = {} if self.status == 304 else {"content-length": str(self.end - self.first_byte)}
        if self.status == 206:
            return {**length, "content-range": f"bytes {self.first_byte}-{self.end - 1}/{size_bytes}"}
        return length


def select_bytes(headers: Mapping[str, str], *, etag: str, size_bytes: int) -> Selection:
    """Return the selection of a GET. A range that is malformed or of another version selects the whole file.

    Args:
        headers: of the request.
        etag: the strong validator of the file, in quotes.
        size_bytes: of the file, at least 1.
    """
    if _is_known(headers.get("if-none-match"), etag):
        return Selection(304)
    found = _RANGE.fullmatch(headers.get("range", "").strip())
    is_current = headers.get("if-range", etag).strip() == etag
    if found is None or not is_current:
        return Selection(200, 0, size_bytes)
    return _within(*found.groups(), size_bytes=size_bytes)


def _within(first: str, last: str, *, size_bytes: int) -> Selection:
    if not first and not last:
        return Selection(200, 0, size_bytes)
    if not first:
        return Selection(206, max(0, size_bytes - int(last)), size_bytes) if int(last) else Selection(416)
    if last and int(last) < int(first):
        return Selection(200, 0, size_bytes)
    if int(first) >= size_bytes:
        return Selection(416)
    return Selection(206, int(first), min(int(last) + 1, size_bytes) if last else size_bytes)


def _is_known(if_none_match: str | None, etag: str) -> bool:
    """Return True if the client has this version of the file."""
    known = [] if if_none_match is None else [value.strip().removeprefix("W/") for value in if_none_match.split(",")]
    return etag in known or "*" in known
