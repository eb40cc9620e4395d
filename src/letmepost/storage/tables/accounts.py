"""The connected accounts, and their credentials."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from letmepost.storage.tables.base import belongs_to, known_mode, metadata, moment, of_organization, tenant

credentials = Table(
    "credentials",
    metadata,
    Column("id", Uuid, primary_key=True),
    *tenant(),
    Column("sealed", LargeBinary, nullable=False),
    # The end of the lease for refreshing it: no lock is held across the network.
    moment("refreshing_until"),
    # When to refresh it. How many refreshes have failed since the last success, and how many of these the platform
    # refused without a clear end of the grant.
    moment("refresh_at"),
    Column("refresh_failures", Integer, nullable=False, server_default=text("0")),
    Column("refresh_strikes", Integer, nullable=False, server_default=text("0")),
    known_mode(),
    UniqueConstraint("organization_id", "id"),
    of_organization(),
    Index("ix_credentials_refresh_at", "refresh_at", postgresql_where=text("refresh_at IS NOT NULL")),
)

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
    # The customer's own id of the person who connected it.
    Column("external_user_id", Text),
    # The platform's id of the person who granted access to it, which its callbacks name instead of the account.
    Column("granted_by", Text),
    Column("status", Text, nullable=False),
    # Data of the platform's connect flow that later flows need and that is not secret, such as a host. A check can
    # refresh it. Then when the platform last confirmed it; unknown for accounts of earlier releases.
    Column("data", JSONB, nullable=False, server_default=text("'{}'")),
    moment("data_confirmed_at"),
    # What a caller has chosen, such as a default board. Neither a check nor a reconnect changes it.
    Column("preferences", JSONB, nullable=False, server_default=text("'{}'")),
    # The accounts of one consent share a credential. NULL if the account is disconnected.
    Column("credential_id", Uuid),
    Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    moment("token_expires_at"),
    # How many days before the expiry the last notice was sent.
    Column("expiry_told_days", Integer),
    # When the current credential was connected: a failure of an older one must not mark it.
    moment("connected_at", nullable=False),
    # The next health check. Then the last one: when, its result, and its error.
    moment("check_at"),
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
    belongs_to("credential_id", "credentials"),
    Index("ix_accounts_credential_id", "credential_id", postgresql_where=text("credential_id IS NOT NULL")),
    Index("ix_accounts_check_at", "check_at", postgresql_where=text("check_at IS NOT NULL")),
    Index("ix_accounts_token_expires_at", "token_expires_at", postgresql_where=text("token_expires_at IS NOT NULL")),
    Index("ix_accounts_platform_account_id", "platform", "platform_account_id"),
    Index("ix_accounts_granted_by", "platform", "granted_by", postgresql_where=text("granted_by IS NOT NULL")),
    Index(
        "ix_accounts_external_user_id",
        "organization_id",
        "mode",
        "external_user_id",
        "id",
        postgresql_where=text("external_user_id IS NOT NULL"),
    ),
)
