"""Opens the bytes of media items for platforms."""

from collections.abc import AsyncIterator
from uuid import UUID

import structlog

from letmepost.domain import refusals
from letmepost.domain.errors import FailureKind, FixableBy, PlatformFailure
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.blobs import BlobMissingError, BlobStoreUnavailableError
from letmepost.services.media.library import MediaLibrary
from letmepost.storage.database import Tenant

log = structlog.get_logger()


class MediaChangedError(PlatformFailure):
    """The stored bytes of a media item are missing, or are not those that were examined. They are not sent."""

    def __init__(self, media_id: UUID) -> None:
        about = refusals.media.CHANGED
        message = about.describe(media_id=format_id(Prefix.MEDIA, media_id))
        super().__init__(FailureKind.REJECTED, message, rule=about.id, remediation=about.advise())


async def open_to_send(
    library: MediaLibrary, tenant: Tenant, media_id: UUID, first_byte: int, length_bytes: int
) -> AsyncIterator[bytes]:
    """Return a range of the bytes of a media item, in chunks.

    Raises:
        MediaChangedError: they were deleted, or have another size than recorded.
        PlatformFailure: the blob store is unavailable.
    """
    try:
        return await library.open_range(tenant, media_id, first_byte, length_bytes)
    except BlobMissingError as missing:
        log.error("media.file_changed", error=str(missing))  # noqa: TRY400 - the message names the cause
        raise MediaChangedError(media_id) from missing
    except BlobStoreUnavailableError as error:
        log.error("media.store_failed", error=str(error))  # noqa: TRY400 - the message names the cause
        message, operator = "The media store of this deployment is unavailable.", FixableBy.OPERATOR
        raise PlatformFailure(FailureKind.UNAVAILABLE, message, fixable_by=operator) from error
