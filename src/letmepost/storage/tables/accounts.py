"""Connected social accounts."""

from sqlalchemy import Column, LargeBinary, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from letmepost.storage.tables.base import belongs_to, known_mode, metadata, moment, of_organization, tenant

accounts = Table(
    "accounts",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("profile_id", Uuid, nullable=False),
    Column("platform", Text, nullable=False),
    Column("platform_account_id", Text, nullable=False),
    Column("handle", Text),
    Column("display_name", Text),
    Column("avatar_url", Text),
    Column("status", Text, nullable=False),
    # What flows need and need not be secret (a host): plain JSON from the platform's connect flow.
    Column("data", JSONB, nullable=False, server_default=text("'{}'")),
    Column("credential_sealed", LargeBinary),
    # Who refreshes the credential at this moment does so until then: no lock is held across the network.
    moment("refreshing_until"),
    Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    moment("token_expires_at"),
    # When the present credential came in by a connect: a failure of an older one must not mark it.
    moment("connected_at", nullable=False),
    # The last health check: when, what it found, and what was wrong.
    moment("checked_at"),
    Column("health", Text),
    Column("health_error", JSONB(none_as_null=True)),
    moment("created_at", default_now=True),
    moment("updated_at", default_now=True),
    known_mode(),
    UniqueConstraint("organization_id", "id"),
    UniqueConstraint("organization_id", "mode", "platform", "platform_account_id"),
    of_organization(),
    belongs_to("profile_id", "profiles"),
)
