"""Plan when the platform is asked whether it still shows a post.

Only adds a column, an index and a right. Safe while the previous release runs: its posts are not read back.
"""

from alembic import op

revision = "20261129c"
down_revision = "20261129b"


def upgrade() -> None:
    op.execute("ALTER TABLE posts ADD COLUMN read_back_at TIMESTAMP WITH TIME ZONE")
    op.execute("CREATE INDEX ix_posts_read_back_at ON posts (read_back_at) WHERE read_back_at IS NOT NULL")
    op.execute("GRANT SELECT (read_back_at) ON posts TO letmepost_sweeper")


def downgrade() -> None:
    op.execute("REVOKE SELECT (read_back_at) ON posts FROM letmepost_sweeper")
    op.execute("ALTER TABLE posts DROP COLUMN read_back_at")
