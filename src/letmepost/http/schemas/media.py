"""Media."""

from collections.abc import Mapping, Sequence
from typing import Any

from letmepost.domain.ids import Prefix, spell
from letmepost.http.schemas.base import Left, Moment, View
from letmepost.storage.media import MediaRow


class MediaView(View):
    """An attachment."""

    id: str
    status: str
    content_type: Left[str] = None
    size_bytes: Left[int] = None
    sha256: Left[str] = None
    width: Left[int] = None
    height: Left[int] = None
    duration_s: Left[float] = None
    error: Left[Mapping[str, Any]] = None
    created_at: Moment

    @classmethod
    def of(cls, row: MediaRow) -> "MediaView":
        """Show a medium."""
        return cls(
            id=spell(Prefix.MEDIA, row.id),
            status=row.status,
            content_type=row.content_type,
            size_bytes=row.size_bytes,
            sha256=row.sha256.hex() if row.sha256 else None,
            width=row.width_px,
            height=row.height_px,
            duration_s=row.duration_s,
            error=row.error,
            created_at=row.created_at,
        )


class MediaPage(View):
    """A page of media, newest first."""

    data: Sequence[MediaView]
    next_cursor: str | None
