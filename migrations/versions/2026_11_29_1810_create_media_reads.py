"""Create the table of reads of media items through the URLs that platforms fetch."""

from alembic import op

revision = "202611291810"
down_revision = "202611291800"

TABLE = """
CREATE TABLE media_reads (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_media_reads_known_mode CHECK (mode IN ('test', 'live')),
  post_id UUID NOT NULL,
  media_id UUID NOT NULL,
  read_count INTEGER NOT NULL,
  first_reads JSONB NOT NULL,
  last_read_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT pk_media_reads PRIMARY KEY (organization_id, post_id, media_id),
  CONSTRAINT fk_media_reads_organization_id_organizations
    FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_media_reads_organization_id_post_id_posts
    FOREIGN KEY (organization_id, post_id) REFERENCES posts (organization_id, id) ON DELETE CASCADE
)
"""
OF_TENANT = (
    "organization_id = (SELECT nullif(current_setting('letmepost.organization', true), '')::uuid)"
    " AND mode = (SELECT current_setting('letmepost.mode', true))"
)


def upgrade() -> None:
    """Create the table with its policies. Only the application reads it, as one tenant."""
    op.execute(TABLE)
    op.execute("ALTER TABLE media_reads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY migrator ON media_reads TO letmepost_migrator USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON media_reads TO letmepost_app")
    op.execute(f"CREATE POLICY tenant ON media_reads TO letmepost_app USING ({OF_TENANT}) WITH CHECK ({OF_TENANT})")


def downgrade() -> None:
    """Remove the table."""
    op.execute("DROP TABLE media_reads")
