"""Events and version notices, webhook endpoints, and deliveries."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from letmepost.storage.tables.base import belongs_to, known_mode, metadata, moment, of_organization, tenant

events = Table(
    "events",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("profile_id", Uuid),
    Column("type", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    # The order of writes. For one post it is the order of commits (its row is locked), but not between posts.
    Column("written", BigInteger, Identity(always=True), nullable=False),
    # The public position in the organization's stream. The relay sets it after the commit, for one event at a time:
    # a number taken before the commit could become visible out of order, and a reader past N would miss N - 1.
    Column("position", BigInteger),
    Column("post_id", Uuid),
    moment("created_at", nullable=False),
    known_mode(),
    UniqueConstraint("organization_id", "id"),
    of_organization(),
    Index("ix_events_unannounced", "written", postgresql_where=text("position IS NULL")),
    Index("uq_events_position", "organization_id", "position", unique=True),
    Index("ix_events_post_id", "organization_id", "post_id", "written", postgresql_where=text("post_id IS NOT NULL")),
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("profile_id", Uuid),
    Column("url", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("description", Text),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("secret_sealed", LargeBinary, nullable=False),
    # Also signs until then, so that receivers can switch to the new secret.
    Column("previous_secret_sealed", LargeBinary),
    moment("previous_secret_until"),
    moment("failing_since"),
    moment("last_delivery_at"),
    Column("last_failure_reason", Text),
    moment("created_at", nullable=False),
    moment("updated_at", nullable=False),
    known_mode(),
    UniqueConstraint("organization_id", "id"),
    of_organization(),
    belongs_to("profile_id", "profiles"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("endpoint_id", Uuid, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt_count", Integer, nullable=False, server_default=text("0")),
    moment("ready_at"),
    Column("lease_token", Uuid),
    moment("lease_until"),
    Column("last_status", Integer),
    Column("last_error", Text),
    moment("created_at", nullable=False),
    moment("finished_at"),
    known_mode(),
    UniqueConstraint("endpoint_id", "event_id"),
    UniqueConstraint("organization_id", "id"),
    of_organization(),
    belongs_to("endpoint_id", "webhook_endpoints", ondelete="CASCADE"),
    belongs_to("event_id", "events", ondelete="CASCADE"),
    Index("ix_deliveries_endpoint_id", "organization_id", "endpoint_id", "id"),
    Index("ix_deliveries_event_id", "organization_id", "event_id"),
    Index("ix_deliveries_ready", "ready_at", postgresql_where=text("ready_at IS NOT NULL")),
)

version_notices = Table(
    "version_notices",
    metadata,
    *tenant(),
    Column("platform", Text, nullable=False),
    Column("api_version", Text, nullable=False),
    # The notice is due when the version ends in this many days or fewer.
    Column("within_days", Integer, nullable=False),
    moment("created_at", nullable=False),
    PrimaryKeyConstraint("organization_id", "mode", "platform", "api_version", "within_days"),
    known_mode(),
    of_organization(),
)
