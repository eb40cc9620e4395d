"""Tenants, the groups inside them, and their keys."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from letmepost.storage.tables.base import belongs_to, known_mode, metadata, moment, of_organization

organizations = Table(
    "organizations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    # The position of the organization's last announced event; only the relay moves it.
    Column("event_head", BigInteger, nullable=False, server_default=text("0")),
    moment("created_at", default_now=True),
)

profiles = Table(
    "profiles",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("is_default", Boolean, nullable=False, server_default=text("false")),
    moment("created_at", default_now=True),
    UniqueConstraint("organization_id", "id"),
    of_organization(),
    Index("uq_profiles_one_default", "organization_id", unique=True, postgresql_where=text("is_default")),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("mode", Text, nullable=False),
    Column("profile_id", Uuid),
    Column("name", Text, nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("last4", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("requests_per_minute", Integer),
    moment("created_at", default_now=True),
    moment("expires_at"),
    moment("last_used_at"),
    moment("revoked_at"),
    known_mode(),
    CheckConstraint("requests_per_minute > 0", name="positive_rate"),
    UniqueConstraint("key_hash"),
    of_organization(),
    belongs_to("profile_id", "profiles"),
    Index("ix_api_keys_organization_id_id", "organization_id", "id"),
)
