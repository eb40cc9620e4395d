"""Find the posts that wait for a person without a look at all others."""

from alembic import op

revision = "20261125"
down_revision = "20261124"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_posts_status ON posts (status) WHERE status IN ('held', 'unconfirmed')")


def downgrade() -> None:
    op.execute("DROP INDEX ix_posts_status")
