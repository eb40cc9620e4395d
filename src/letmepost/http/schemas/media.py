"""Media."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from letmepost.domain.content import MediaKind
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.media import MediaStatus
from letmepost.domain.sizes import FILENAME_MAX_CHARS, URL_MAX_CHARS
from letmepost.http.schemas.base import Body, DescribedAs, Left, Moment, View, body_profile_id
from letmepost.http.schemas.filters import PageQuery, Values
from letmepost.http.schemas.stored_errors import MediaErrorView
from letmepost.services.media.uploads import StartedUpload, UploadRequest
from letmepost.storage.media.media import MediaRow

URLFor: TypeAlias = Callable[[MediaRow], str | None]
"""Return where the bytes of a media item can be read."""


class MediaQuery(PageQuery):
    """The query parameters of the list of media."""

    profile_id: Values = ()


class MediaView(View):
    """A media item. Its properties are known once it has bytes. `url` is signed and valid for at least 7 days."""

    id: str
    profile_id: str
    status: Literal[MediaStatus.READY, MediaStatus.UPLOADING, MediaStatus.WAITING, MediaStatus.FAILED]
    url: Left[str] = None
    kind: Left[MediaKind] = None
    filename: Left[str] = None
    content_type: Left[str] = None
    size_bytes: Left[int] = None
    sha256: Left[str] = None
    width: Left[int] = None
    height: Left[int] = None
    duration_s: Left[float] = None
    frame_rate: Left[float] = None
    codec: Left[str] = None
    frame_count: Left[int] = None
    has_alpha: Left[bool] = None
    color_space: Left[str] = None
    bit_rate: Left[int] = None
    audio_codec: Left[str] = None
    audio_channels: Left[int] = None
    codec_profile: Left[str] = None
    pixel_format: Left[str] = None
    bit_depth: Left[int] = None
    dynamic_range: Left[str] = None
    has_variable_frame_rate: Left[bool] = None
    is_fast_start: Left[bool] = None
    audio_sample_rate_hz: Left[int] = None
    error: Left[Annotated[Mapping[str, Any], DescribedAs(MediaErrorView)]] = None
    created_at: Moment
    expires_at: Left[Moment] = None

    @classmethod
    def of(cls, row: MediaRow, url_for: URLFor) -> "MediaView":
        """Show a media item."""
        return cls(**_fields(row, url_for))


class MediaUploadAddress(View):
    """The request that uploads the bytes: a PUT with exactly these headers, before it expires."""

    method: Literal["PUT"] = "PUT"
    url: str
    headers: Mapping[str, str]
    expires_at: Moment


class MediaUploadView(MediaView):
    """A media item whose bytes have not been uploaded yet."""

    upload: MediaUploadAddress

    @classmethod
    def started(cls, started: StartedUpload, url_for: URLFor) -> "MediaUploadView":
        """Show an upload that has been started."""
        address = MediaUploadAddress(url=started.url, headers=started.headers, expires_at=started.expires_at)
        return cls(**_fields(started.row, url_for), upload=address)


class MediaPage(View):
    """A page of media, newest first."""

    data: Sequence[MediaView]
    next_cursor: str | None


class StartMediaUpload(Body):
    """A file to upload. Its type is detected from its bytes."""

    filename: Annotated[str, Field(max_length=FILENAME_MAX_CHARS)] | None = None
    content_type: Annotated[str, Field(max_length=255)] | None = None
    size_bytes: Annotated[int, Field(ge=1, strict=True)]
    profile_id: str | None = None

    def to_request(self) -> UploadRequest:
        """For the use case."""
        profile_id = body_profile_id(self.profile_id)
        return UploadRequest(filename=self.filename, size_bytes=self.size_bytes, profile_id=profile_id)


class ImportMedia(Body):
    """A file to import from a public URL."""

    url: Annotated[str, Field(max_length=URL_MAX_CHARS)]
    profile_id: str | None = None


def _fields(row: MediaRow, url_for: URLFor) -> dict[str, Any]:
    return {
        "id": format_id(Prefix.MEDIA, row.id),
        "profile_id": format_id(Prefix.PROFILE, row.profile_id),
        "status": row.status,
        "url": url_for(row),
        "kind": None if row.facts is None else row.facts.kind,
        "filename": row.filename,
        "content_type": row.content_type,
        "size_bytes": row.size_bytes,
        "sha256": None if row.sha256 is None else row.sha256.hex(),
        "width": row.width_px,
        "height": row.height_px,
        "duration_s": row.duration_s,
        "frame_rate": row.frame_rate,
        "codec": row.codec,
        "frame_count": row.frame_count,
        "has_alpha": row.has_alpha,
        "color_space": row.color_space,
        "bit_rate": row.bit_rate,
        "audio_codec": row.audio_codec,
        "audio_channels": row.audio_channels,
        "codec_profile": row.codec_profile,
        "pixel_format": row.pixel_format,
        "bit_depth": row.bit_depth,
        "dynamic_range": row.dynamic_range,
        "has_variable_frame_rate": row.has_variable_frame_rate,
        "is_fast_start": row.is_fast_start,
        "audio_sample_rate_hz": row.audio_sample_rate_hz,
        "error": row.error,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
    }
