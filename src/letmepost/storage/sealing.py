"""Encrypts stored secrets: AES-256-GCM under a keyring of deployment keys.

A sealed value is `key id (1 byte length + text) | nonce (12 bytes) | ciphertext and tag`. The associated data binds it
to its organization, table, column and row, so that a value that is copied elsewhere in the database does not open. Each
organization has its own key, derived by HKDF. The first key of the keyring seals and all of them open, so keys can
be rotated while the service runs.

Sources: NIST SP 800-38D for GCM with random 96-bit nonces, RFC 5869 for HKDF (both read 2026-11-21).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from hmac import digest
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """The row and column of a sealed value."""

    organization_id: UUID
    table: str
    column: str
    row: str

    def associated_data(self) -> bytes:
        """Return the bytes that the seal is bound to."""
        return f"{self.organization_id}/{self.table}/{self.column}/{self.row}".encode()


class CannotOpenError(Exception):
    """The value was sealed for another place, with a key that is not in the keyring, or was changed."""


class Keyring:
    """Seals and opens secrets, and computes keyed hashes of values that are only compared."""

    def __init__(self, keys: Mapping[str, bytes], entropy: Callable[[int], bytes]) -> None:
        """`keys`: 32 bytes by key id. The first seals."""
        self._keys = dict(keys)
        self._sealing_id = next(iter(self._keys))
        self._entropy = entropy
        self._cipher = lru_cache(maxsize=4096)(self._make_cipher)

    def seal(self, secret: bytes, place: Place) -> bytes:
        """Return the sealed secret, which only this keyring opens, and only at this place."""
        nonce = self._entropy(_NONCE_BYTES)
        cipher = self._cipher(self._sealing_id, place.organization_id)
        name = self._sealing_id.encode()
        return bytes([len(name)]) + name + nonce + cipher.encrypt(nonce, secret, place.associated_data())

    def open(self, sealed: bytes, place: Place) -> bytes:
        """Return the secret that was sealed at this place.

        Raises:
            CannotOpenError: another place, an unknown key, or a changed value.
        """
        end = 1 + int.from_bytes(sealed[:1])
        key_id = sealed[1:end].decode("ascii", "replace")
        if key_id not in self._keys:
            message = f"{place.table}.{place.column} was sealed by key {key_id!r}, which is not in the keyring"
            raise CannotOpenError(message)
        nonce, text = sealed[end : end + _NONCE_BYTES], sealed[end + _NONCE_BYTES :]
        try:
            return self._cipher(key_id, place.organization_id).decrypt(nonce, text, place.associated_data())
        except (InvalidTag, ValueError) as error:  # ValueError: too short for a nonce
            message = f"{place.table}.{place.column} does not open here"
            raise CannotOpenError(message) from error

    def hashes(self, purpose: str, text: bytes) -> list[bytes]:
        """Return a keyed hash by each key of the keyring, the sealing key's first. Store the first; look up by any."""
        return [digest(key, purpose.encode() + b"\0" + text, sha256) for key in self._keys.values()]

    def _make_cipher(self, key_id: str, organization_id: UUID) -> AESGCM:
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"letmepost/seal/" + organization_id.bytes)
        return AESGCM(derive.derive(self._keys[key_id]))
