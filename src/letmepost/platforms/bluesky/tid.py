"""Record keys and creation dates. They derive from the revision's frozen moment, so every run sends the same."""

from datetime import UTC, datetime, timedelta

from letmepost.domain.flow import Frozen

# A 64-bit number in this base 32: the top bit is 0, 53 bits are microseconds since 1970, and 10 bits distinguish the
# clocks that write in the same microsecond. https://github.com/bluesky-social/atproto packages/common-web/src/tid.ts
# and interop-test-files/syntax (read 2026-11-21)
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_LENGTH_CHARS = 13
_CLOCK_BITS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tid(frozen: Frozen, index: int) -> str:
    """Return the record key of the `index`-th record of a revision. Later records sort after earlier ones."""
    microseconds = (frozen.at - _EPOCH) // timedelta(microseconds=1) + index
    clock = int.from_bytes(frozen.entropy[:2]) & ((1 << _CLOCK_BITS) - 1)
    value = microseconds << _CLOCK_BITS | clock
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(_LENGTH_CHARS)))


def created_at(frozen: Frozen, index: int) -> str:
    """Return the creation date of the `index`-th record. Clients sort a thread by date, so dates differ by 1 ms."""
    moment = frozen.at.astimezone(UTC) + timedelta(milliseconds=index)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
