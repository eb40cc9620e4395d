"""Addresses that need no key, because they carry a signature: one medium, one purpose, for some time."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hmac import compare_digest
from uuid import UUID

from letmepost.domain.api_keys import Mode
from letmepost.gateways.clock import Clock
from letmepost.storage.database import Tenant
from letmepost.storage.media import MediaRow
from letmepost.storage.sealing import Keyring

READABLE_FOR = timedelta(days=7)
"""The least that a medium's `url` is good for: platforms that pull media do so long after they were told."""
UPLOADABLE_FOR = timedelta(hours=24)

_DAY_S = 86_400
_SIGNATURE_BYTES = 16
_MODES = (Mode.LIVE, Mode.TEST)
_BODY_BYTES = 16 + 16 + 1 + 5 + 5


class Purpose(StrEnum):
    """What an address is for."""

    READ = "media-read"
    UPLOAD = "media-upload"


@dataclass(frozen=True, slots=True)
class Link:
    """What an address says: whose medium, which, until when; for an upload, of how many bytes."""

    tenant: Tenant
    media_id: UUID
    expires_at: datetime
    size_bytes: int = 0


class MediaLinks:
    """Makes and checks such addresses. `public_url`: where the API is reached."""

    def __init__(self, keyring: Keyring, clock: Clock, public_url: str) -> None:
        self._keyring = keyring
        self._clock = clock
        self._base = public_url.rstrip("/")

    def to_read(self, tenant: Tenant, row: MediaRow) -> str | None:
        """Where the medium's bytes can be read by anybody, for 7 to 8 days; None when there are none.

        The same within a day, so that a reader may remember what it has fetched.
        """
        if row.facts is None:
            return None
        day = (self._clock.now() + READABLE_FOR).timestamp() // _DAY_S + 1
        link = Link(tenant, row.id, datetime.fromtimestamp(day * _DAY_S, UTC))
        return f"{self._base}/media/{self._sign(Purpose.READ, link)}"

    def to_upload(self, link: Link) -> str:
        """Where the medium's bytes can be put, once."""
        return f"{self._base}/v1/media/uploads/{self._sign(Purpose.UPLOAD, link)}"

    def read(self, purpose: Purpose, token: str) -> Link | None:
        """What a token of ours says; None when it is not ours, of another purpose, or out of date."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        body, signature = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
        known = self._keyring.hashes(purpose, body)
        if len(body) != _BODY_BYTES or not any(compare_digest(signature, own[:_SIGNATURE_BYTES]) for own in known):
            return None
        link = _decode(body)
        return link if self._clock.now() < link.expires_at else None

    def _sign(self, purpose: Purpose, link: Link) -> str:
        body = _encode(link)
        signature = self._keyring.hashes(purpose, body)[0][:_SIGNATURE_BYTES]
        return base64.urlsafe_b64encode(body + signature).rstrip(b"=").decode()


def _encode(link: Link) -> bytes:
    return b"".join(
        (
            link.tenant.organization_id.bytes,
            link.media_id.bytes,
            _MODES.index(link.tenant.mode).to_bytes(1),
            int(link.expires_at.timestamp()).to_bytes(5),
            link.size_bytes.to_bytes(5),
        )
    )


def _decode(body: bytes) -> Link:
    tenant = Tenant(UUID(bytes=body[:16]), _MODES[body[32]])
    expires_at = datetime.fromtimestamp(int.from_bytes(body[33:38]), UTC)
    return Link(tenant, UUID(bytes=body[16:32]), expires_at, int.from_bytes(body[38:43]))
