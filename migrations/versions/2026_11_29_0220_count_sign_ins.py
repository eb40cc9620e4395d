"""Count the sign-ins on hosted pages.

Only adds a column with a constant default. Safe while the previous release runs: it does not count.
"""

from alembic import op

revision = "20261129f"
down_revision = "20261129e"


def upgrade() -> None:
    op.execute("ALTER TABLE connect_sessions ADD COLUMN sign_in_count INTEGER DEFAULT 0 NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE connect_sessions DROP COLUMN sign_in_count")
