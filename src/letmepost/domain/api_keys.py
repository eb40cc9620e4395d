"""The form of an API key: `lmp_live_` or `lmp_test_`, 32 random characters, 6 of checksum.

The checksum lets a typing error be refused without a query, and lets a secret scanner verify a leak offline.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from zlib import crc32

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARS = 32
_CHECKSUM_CHARS = 6
ENTROPY_BYTES = 2 * _RANDOM_CHARS


class Mode(StrEnum):
    """Test and live are separate worlds; a key opens one of them."""

    TEST = "test"
    LIVE = "live"

    @property
    def key_prefix(self) -> str:
        """What keys of this mode start with."""
        return f"lmp_{self}_"


class Scope(StrEnum):
    """What a key may do."""

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
    """A well-formed key. Whether it exists, only the database knows."""

    text: str = field(repr=False)
    mode: Mode


def mint(mode: Mode, entropy: bytes) -> str:
    """A new key from at least 64 random bytes (taken two at a time, so that no letter is favoured noticeably)."""
    if len(entropy) < ENTROPY_BYTES:
        raise ValueError(f"an API key takes {ENTROPY_BYTES} random bytes, got {len(entropy)}")
    pairs = (int.from_bytes(entropy[i : i + 2]) for i in range(0, ENTROPY_BYTES, 2))
    head = mode.key_prefix + "".join(_BASE62[pair % 62] for pair in pairs)
    return head + _checksum(head)


def parse(text: str) -> ParsedKey | None:
    """The key, or None when its form or its checksum is wrong."""
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
