"""Public ids: a prefix and a UUIDv7 in the ULID alphabet.

The database stores the UUID (16 bytes, time-ordered, so that inserts are at the end of an index). Callers see 26
characters, case-insensitive, without look-alike letters.

Sources: RFC 9562 section 5.7 for UUIDv7; github.com/ulid/spec for the alphabet (both read 2026-11-21).
"""

from enum import StrEnum
from functools import lru_cache
from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_VALUES = {spelling: value for value, letter in enumerate(_ALPHABET) for spelling in (letter, letter.lower())}
_LENGTH_CHARS = 26
_ENTROPY_BYTES = 10


class Prefix(StrEnum):
    """The type of an id. The prefix is part of the id: `post_…` is never accepted instead of `batch_…`."""

    ORGANIZATION = "org"
    PROFILE = "prof"
    ACCOUNT = "acc"
    BATCH = "batch"
    POST = "post"
    ATTEMPT = "att"
    MEDIA = "med"
    API_KEY = "key"
    ENDPOINT = "whe"
    EVENT = "evt"
    DELIVERY = "dlv"
    CONNECT_SESSION = "cs"
    REQUEST = "req"


class MalformedIdError(ValueError):
    """The text is not an id of the expected type."""


def uuid7(now_ms: int, entropy: bytes) -> UUID:
    """Return a UUIDv7 of a Unix time in milliseconds and at least 10 random bytes."""
    if len(entropy) < _ENTROPY_BYTES:
        message = f"a UUIDv7 takes {_ENTROPY_BYTES} random bytes, got {len(entropy)}"
        raise ValueError(message)
    random_a = int.from_bytes(entropy[:2]) & 0x0FFF
    random_b = int.from_bytes(entropy[2:10]) & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=(now_ms & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | random_a << 64 | 0b10 << 62 | random_b)


@lru_cache(maxsize=4096)  # a list repeats the ids of few accounts, profiles and batches
def format_id(prefix: Prefix, value: UUID) -> str:
    """Return the public id of a UUID, e.g. `post_01JD…`."""
    number = value.int
    pairs = [_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)]  # responses contain many ids
    return f"{prefix}_{''.join(pairs)}"


def format_id_if_given(prefix: Prefix, value: UUID | None) -> str | None:
    """Return the public id of a UUID; None for None."""
    return None if value is None else format_id(prefix, value)


def parse_id(prefix: Prefix, text: str) -> UUID:
    """Return the UUID of a public id.

    Raises:
        MalformedIdError: wrong prefix, wrong length, a letter outside the alphabet, or a value over 128 bits.
    """
    head, _, letters = text.rpartition("_")
    if head != prefix or len(letters) != _LENGTH_CHARS:
        raise MalformedIdError(text)
    number = 0
    for letter in letters:
        value = _VALUES.get(letter)
        if value is None:
            raise MalformedIdError(text)
        number = number << 5 | value
    if number >> 128:
        raise MalformedIdError(text)
    return UUID(int=number)
