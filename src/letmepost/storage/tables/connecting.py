"""Consents in progress, the sessions of hosted pages on which they start, and the apps at chosen servers."""

from sqlalchemy import (
    Column,
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

connect_sessions = Table(
    "connect_sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("profile_id", Uuid),
    # The only platform that is offered; NULL for all of the deployment.
    Column("platform", Text),
    # The API key that created it. Not a reference: the key may be deleted.
    Column("key_id", Uuid, nullable=False),
    Column("external_user_id", Text),
    Column("return_url", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    # The browser that opened it. Another browser cannot continue it.
    Column("browser_hash", LargeBinary),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("account_ids", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    Column("error", JSONB(none_as_null=True)),
    moment("created_at", nullable=False),
    moment("expires_at", nullable=False),
    moment("finished_at"),
    Column("sign_in_count", Integer, nullable=False, server_default=text("0")),
    known_mode(),
    UniqueConstraint("organization_id", "id"),
    UniqueConstraint("token_hash"),
    of_organization(),
    belongs_to("profile_id", "profiles", ondelete="CASCADE"),
    Index("ix_connect_sessions_created_at", "created_at"),
)

connect_states = Table(
    "connect_states",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("profile_id", Uuid),
    Column("platform", Text, nullable=False),
    Column("key_id", Uuid, nullable=False),
    Column("session_id", Uuid),
    # Only the browser and the caller who started the consent know the state itself.
    Column("state_hash", LargeBinary, nullable=False),
    Column("browser_hash", LargeBinary),
    Column("redirect_uri", Text, nullable=False),
    Column("return_url", Text),
    # `started`, `choosing` one of the accounts that the consent opened, or `over`.
    Column("stage", Text, nullable=False, server_default=text("'started'")),
    # The code verifier and the app while started, the accounts while choosing, NULL when over.
    Column("sealed", LargeBinary),
    moment("created_at", nullable=False),
    moment("expires_at", nullable=False),
    known_mode(),
    UniqueConstraint("organization_id", "id"),
    UniqueConstraint("state_hash"),
    of_organization(),
    belongs_to("profile_id", "profiles", ondelete="CASCADE"),
    belongs_to("session_id", "connect_sessions", ondelete="CASCADE"),
    Index("ix_connect_states_created_at", "created_at"),
    Index(
        "ix_connect_states_session_id",
        "organization_id",
        "session_id",
        postgresql_where=text("session_id IS NOT NULL"),
    ),
)

server_apps = Table(
    "server_apps",
    metadata,
    *tenant(),
    Column("platform", Text, nullable=False),
    Column("server", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    # The client id and the client secret.
    Column("sealed", LargeBinary, nullable=False),
    # When it was registered.
    moment("created_at", nullable=False),
    known_mode(),
    PrimaryKeyConstraint("organization_id", "mode", "platform", "server", "redirect_uri"),
    of_organization(),
)
