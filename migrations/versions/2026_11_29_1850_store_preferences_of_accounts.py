"""Store what callers have chosen for an account, apart from what the platform reports about it."""

from alembic import op

revision = "202611291850"
down_revision = "202611291840"


def upgrade() -> None:
    op.execute("ALTER TABLE accounts ADD COLUMN preferences JSONB NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE accounts DROP COLUMN preferences")
