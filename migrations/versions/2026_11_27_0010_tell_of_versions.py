"""Remember who has been told that a platform's version ends.

Only adds: a table, rights. Safe while the previous release runs: it tells nobody.
"""

from alembic import op

revision = "20261127"
down_revision = "20261126"

TABLE = """
CREATE TABLE version_notices (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  platform TEXT NOT NULL,
  api_version TEXT NOT NULL,
  within_days INTEGER NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_version_notices PRIMARY KEY (organization_id, mode, platform, api_version, within_days),
  CONSTRAINT ck_version_notices_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT fk_version_notices_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
"""
OF_TENANT = (
    "organization_id = (SELECT nullif(current_setting('letmepost.organization', true), '')::uuid)"
    " AND mode = (SELECT current_setting('letmepost.mode', true))"
)
# Whoever tells of a version looks for those with an account on its platform who have not been told.
SWEEPER = {
    "version_notices": "SELECT (organization_id, mode, platform, api_version, within_days)",
    "accounts": "SELECT (mode, platform, status)",
}


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("ALTER TABLE version_notices ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE version_notices FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY migrator ON version_notices TO letmepost_migrator USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY tenant ON version_notices TO letmepost_app USING ({OF_TENANT}) WITH CHECK ({OF_TENANT})")
    op.execute("CREATE POLICY sweeper ON version_notices TO letmepost_sweeper USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON version_notices TO letmepost_app")
    for table, rights in SWEEPER.items():
        op.execute(f"GRANT {rights} ON {table} TO letmepost_sweeper")


def downgrade() -> None:
    # What may be seen of accounts stays: others may have been given the same.
    op.execute("DROP TABLE version_notices")
