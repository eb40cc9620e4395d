"""Record when the platform last confirmed the data of an account.

It is unknown for existing accounts, so what rules find in their data is a warning until the next daily check.
"""

from alembic import op

revision = "202611291700"
down_revision = "202611291600"


def upgrade() -> None:
    op.execute("ALTER TABLE accounts ADD COLUMN data_confirmed_at TIMESTAMPTZ")


def downgrade() -> None:
    op.execute("ALTER TABLE accounts DROP COLUMN data_confirmed_at")
