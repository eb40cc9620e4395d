"""Media items."""

from datetime import datetime

from letmepost_client.models.base import Model


class MediaError(Model):
    """Why the file of a media item cannot be used."""

    rule: str | None = None
    message: str


class Media(Model):
    """A media item. Its properties are known once it has bytes. `url` is signed and valid for at least 7 days."""

    id: str
    profile_id: str
    status: str
    url: str | None = None
    kind: str | None = None
    filename: str | None = None
    content_type: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    frame_rate: float | None = None
    codec: str | None = None
    codec_profile: str | None = None
    pixel_format: str | None = None
    bit_depth: int | None = None
    dynamic_range: str | None = None
    has_variable_frame_rate: bool | None = None
    is_fast_start: bool | None = None
    frame_count: int | None = None
    has_alpha: bool | None = None
    color_space: str | None = None
    bit_rate: int | None = None
    audio_codec: str | None = None
    audio_channels: int | None = None
    audio_sample_rate_hz: int | None = None
    error: MediaError | None = None
    created_at: datetime
    expires_at: datetime | None = None


class MediaUploadAddress(Model):
    """The request that uploads the bytes: a PUT with exactly these headers, before it expires."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class MediaUpload(Media):
    """A media item whose bytes have not been uploaded yet."""

    upload: MediaUploadAddress
