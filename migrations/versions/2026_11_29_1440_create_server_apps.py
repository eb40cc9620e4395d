"""Create the table of apps that are registered at servers that people choose."""

from alembic import op

revision = "202611291440"
down_revision = "20261129"

TABLE = """
CREATE TABLE server_apps (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_server_apps_known_mode CHECK (mode IN ('test', 'live')),
  platform TEXT NOT NULL,
  server TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT pk_server_apps PRIMARY KEY (organization_id, mode, platform, server, redirect_uri),
  CONSTRAINT fk_server_apps_organization_id_organizations
    FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
"""
OF_TENANT = (
    "organization_id = (SELECT nullif(current_setting('letmepost.organization', true), '')::uuid)"
    " AND mode = (SELECT current_setting('letmepost.mode', true))"
)


def upgrade() -> None:
    """Create the table with its policies. Only the application reads it, as one tenant."""
    op.execute(TABLE)
    op.execute("ALTER TABLE server_apps ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY migrator ON server_apps TO letmepost_migrator USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON server_apps TO letmepost_app")
    op.execute(f"CREATE POLICY tenant ON server_apps TO letmepost_app USING ({OF_TENANT}) WITH CHECK ({OF_TENANT})")


def downgrade() -> None:
    """Remove the table."""
    op.execute("DROP TABLE server_apps")
