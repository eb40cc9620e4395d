"""Add consents under way, hosted connect sessions, and what keeps tokens alive.

Only adds: nullable columns, columns with constant defaults, tables, indexes. Safe while the previous release runs,
which leaves the new columns empty: such an account is refreshed when it is used, as before, and checked once the
backfill below has given it a time.
"""

from alembic import op

revision = "20261126"
down_revision = "20261125"

COLUMNS = {
    "organizations": (
        "return_origins TEXT[] DEFAULT '{}' NOT NULL",
        "brand_name TEXT",
        "brand_logo_url TEXT",
        "brand_color TEXT",
    ),
    "accounts": (
        "external_user_id TEXT",
        "refresh_at TIMESTAMP WITH TIME ZONE",
        "refresh_failures INTEGER DEFAULT 0 NOT NULL",
        "refresh_strikes INTEGER DEFAULT 0 NOT NULL",
        "check_at TIMESTAMP WITH TIME ZONE",
        "expiry_told_days INTEGER",
    ),
}

INDEXES = {
    "ix_accounts_refresh_at": "accounts (refresh_at) WHERE refresh_at IS NOT NULL",
    "ix_accounts_check_at": "accounts (check_at) WHERE check_at IS NOT NULL",
    "ix_accounts_token_expires_at": "accounts (token_expires_at) WHERE token_expires_at IS NOT NULL",
    "ix_accounts_platform_account_id": "accounts (platform, platform_account_id)",
    "ix_accounts_external_user_id": "accounts (organization_id, mode, external_user_id, id)"
    " WHERE external_user_id IS NOT NULL",
}

TABLES = """
CREATE TABLE connect_sessions (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  profile_id UUID,
  platform TEXT,
  key_id UUID NOT NULL,
  external_user_id TEXT,
  return_url TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  browser_hash BYTEA,
  status TEXT DEFAULT 'open' NOT NULL,
  account_ids UUID[] DEFAULT '{}' NOT NULL,
  error JSONB,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  finished_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_connect_sessions PRIMARY KEY (id),
  CONSTRAINT ck_connect_sessions_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT uq_connect_sessions_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT uq_connect_sessions_token_hash UNIQUE (token_hash),
  CONSTRAINT fk_connect_sessions_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_connect_sessions_organization_id_profile_id_profiles
    FOREIGN KEY(organization_id, profile_id) REFERENCES profiles (organization_id, id) ON DELETE CASCADE
);
CREATE TABLE connect_states (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  profile_id UUID,
  platform TEXT NOT NULL,
  key_id UUID NOT NULL,
  session_id UUID,
  state_hash BYTEA NOT NULL,
  browser_hash BYTEA,
  redirect_uri TEXT NOT NULL,
  return_url TEXT,
  stage TEXT DEFAULT 'started' NOT NULL,
  sealed BYTEA,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_connect_states PRIMARY KEY (id),
  CONSTRAINT ck_connect_states_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT uq_connect_states_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT uq_connect_states_state_hash UNIQUE (state_hash),
  CONSTRAINT fk_connect_states_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_connect_states_organization_id_profile_id_profiles
    FOREIGN KEY(organization_id, profile_id) REFERENCES profiles (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_connect_states_organization_id_session_id_connect_sessions
    FOREIGN KEY(organization_id, session_id) REFERENCES connect_sessions (organization_id, id) ON DELETE CASCADE
)
"""
TABLE_INDEXES = {
    "ix_connect_sessions_created_at": "connect_sessions (created_at)",
    "ix_connect_states_created_at": "connect_states (created_at)",
    "ix_connect_states_session_id": "connect_states (organization_id, session_id) WHERE session_id IS NOT NULL",
}

ORGANIZATION = "(SELECT nullif(current_setting('letmepost.organization', true), '')::uuid)"
WORLD = "(SELECT current_setting('letmepost.mode', true))"
MINE = f"organization_id = {ORGANIZATION} AND mode = {WORLD}"

SWEEPER = {
    # A browser that comes back brings a state or a session's token, and nothing that says whose it is.
    "connect_sessions": "SELECT (id, organization_id, mode, token_hash, created_at), DELETE",
    "connect_states": "SELECT (id, organization_id, mode, state_hash, created_at), DELETE",
}
# Tokens are refreshed and checked whoever's they are; a platform names an account by its own id alone.
SWEEPER_SEES_ALSO = {
    "accounts": "SELECT (mode, platform, platform_account_id, status, refresh_at, check_at, token_expires_at,"
    " expiry_told_days)"
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"ADD COLUMN {column}" for column in columns))
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for name, place in {**INDEXES, **TABLE_INDEXES}.items():
        op.execute(f"CREATE INDEX {name} ON {place}")
    for table, rights in SWEEPER.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY migrator ON {table} TO letmepost_migrator USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY tenant ON {table} TO letmepost_app USING ({MINE}) WITH CHECK ({MINE})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO letmepost_app")
        op.execute(f"CREATE POLICY sweeper ON {table} TO letmepost_sweeper USING (true) WITH CHECK (true)")
        op.execute(f"GRANT {rights} ON {table} TO letmepost_sweeper")
    for table, rights in SWEEPER_SEES_ALSO.items():
        op.execute(f"GRANT {rights} ON {table} TO letmepost_sweeper")
    # Spread over a day, so that the first checks do not all fall due at once.
    op.execute(
        "UPDATE accounts SET check_at = now() + random() * interval '1 day' WHERE status IN ('active', 'expiring')"
    )


def downgrade() -> None:
    for table, rights in SWEEPER_SEES_ALSO.items():
        op.execute(f"REVOKE {rights} ON {table} FROM letmepost_sweeper")
    for table in reversed(SWEEPER):
        op.execute(f"DROP TABLE {table} CASCADE")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    for table, columns in COLUMNS.items():
        names = [column.split()[0] for column in columns]
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"DROP COLUMN {name}" for name in names))
