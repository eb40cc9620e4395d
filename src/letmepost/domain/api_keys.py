"""The format of an API key: `lmp_live_` or `lmp_test_`, 32 random characters, 6 characters of checksum.

The checksum rejects a mistyped key without a query, and allows a secret scanner to verify a leak offline.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from zlib import crc32

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARS = 32
_CHECKSUM_CHARS = 6
ENTROPY_BYTES = 2 * _RANDOM_CHARS


class Mode(StrEnum):
    """The mode of a key. Test and live data are separate, and a key has access to one of them."""

    TEST = "test"
    LIVE = "live"

    @property
    def key_prefix(self) -> str:
        """Return the prefix of keys of this mode."""
        return f"lmp_{self}_"


class Scope(StrEnum):
    """A right of a key."""

    POSTS_READ = "posts:read"
    POSTS_WRITE = "posts:write"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    MEDIA_READ = "media:read"
    MEDIA_WRITE = "media:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    EVENTS_READ = "events:read"


EVERY_SCOPE = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """A well-formed key. It may not exist in the database."""

    text: str = field(repr=False)
    mode: Mode


def mint(mode: Mode, entropy: bytes) -> str:
    """Return a new key from at least 64 random bytes. Two are used per character, so all letters are equally likely."""
    if len(entropy) < ENTROPY_BYTES:
        raise ValueError(f"an API key takes {ENTROPY_BYTES} random bytes, got {len(entropy)}")
    pairs = (int.from_bytes(entropy[i : i + 2]) for i in range(0, ENTROPY_BYTES, 2))
    head = mode.key_prefix + "".join(_BASE62[pair % 62] for pair in pairs)
    return head + _checksum(head)


def parse(text: str) -> ParsedKey | None:
    """Return the key; None if its format or its checksum is wrong."""
    for mode in Mode:
        if text.startswith(mode.key_prefix):
            body = text[len(mode.key_prefix) :]
            if len(body) != _RANDOM_CHARS + _CHECKSUM_CHARS or not body.isascii() or not body.isalnum():
                return None
            return ParsedKey(text, mode) if _checksum(text[:-_CHECKSUM_CHARS]) == text[-_CHECKSUM_CHARS:] else None
    return None


def _checksum(head: str) -> str:
    number = crc32(head.encode())
    letters = []
    for _ in range(_CHECKSUM_CHARS):
        number, digit = divmod(number, 62)
        letters.append(_BASE62[digit])
    return "".join(reversed(letters))
