"""Store the credential of a consent once, for all of its accounts.

A platform that returns a new refresh token with every refresh invalidates all copies of the old one. Sealed values are
copied as they are: a credential keeps the id of the account that it was sealed for.
"""

from alembic import op

revision = "202611291600"
down_revision = "202611291440"

OF_TENANT = (
    "organization_id = (SELECT nullif(current_setting('letmepost.organization', true), '')::uuid)"
    " AND mode = (SELECT current_setting('letmepost.mode', true))"
)

UPGRADE = f"""
CREATE TABLE credentials (
  id UUID CONSTRAINT pk_credentials PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_credentials_known_mode CHECK (mode IN ('test', 'live')),
  sealed BYTEA NOT NULL,
  refreshing_until TIMESTAMPTZ,
  refresh_at TIMESTAMPTZ,
  refresh_failures INTEGER DEFAULT 0 NOT NULL,
  refresh_strikes INTEGER DEFAULT 0 NOT NULL,
  CONSTRAINT uq_credentials_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT fk_credentials_organization_id_organizations
    FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX ix_credentials_refresh_at ON credentials (refresh_at) WHERE refresh_at IS NOT NULL;
INSERT INTO credentials
  SELECT id, organization_id, mode, credential_sealed, refreshing_until, refresh_at, refresh_failures, refresh_strikes
  FROM accounts WHERE credential_sealed IS NOT NULL;
ALTER TABLE accounts ADD COLUMN credential_id UUID;
UPDATE accounts SET credential_id = id WHERE credential_sealed IS NOT NULL;
ALTER TABLE accounts ADD CONSTRAINT fk_accounts_organization_id_credential_id_credentials
  FOREIGN KEY (organization_id, credential_id) REFERENCES credentials (organization_id, id);
CREATE INDEX ix_accounts_credential_id ON accounts (credential_id) WHERE credential_id IS NOT NULL;
ALTER TABLE accounts DROP COLUMN credential_sealed, DROP COLUMN refreshing_until, DROP COLUMN refresh_at,
  DROP COLUMN refresh_failures, DROP COLUMN refresh_strikes;
ALTER TABLE credentials ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY migrator ON credentials TO letmepost_migrator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON credentials TO letmepost_app;
CREATE POLICY tenant ON credentials TO letmepost_app USING ({OF_TENANT}) WITH CHECK ({OF_TENANT});
GRANT SELECT (id, organization_id, mode, refresh_at) ON credentials TO letmepost_sweeper;
CREATE POLICY sweeper ON credentials TO letmepost_sweeper USING (true) WITH CHECK (true);
GRANT SELECT (credential_id) ON accounts TO letmepost_sweeper;
"""  # noqa: S608 - the condition is our own

# A shared credential opens for one of its accounts only: the others have to be connected again.
DOWNGRADE = """
ALTER TABLE accounts ADD COLUMN credential_sealed BYTEA, ADD COLUMN refreshing_until TIMESTAMPTZ,
  ADD COLUMN refresh_at TIMESTAMPTZ, ADD COLUMN refresh_failures INTEGER DEFAULT 0 NOT NULL,
  ADD COLUMN refresh_strikes INTEGER DEFAULT 0 NOT NULL;
UPDATE accounts SET credential_sealed = c.sealed, refreshing_until = c.refreshing_until, refresh_at = c.refresh_at,
  refresh_failures = c.refresh_failures, refresh_strikes = c.refresh_strikes
  FROM credentials c WHERE c.id = accounts.id AND accounts.credential_id = c.id;
UPDATE accounts SET status = 'reauth_required'
  WHERE credential_id IS NOT NULL AND credential_sealed IS NULL AND status IN ('active', 'expiring');
CREATE INDEX ix_accounts_refresh_at ON accounts (refresh_at) WHERE refresh_at IS NOT NULL;
GRANT SELECT (refresh_at) ON accounts TO letmepost_sweeper;
ALTER TABLE accounts DROP COLUMN credential_id;
DROP TABLE credentials;
"""


def upgrade() -> None:
    """Move the credentials of accounts to a table of their own."""
    for statement in UPGRADE.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Move the credentials back to the accounts for which they were sealed."""
    for statement in DOWNGRADE.split(";\n"):
        if statement.strip():
            op.execute(statement)
