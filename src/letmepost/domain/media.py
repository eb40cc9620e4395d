"""The states of a media item."""

from enum import StrEnum


class MediaStatus(StrEnum):
    """The status of a media item, which shows if its bytes are stored."""

    WAITING = "waiting"
    """It has a URL that has not been fetched yet."""
    UPLOADING = "uploading"
    """Its upload was announced, and its bytes have not arrived yet."""
    READY = "ready"
    FAILED = "failed"
    DELETED = "deleted"
    """Hidden from callers. The row remains until the worker has deleted the bytes."""


AWAITING_BYTES = frozenset({MediaStatus.WAITING, MediaStatus.UPLOADING})
"""The statuses of media items that can still receive their bytes."""
