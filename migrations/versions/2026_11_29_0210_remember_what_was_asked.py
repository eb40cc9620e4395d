"""Store how far the sandbox clock has moved a post, and whether a canceled post was a draft.

Only adds columns with constant defaults, which rewrites no row. Safe while the previous release runs: it neither reads
nor writes them. A draft that it cancels can still be retried afterwards.
"""

from alembic import op

revision = "20261129e"
down_revision = "20261129d"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE posts ADD COLUMN clock_moved INTERVAL NOT NULL DEFAULT '0',"
        " ADD COLUMN is_canceled_draft BOOLEAN NOT NULL DEFAULT false"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE posts DROP COLUMN clock_moved, DROP COLUMN is_canceled_draft")
