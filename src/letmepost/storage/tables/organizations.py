"""Tenants, with their quotas, pauses, profiles and API keys."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from letmepost.storage.tables.base import belongs_to, known_mode, metadata, moment, of_organization, tenant

organizations = Table(
    "organizations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    # The position of the organization's last announced event; only the relay moves it.
    Column("event_head", BigInteger, nullable=False, server_default=text("0")),
    # The default lateness rule of posts.
    Column("late_within_s", Integer),
    Column("late_then", Text),
    # Quotas that the operator set; NULL for no limit.
    Column("posts_per_month", Integer),
    Column("posts_per_account_day", Integer),
    Column("media_bytes", BigInteger),
    # Origins that a browser may return to, in addition to those of the deployment.
    Column("return_origins", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    # The branding of the hosted pages.
    Column("brand_name", Text),
    Column("brand_logo_url", Text),
    Column("brand_color", Text),
    # How far the organization's test world is ahead of the real time.
    Column("sandbox_ahead_s", Double, nullable=False, server_default=text("0")),
    moment("created_at", default_now=True),
    # Since then it is hidden, and the worker deletes its data.
    moment("deleted_at"),
    Index("ix_organizations_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
)

usage = Table(
    "usage",
    metadata,
    *tenant(),
    # What is counted: `posts`, `media`, `account:<id>`, or `cost:<platform>:<unit>`.
    Column("subject", Text, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("used", BigInteger, nullable=False),
    # When the only warning of the period was sent, and when the quota was reported as used up.
    moment("warned_at"),
    moment("exceeded_at"),
    PrimaryKeyConstraint("organization_id", "mode", "subject", "period_start"),
    known_mode(),
    of_organization(),
    Index("ix_usage_period_start", "period_start"),
)

pauses = Table(
    "pauses",
    metadata,
    Column("id", Uuid, primary_key=True),
    # What is paused: the account, the tenant or the platform; the whole deployment if all three are NULL.
    Column("organization_id", Uuid),
    Column("account_id", Uuid),
    Column("platform", Text),
    Column("reason", Text),
    moment("created_at", nullable=False),
    CheckConstraint("account_id IS NULL OR organization_id IS NOT NULL", name="account_has_organization"),
    UniqueConstraint(
        "organization_id", "account_id", "platform", name="uq_pauses_what", postgresql_nulls_not_distinct=True
    ),
    of_organization(),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    # Not a reference: the log of a tenant stays when the tenant is deleted.
    Column("organization_id", Uuid, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    moment("created_at", nullable=False),
    Index("ix_audit_log_organization_id_id", "organization_id", "id"),
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
