"""Texts that look random, for ids and secrets."""

import base64
from hashlib import sha256


def letters(entropy: bytes, purpose: str, length: int) -> str:
    """Return lower-case letters and digits that depend only on the entropy and the purpose. At most 51."""
    return base64.b32encode(sha256(purpose.encode() + entropy).digest()).decode().lower()[:length]
