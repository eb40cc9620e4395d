"""Media items, the posts that use them, and the platforms that read them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from letmepost.storage.tables.base import belongs_to, known_mode, metadata, moment, of_organization, tenant

media = Table(
    "media",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("profile_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("source_url", Text),
    Column("content_type", Text),
    Column("size_bytes", BigInteger),
    Column("sha256", LargeBinary),
    Column("width_px", Integer),
    Column("height_px", Integer),
    Column("duration_s", Double),
    Column("frame_rate", Double),
    Column("codec", Text),
    Column("frame_count", Integer),
    Column("has_alpha", Boolean),
    Column("color_space", Text),
    Column("bit_rate", BigInteger),
    Column("audio_codec", Text),
    Column("audio_channels", Integer),
    Column("codec_profile", Text),
    Column("pixel_format", Text),
    Column("bit_depth", Integer),
    Column("dynamic_range", Text),
    Column("has_variable_frame_rate", Boolean),
    Column("is_fast_start", Boolean),
    Column("audio_sample_rate_hz", Integer),
    # The name of its bytes in the blob store; NULL for the id of the media item.
    Column("blob", Text),
    Column("error", JSONB(none_as_null=True)),
    Column("filename", Text),
    # The media item that it is converted from, which may be deleted earlier; NULL if a caller created it.
    Column("derived_from", Uuid),
    # What it is converted to: a `Wish`.
    Column("wish", JSONB(none_as_null=True)),
    # The hash of the bytes that it is converted from, if it was known when the post was accepted.
    Column("source_sha256", LargeBinary),
    # When to fetch its URL again, after a failure or the loss of the worker that fetches it; NULL for immediately.
    moment("fetch_at"),
    # When to delete it, unless a post still needs it.
    moment("expires_at"),
    moment("created_at", default_now=True),
    known_mode(),
    UniqueConstraint("organization_id", "id"),
    of_organization(),
    belongs_to("profile_id", "profiles"),
    Index("ix_media_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    Index("ix_media_waiting", "created_at", postgresql_where=text("status = 'waiting'")),
    Index("ix_media_organization_id_mode_id", "organization_id", "mode", "id"),
    Index(
        "ix_media_derived_from",
        "organization_id",
        "derived_from",
        postgresql_where=text("derived_from IS NOT NULL"),
    ),
    Index(
        "ix_media_source_sha256",
        "organization_id",
        "source_sha256",
        postgresql_where=text("source_sha256 IS NOT NULL"),
    ),
)

media_uses = Table(
    "media_uses",
    metadata,
    *tenant(),
    Column("media_id", Uuid, nullable=False),
    Column("post_id", Uuid, nullable=False),
    PrimaryKeyConstraint("post_id", "media_id"),
    of_organization(),
    belongs_to("media_id", "media"),
    belongs_to("post_id", "posts", ondelete="CASCADE"),
    Index("ix_media_uses_organization_id_media_id", "organization_id", "media_id"),
)

# The reads of a media item for a post: how many, and the first of them.
media_reads = Table(
    "media_reads",
    metadata,
    *tenant(),
    Column("post_id", Uuid, nullable=False),
    Column("media_id", Uuid, nullable=False),
    Column("read_count", Integer, nullable=False),
    Column("first_reads", JSONB, nullable=False),
    moment("last_read_at", nullable=False),
    known_mode(),
    # The organization comes first, for the foreign keys.
    PrimaryKeyConstraint("organization_id", "post_id", "media_id"),
    of_organization(),
    belongs_to("post_id", "posts", ondelete="CASCADE"),
)
