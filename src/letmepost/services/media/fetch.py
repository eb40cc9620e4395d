"""Fetches the bytes of media items: from a URL, from an upload that bypassed this service, or by conversion."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.content import PostContent
from letmepost.domain.errors import (
    FailureKind,
    InvalidRequest,
    NoReply,
    NotSent,
    PlatformFailure,
    QuotaExceeded,
    RequestError,
    SendFailure,
    StoreUnavailable,
    TooLarge,
)
from letmepost.domain.fitting.wish import Wish
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.media import AWAITING_BYTES, MediaStatus
from letmepost.domain.sizes import MEDIA_MAX_BYTES
from letmepost.gateways.addresses import AddressRefused
from letmepost.gateways.blobs import BlobMissingError, DirectUploads
from letmepost.gateways.http_client import HTTPClient, ReplyTooLarge
from letmepost.services.media.fitting import ImageFitting
from letmepost.services.media.library import MediaLibrary, StoredBytes, blob_key, needing_store, upload_name
from letmepost.services.work import UnitsOfWork
from letmepost.storage.database import Tenant
from letmepost.storage.media.media import MediaRow
from letmepost.storage.posts.contents import decode_content, media_ids

RETRIED_FOR = timedelta(hours=24)
"""How long an unreachable URL is retried."""
_RETRY_DELAY_MAX = timedelta(minutes=15)


class MediaMissingError(Exception):
    """A media item of a post cannot be fetched, and a retry would not help."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        """`error`: the error that is recorded with the media item."""
        super().__init__(error.get("message"))
        self.error = error


class MediaFetching:
    """Fetches the bytes of media items. No transaction is open while it does."""

    def __init__(
        self,
        *,
        units: UnitsOfWork,
        library: MediaLibrary,
        fitting: ImageFitting,
        direct: DirectUploads | None,
        http: HTTPClient,
    ) -> None:
        """`direct`: the blob store, if clients can upload to it directly."""
        self._units = units
        self._library = library
        self._fitting = fitting
        self._direct = direct
        self._http = http

    async def fetch(self, tenant: Tenant, media_id: UUID) -> MediaRow | None:
        """Fetch or convert a media item that has no bytes yet, and return its new record.

        A permanent error is recorded as failed.

        Raises:
            SendFailure: its server is unreachable now, or it was not uploaded yet.
            StoreUnavailable: the blob store is unavailable now.
        """
        row = await self._find(tenant, media_id)
        if row is None or row.status not in AWAITING_BYTES:
            return row
        try:
            await self._library.record(tenant, media_id, await self._fetched(tenant, row))
        except (InvalidRequest, QuotaExceeded, TooLarge) as refused:
            await self.fail(tenant, media_id, refused)
        except MediaMissingError as missing:
            await self._fail(tenant, media_id, missing.error)
        except (SendFailure, StoreUnavailable) as failure:
            now = await self._find(tenant, media_id)
            if now is None or now.status not in AWAITING_BYTES:
                return now  # fetched in the meantime, by another request or worker
            if row.status == MediaStatus.WAITING:
                await self._retry_later(tenant, row, failure)
            raise
        if row.source_url is None and row.derived_from is None:
            await self._library.discard_upload(tenant, media_id)
        return await self._find(tenant, media_id)

    async def ready_content(self, tenant: Tenant, stored: Mapping[str, Any]) -> PostContent:
        """Fetch the media of a post that are not stored yet; return its content with the facts of every media item.

        Raises:
            MediaMissingError: a media item failed, or does not exist.
            PlatformFailure: the server of a media item is unreachable now.
        """
        content = decode_content(stored, {})
        wanted = media_ids(content)
        if not wanted:
            return content
        async with self._units.begin(tenant) as work:
            rows = await work.media.find_many(wanted)
        facts = {}
        for media_id in wanted:
            row = rows.get(media_id)
            if row is not None and row.status in AWAITING_BYTES:
                try:
                    row = await self.fetch(tenant, media_id)
                except (SendFailure, StoreUnavailable) as failure:
                    message = f"A media item could not be fetched: {failure}"
                    raise PlatformFailure(FailureKind.UNAVAILABLE, message) from failure
            if row is None or row.facts is None:
                raise MediaMissingError((row.error if row else None) or _missing(media_id))
            facts[media_id] = row.facts
        return decode_content(stored, facts)

    def check_url(self, path: str, url: str) -> None:
        """Reject a URL that can never be fetched, as far as it can be known without a look-up.

        Args:
            path: of the field that contains it.

        Raises:
            InvalidRequest: `media.url.unreachable`.
        """
        try:
            self._http.check_url(url)
        except AddressRefused as refused:
            raise refusals.media.URL_UNREACHABLE(field=path, problem=refused) from refused

    async def download(self, tenant: Tenant, name: str, url: str) -> StoredBytes:
        """Store the file behind a URL under a name.

        Raises:
            InvalidRequest: as `MediaLibrary.take_in`, or `media.url.unreachable`.
            TooLarge: as `MediaLibrary.take_in`.
            SendFailure: the server is unreachable now.
            StoreUnavailable: the blob store is unavailable now.
        """
        try:
            async with self._http.stream(url, max_bytes=MEDIA_MAX_BYTES) as download:
                _check_download(download.status, download.origin)
                return await self._library.take_in(tenant, name, download.chunks, MEDIA_MAX_BYTES)
        except (AddressRefused, ReplyTooLarge) as refused:
            raise refusals.media.URL_UNREACHABLE(problem=refused) from refused

    async def fail(self, tenant: Tenant, media_id: UUID, refused: RequestError) -> None:
        """Record that a media item cannot be fetched, and why."""
        await self._fail(tenant, media_id, {"rule": refused.rule, "message": refused.message})

    async def _fail(self, tenant: Tenant, media_id: UUID, error: Mapping[str, Any]) -> None:
        async with self._units.begin(tenant) as work:
            await work.media.record_failed(media_id, error, expires_at=self._library.expires_at())

    async def _find(self, tenant: Tenant, media_id: UUID) -> MediaRow | None:
        async with self._units.begin(tenant) as work:
            return await work.media.find(media_id)

    async def _fetched(self, tenant: Tenant, row: MediaRow) -> StoredBytes:
        name = self._library.new_name(row.id)
        if row.derived_from is not None and row.wish is not None:
            return await self._converted(tenant, name, row.derived_from, Wish.decode(row.wish))
        if row.source_url is not None:
            return await self.download(tenant, name, row.source_url)
        return await self._take_upload(tenant, row.id, name)

    async def _converted(self, tenant: Tenant, name: str, source_id: UUID, wish: Wish) -> StoredBytes:
        """Convert a media item, after it was fetched.

        Raises:
            InvalidRequest: it cannot be converted.
            MediaMissingError: it failed, or was deleted.
            SendFailure: as `fetch`.
        """
        source = await self.fetch(tenant, source_id)
        if source is None or source.facts is None:
            raise MediaMissingError((source.error if source else None) or _missing(source_id))
        return await self._fitting.take_in(tenant, name, source, source.facts, wish)

    async def _take_upload(self, tenant: Tenant, media_id: UUID, name: str) -> StoredBytes:
        """Take a file that was uploaded to the blob store directly.

        It is copied first, because anyone with the address can replace the original.

        Raises:
            NotSent: nothing was uploaded yet.
            StoreUnavailable: the blob store is unavailable now.
        """
        if self._direct is None:
            raise NotSent("The file was not uploaded yet.")
        source, key = blob_key(tenant, upload_name(media_id)), blob_key(tenant, name)
        try:
            with needing_store():
                await self._direct.copy(source, key)
        except BlobMissingError as missing:
            raise NotSent("The file was not uploaded yet.") from missing
        return await self._library.examine(tenant, name)

    async def _retry_later(self, tenant: Tenant, row: MediaRow, failure: SendFailure | StoreUnavailable) -> None:
        """Retry later with a growing delay, so that unreachable servers delay no others. They fail after a day."""
        now = self._units.clock.now()
        age = now - row.created_at
        if age > RETRIED_FOR and isinstance(failure, SendFailure):
            await self.fail(tenant, row.id, refusals.media.URL_UNREACHABLE(problem=failure))
            return
        async with self._units.begin(tenant) as work:
            await work.media.change(row.id, fetch_at=now + min(age, _RETRY_DELAY_MAX))


def _check_download(status: int, origin: object) -> None:
    """Check the status of a download.

    Raises:
        InvalidRequest: the server does not have the file. This includes every other client error.
        NoReply: the error may be temporary.
    """
    is_part = status == HTTPStatus.PARTIAL_CONTENT  # not requested
    if 200 <= status < 300 and not is_part:
        return
    message = f"{origin} answered {status} instead of the file."
    if is_part or (400 <= status < 500 and status not in {408, 425, 429}):
        raise refusals.media.URL_UNREACHABLE(problem=message)
    raise NoReply(message)


def _missing(media_id: UUID) -> dict[str, str]:
    error = refusals.media.UNKNOWN(media_id=format_id(Prefix.MEDIA, media_id))
    return {"rule": error.rule, "message": error.message}
