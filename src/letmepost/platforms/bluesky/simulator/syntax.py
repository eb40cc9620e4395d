"""The syntax of the AT Protocol: TIDs, content ids, and the formats of lexicons."""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

_TID_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_TID = re.compile(r"[234567abcdefghij][234567a-z]{12}")
_DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")
_HANDLE = re.compile(r"([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_NSID = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*(\.[a-zA-Z0-9-]+)+\.[a-zA-Z][a-zA-Z0-9]*")
_RECORD_KEY = re.compile(r"(?!\.\.?$)[a-zA-Z0-9._:~-]{1,512}")
_CID = re.compile(r"[a-zA-Z0-9+=]{8,256}")
_AT_URI = re.compile(r"at://[a-zA-Z0-9._:%-]+(/[a-zA-Z0-9.-]+(/[a-zA-Z0-9._:~-]+)?)?")
_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+")
_LANGUAGE = re.compile(
    r"([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?"
    r"(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[0-9A-WYZa-wyz](-[A-Za-z0-9]{2,8})+)*(-[xX](-[A-Za-z0-9]{1,8})+)?"
    r"|[xX](-[A-Za-z0-9]{1,8})+"
)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# CIDv1 headers: version 1, the codec, sha2-256, 32 bytes.
_RAW = b"\x01\x55\x12\x20"
_DAG_CBOR = b"\x01\x71\x12\x20"


def is_tid(text: str) -> bool:
    """Return True for a TID: 13 letters that sort like the time that they encode."""
    return _TID.fullmatch(text) is not None


def is_did(text: str) -> bool:
    """Return True for `did:method:id`."""
    return _DID.fullmatch(text) is not None


def is_handle(text: str) -> bool:
    """Return True for the form of a handle: a domain name with two or more labels."""
    return _HANDLE.fullmatch(text) is not None


def is_nsid(text: str) -> bool:
    """Return True for the name of a collection."""
    return _NSID.fullmatch(text) is not None


def is_record_key(text: str) -> bool:
    """Return True for a key of a record, unless the lexicon requires a TID."""
    return _RECORD_KEY.fullmatch(text) is not None


def is_cid(text: str) -> bool:
    """Return True for a content id."""
    return _CID.fullmatch(text) is not None


def is_at_uri(text: str) -> bool:
    """Return True for `at://repository/collection/key`."""
    return _AT_URI.fullmatch(text) is not None


def is_uri(text: str) -> bool:
    """Return True for a scheme, a colon and no white space."""
    return _URI.fullmatch(text) is not None


def is_language(text: str) -> bool:
    """Return True for the form of a BCP 47 tag, except the few irregular old ones (`i-klingon`)."""
    return _LANGUAGE.fullmatch(text) is not None


def is_datetime(text: str) -> bool:
    """Return True for an RFC 3339 date with a time zone, of a day that exists."""
    if _DATETIME.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True


def tid(now: datetime, clock_id: int = 0, *, after: str | None = None) -> str:
    """Return the TID of a moment, or the next one after `after` if that is not earlier.

    Args:
        clock_id: 10 bits that distinguish writers at the same moment.
    """
    microseconds = (now - _EPOCH) // timedelta(microseconds=1)
    if after is not None:
        microseconds = max(microseconds, _microseconds(after) + 1)
    number = (microseconds & (1 << 53) - 1) << 10 | clock_id & 0x3FF
    return "".join(_TID_LETTERS[number >> shift & 31] for shift in range(60, -1, -5))


def _microseconds(spelled: str) -> int:
    number = 0
    for letter in spelled:
        number = number << 5 | _TID_LETTERS.index(letter)
    return number >> 10


def blob_cid(digest: bytes) -> str:
    """Return the content id of a blob, from its SHA-256: the real one, since a blob's codec is its raw bytes."""
    return _encode(_RAW + digest)


def content_cid(value: Mapping[str, Any]) -> str:
    """Return a content id of a record: equal for equal content, and in the right form.

    It differs from the one of a real server, which hashes DAG-CBOR; this hashes canonical JSON. A client that computes
    ids, instead of using those in the responses, would get others here.
    """
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return _encode(_DAG_CBOR + sha256(canonical).digest())


def _encode(data: bytes) -> str:
    return "b" + base64.b32encode(data).decode().lower().rstrip("=")
