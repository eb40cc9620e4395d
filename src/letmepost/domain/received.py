"""The bodies of requests to simulators, which can be too large to be kept in memory."""

import hashlib
from dataclasses import dataclass, field

MODULUS = 2**127 - 1
KEPT_IN_MEMORY_MAX_BYTES = 32 * 1024 * 1024
"""Larger bodies are received without being kept. The parts of most platforms' uploads are smaller."""
ENDS_MAX_BYTES = 64 * 1024
"""How many of the first and last bytes of a body are kept: enough to detect its type, and to read a form around it."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """The size of some bytes, and their value as one number in base 256 modulo a prime.

    The checksum of a file follows from those of its parts, whatever their sizes and their order, so a simulator needs
    to keep neither the file nor a running hash. Bytes that differ by accident have the same checksum with a probability
    of 2^-127. It is not a protection against bytes that are chosen to collide.
    """

    size_bytes: int = 0
    value: int = 0

    @classmethod
    def of(cls, content: bytes) -> "Checksum":
        """Return the checksum of some bytes. It takes about 5 ms per MiB."""
        return cls(len(content), int.from_bytes(content) % MODULUS)

    def followed_by(self, other: "Checksum") -> "Checksum":
        """Return the checksum of these bytes and others after them."""
        value = (self.value * pow(256, other.size_bytes, MODULUS) + other.value) % MODULUS
        return Checksum(self.size_bytes + other.size_bytes, value)

    def between(self, before: "Checksum", after: "Checksum") -> "Checksum":
        """Return the checksum of what these bytes contain between their beginning and their end."""
        size = self.size_bytes - before.size_bytes - after.size_bytes
        head = before.value * pow(256, size + after.size_bytes, MODULUS)
        value = (self.value - head - after.value) * pow(256, -after.size_bytes, MODULUS)
        return Checksum(size, value % MODULUS)

    def __str__(self) -> str:
        """Return the value as 32 hexadecimal digits."""
        return f"{self.value:032x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What is known of received bytes.

    `first` and `last` contain up to `ENDS_MAX_BYTES`. `content` is None for more than is kept in memory.
    `sha256` has hexadecimal digits; None for a file that was received inside a form of that size.
    """

    checksum: Checksum
    sha256: str | None
    first: bytes
    last: bytes
    content: bytes | None

    @classmethod
    def of(cls, content: bytes) -> "Received":
        """Return what is known of bytes in memory."""
        receiving = Receiving()
        receiving.add(content)
        return receiving.end()

    @property
    def size_bytes(self) -> int:
        """Return the number of bytes."""
        return self.checksum.size_bytes


@dataclass(slots=True)
class Receiving:
    """Bytes that arrive in pieces. `kept_max_bytes`: the most that is kept in memory."""

    kept_max_bytes: int = KEPT_IN_MEMORY_MAX_BYTES
    _checksum: Checksum = field(default_factory=Checksum)
    _first: bytes = b""
    _last: bytes = b""
    _pieces: list[bytes] = field(default_factory=list)
    _sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, piece: bytes) -> None:
        """Add the next bytes."""
        self._checksum = self._checksum.followed_by(Checksum.of(piece))
        self._sha256.update(piece)
        if len(self._first) < ENDS_MAX_BYTES:
            self._first = (self._first + piece)[:ENDS_MAX_BYTES]
        self._last = piece[-ENDS_MAX_BYTES:] if len(piece) >= ENDS_MAX_BYTES else (self._last + piece)[-ENDS_MAX_BYTES:]
        if self._checksum.size_bytes > self.kept_max_bytes:
            self._pieces.clear()
        else:
            self._pieces.append(piece)

    def end(self) -> Received:
        """Return what is known of all bytes."""
        is_kept = self._checksum.size_bytes <= self.kept_max_bytes
        return Received(
            checksum=self._checksum,
            sha256=self._sha256.hexdigest(),
            first=self._first,
            last=self._last,
            content=b"".join(self._pieces) if is_kept else None,
        )
