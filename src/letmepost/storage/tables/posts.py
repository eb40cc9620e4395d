"""Batches, posts with their revisions, attempts and journal, and the records of idempotent requests."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Interval,
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

batches = Table(
    "batches",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("request_id", Text, nullable=False),
    Column("is_scheduled", Boolean, nullable=False),
    moment("created_at", nullable=False),
    known_mode(),
    UniqueConstraint("organization_id", "id"),
    of_organization(),
)

posts = Table(
    "posts",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("batch_id", Uuid, nullable=False),
    Column("target_index", Integer, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("profile_id", Uuid, nullable=False),
    Column("platform", Text, nullable=False),
    Column("status", Text, nullable=False),
    # A draft that was canceled. A retry must not publish it, because no request has published it.
    Column("is_canceled_draft", Boolean, nullable=False, server_default=text("false")),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    Column("metadata", JSONB, nullable=False, server_default=text("'{}'")),
    # When to publish it. Lateness and retries count from here.
    moment("due_at", nullable=False),
    # How far the sandbox clock has moved `due_at` back.
    Column("clock_moved", Interval, nullable=False, server_default=text("'0'")),
    # Whether a caller chose `due_at` after the request. `batches.is_scheduled` is about the request.
    Column("is_rescheduled", Boolean, nullable=False, server_default=text("false")),
    # The wall time and its zone that `due_at` was computed from; NULL if a caller sent an instant or no time.
    Column("wall_time", JSONB(none_as_null=True)),
    Column("late_within_s", Integer, nullable=False),
    Column("late_then", Text, nullable=False),
    # When a worker should claim it next: due, retry, end of a pause, deadline. NULL for never.
    moment("ready_at"),
    Column("lease_token", Uuid),
    moment("lease_until"),
    Column("attempt_count", Integer, nullable=False, server_default=text("0")),
    # Failed attempts since the last success or reset, for the backoff.
    Column("failure_count", Integer, nullable=False, server_default=text("0")),
    moment("extras_until"),
    Column("uri", Text),
    Column("cid", Text),
    Column("url", Text),
    Column("parts", JSONB, nullable=False, server_default=text("'[]'")),
    Column("extras", JSONB, nullable=False, server_default=text("'{}'")),
    Column("warnings", JSONB, nullable=False, server_default=text("'[]'")),
    Column("error", JSONB(none_as_null=True)),
    moment("published_at"),
    # Equal for posts with the same text and media.
    Column("content_hash", LargeBinary),
    # When it was unpublished, and when it was found removed.
    moment("unpublished_at"),
    moment("removed_at"),
    # When to check that the platform still shows the post; NULL after the check.
    moment("read_back_at"),
    moment("created_at", nullable=False),
    moment("updated_at", nullable=False),
    known_mode(),
    CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name="whole_lease"),
    UniqueConstraint("organization_id", "id"),
    of_organization(),
    belongs_to("batch_id", "batches", ondelete="CASCADE"),
    belongs_to("account_id", "accounts"),
    # Due posts are found without reading the history, because settled posts are not in these indexes.
    Index("ix_posts_ready", "organization_id", "ready_at", "id", postgresql_where=text("ready_at IS NOT NULL")),
    Index("ix_posts_next", "ready_at", postgresql_where=text("ready_at IS NOT NULL AND lease_token IS NULL")),
    Index("ix_posts_read_back_at", "read_back_at", postgresql_where=text("read_back_at IS NOT NULL")),
    Index("ix_posts_lease_until", "lease_until", postgresql_where=text("lease_until IS NOT NULL")),
    # Guarantees one post per account at a time.
    Index("uq_posts_leased_account", "account_id", unique=True, postgresql_where=text("lease_token IS NOT NULL")),
    Index("ix_posts_batch_id", "batch_id", "target_index"),
    Index("ix_posts_organization_id_mode_id", "organization_id", "mode", "id"),
    Index("ix_posts_organization_id_account_id", "organization_id", "account_id", "id"),
    Index("ix_posts_organization_id_mode_due_at", "organization_id", "mode", "due_at"),
    Index(
        "ix_posts_content_hash",
        "organization_id",
        "account_id",
        "content_hash",
        "created_at",
        postgresql_where=text("content_hash IS NOT NULL"),
    ),
    # Posts that wait for a person. They are counted for monitoring.
    Index("ix_posts_status", "status", postgresql_where=text("status IN ('held', 'unconfirmed')")),
)

post_revisions = Table(
    "post_revisions",
    metadata,
    *tenant(),
    Column("post_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("content", JSONB, nullable=False),
    moment("frozen_at"),
    Column("frozen_entropy", LargeBinary),
    moment("created_at", nullable=False),
    PrimaryKeyConstraint("post_id", "revision"),
    of_organization(),
    belongs_to("post_id", "posts", ondelete="CASCADE"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("post_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("outcome", Text),
    Column("error", JSONB(none_as_null=True)),
    Column("waited_ms", Integer, nullable=False),
    Column("platform_ms", Integer),
    Column("calls", JSONB, nullable=False, server_default=text("'[]'")),
    moment("started_at", nullable=False),
    moment("finished_at"),
    UniqueConstraint("post_id", "number"),
    of_organization(),
    belongs_to("post_id", "posts", ondelete="CASCADE"),
)

flow_steps = Table(
    "flow_steps",
    metadata,
    *tenant(),
    Column("post_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("step", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False, server_default=text("''")),
    Column("intent_sealed", LargeBinary),
    moment("intent_at"),
    Column("reply_sealed", LargeBinary),
    moment("valid_until"),
    Column("forgotten_count", Integer, nullable=False, server_default=text("0")),
    moment("paused_at"),
    Column("pause_count", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("(intent_sealed IS NULL) = (intent_at IS NULL)", name="whole_intent"),
    PrimaryKeyConstraint("post_id", "revision", "step"),
    of_organization(),
    ForeignKeyConstraint(
        ["post_id", "revision"], ["post_revisions.post_id", "post_revisions.revision"], ondelete="CASCADE"
    ),
    belongs_to("post_id", "posts", ondelete="CASCADE"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    # Not a reference: the operator's requests belong to no organization. They have the nil UUID.
    *tenant(),
    # The profile of the API key, or the nil UUID for a key of the whole organization.
    Column("profile_scope", Uuid, nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("api_key_id", Uuid, nullable=False),
    Column("batch_id", Uuid),
    Column("status", Integer),
    Column("headers", JSONB(none_as_null=True)),
    Column("body", LargeBinary),
    # The response contains a new key or signing secret. It is replayed to the same API key only, for ten minutes.
    Column("has_secret", Boolean, nullable=False, server_default=text("false")),
    moment("created_at", nullable=False),
    PrimaryKeyConstraint("organization_id", "mode", "profile_scope", "key_hash"),
    known_mode(),
    Index("ix_idempotency_keys_created_at", "created_at"),
)
