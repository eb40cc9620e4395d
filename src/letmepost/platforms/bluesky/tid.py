"""Record keys and creation dates: from a revision's frozen moment, so that every run asks for the same."""

from datetime import UTC, datetime, timedelta

from letmepost.domain.flow import Frozen

# A 64-bit number in this base 32: the top bit is 0, 53 bits are microseconds since 1970, and 10 bits tell
# apart the clocks that write in the same microsecond. https://github.com/bluesky-social/atproto
# packages/common-web/src/tid.ts and interop-test-files/syntax (read 2026-11-21)
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_LENGTH_CHARS = 13
_CLOCK_BITS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tid(frozen: Frozen, index: int) -> str:
    """The record key of the `index`-th record of a revision; later ones sort after earlier ones."""
    microseconds = (frozen.at - _EPOCH) // timedelta(microseconds=1) + index
    clock = int.from_bytes(frozen.entropy[:2]) & ((1 << _CLOCK_BITS) - 1)
    value = microseconds << _CLOCK_BITS | clock
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(_LENGTH_CHARS)))


def created_at(frozen: Frozen, index: int) -> str:
    """The creation date of the `index`-th record; a millisecond apart, since clients sort a thread by it."""
    moment = frozen.at.astimezone(UTC) + timedelta(milliseconds=index)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
