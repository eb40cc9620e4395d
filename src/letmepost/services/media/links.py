"""Signed URLs of media items. Each is valid without a key, for one media item, one purpose and a limited time.

The `url` of a media item is for people. A platform fetches a media item from another URL. It is valid for one send of
one post, and only until the post ends. A send is all attempts that must make the same requests: those from the freezing
of a revision until the post is changed, rescheduled or retried by its author. The next send has other URLs.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from letmepost.domain.api_keys import Mode
from letmepost.domain.content import PostContent
from letmepost.domain.flow import Frozen
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import Platform
from letmepost.storage.database import DEPLOYMENT, Tenant
from letmepost.storage.media.media import MediaRow
from letmepost.storage.posts.contents import media_ids
from letmepost.storage.sealing import Keyring

READABLE_FOR = timedelta(days=7)
"""The minimum validity of the `url` of a media item."""
UPLOADABLE_FOR = timedelta(hours=24)
PULLABLE_FOR = timedelta(hours=24)
"""The minimum time for a platform to fetch a media item. Uploads that platforms process expire at about that time."""

CHECKABLE_FOR = timedelta(minutes=5)

_DAY_S = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SIGNATURE_BYTES = 16
_MODES = (Mode.LIVE, Mode.TEST)


class Purpose(StrEnum):
    """The purpose of a signed URL."""

    READ = "media-read"
    UPLOAD = "media-upload"
    PULL = "media-pull"
    CHECK = "media-check"


@dataclass(frozen=True, slots=True)
class PostSend:
    """A post, and when the requests of its attempts were frozen."""

    post_id: UUID
    frozen_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """The data in a signed URL.

    Args:
        size_bytes: the length of an upload.
        send: the send that needs the bytes.
    """

    tenant: Tenant
    media_id: UUID
    expires_at: datetime
    size_bytes: int = 0
    send: PostSend | None = None


class MediaLinks:
    """Creates and verifies signed URLs. `public_url`: the base URL of the API."""

    def __init__(self, keyring: Keyring, clock: Clock, public_url: str) -> None:
        self._keyring = keyring
        self._clock = clock
        self._base = public_url.rstrip("/")

    @property
    def are_public(self) -> bool:
        """True if platforms on the internet can fetch the URLs."""
        url = urlsplit(self._base)
        return url.scheme == "https" and not _is_private(url.hostname or "localhost")

    def to_read(self, tenant: Tenant, row: MediaRow) -> str | None:
        """Return a URL at which anyone can read the bytes for 7 to 8 days; None if there are no bytes.

        The URL stays the same for a day, so that clients can cache the bytes.
        """
        if row.facts is None:
            return None
        day = (self._clock.now() + READABLE_FOR).timestamp() // _DAY_S + 1
        link = Link(tenant, row.id, datetime.fromtimestamp(day * _DAY_S, UTC))
        return f"{self._base}/media/{self._sign(Purpose.READ, link)}"

    def of_post(
        self, tenant: Tenant, platform: Platform, post_id: UUID, content: PostContent, frozen: Frozen
    ) -> Mapping[str, str]:
        """Return the URLs that a platform fetches, by media id; empty if the platform receives the bytes instead."""
        if not platform.pulls_media:
            return {}
        return {
            format_id(Prefix.MEDIA, media_id): self.to_pull(tenant, media_id, post_id, frozen.at)
            for media_id in media_ids(content)
        }

    def to_pull(self, tenant: Tenant, media_id: UUID, post_id: UUID, frozen_at: datetime) -> str:
        """Return a URL at which a platform can fetch a media item for 24 to 48 hours, unless the post ends earlier.

        The time is counted from the freezing of the revision, so that every run within a day sends the same URL.
        """
        days = max(0, (self._clock.now() - frozen_at) // PULLABLE_FOR)
        link = Link(tenant, media_id, frozen_at + (days + 2) * PULLABLE_FOR, send=PostSend(post_id, frozen_at))
        return f"{self._base}/media/{self._sign(Purpose.PULL, link)}"

    def to_check(self) -> str:
        """Return a URL at which a small fixed file can be read for a few minutes, to check the public URL."""
        link = Link(DEPLOYMENT, DEPLOYMENT.organization_id, self._clock.now() + CHECKABLE_FOR)
        return f"{self._base}/media/{self._sign(Purpose.CHECK, link)}"

    def to_upload(self, link: Link) -> str:
        """Return a URL to which the bytes can be uploaded once."""
        return f"{self._base}/v1/media/uploads/{self._sign(Purpose.UPLOAD, link)}"

    def read(self, purpose: Purpose, token: str) -> Link | None:
        """Return the data in a token; None if it is invalid, expired, or for another purpose."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if _to_text(raw) != token:  # base64 ignores some bits of the last character; each URL has only one form
            return None
        body, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        known = self._keyring.hashes(purpose, body)
        if not any(compare_digest(signature, own[:_SIGNATURE_BYTES]) for own in known):
            return None
        link = _decode(body)
        return link if self._clock.now() < link.expires_at else None

    def _sign(self, purpose: Purpose, link: Link) -> str:
        body = _encode(link)
        signature = self._keyring.hashes(purpose, body)[0][:_SIGNATURE_BYTES]
        return _to_text(body + signature)


def _to_text(token: bytes) -> str:
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def _encode(link: Link) -> bytes:
    return b"".join(
        (
            link.tenant.organization_id.bytes,
            link.media_id.bytes,
            _MODES.index(link.tenant.mode).to_bytes(1),
            int(link.expires_at.timestamp()).to_bytes(5),
            link.size_bytes.to_bytes(5),
            b"" if link.send is None else _encode_send(link.send),
        )
    )


def _decode(body: bytes) -> Link:
    tenant = Tenant(UUID(bytes=body[:16]), _MODES[body[32]])
    expires_at = datetime.fromtimestamp(int.from_bytes(body[33:38]), UTC)
    send = _decode_send(body[43:]) if body[43:] else None
    return Link(tenant, UUID(bytes=body[16:32]), expires_at, int.from_bytes(body[38:43]), send)


def _encode_send(send: PostSend) -> bytes:
    return send.post_id.bytes + ((send.frozen_at - _EPOCH) // _MICROSECOND).to_bytes(8)


def _decode_send(body: bytes) -> PostSend:
    return PostSend(UUID(bytes=body[:16]), _EPOCH + int.from_bytes(body[16:]) * _MICROSECOND)


def _is_private(host: str) -> bool:
    """Return True if a host is known to be reachable from this network only."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host
