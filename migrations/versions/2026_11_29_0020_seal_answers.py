"""Tell answers with a secret from answers that are merely sealed, because every stored answer is sealed now.

Only adds a column. The previous release reads a sealed answer as one with a secret: it replays it for ten minutes.
"""

from alembic import op

revision = "20261129b"
down_revision = "20261129"


def upgrade() -> None:
    op.execute("ALTER TABLE idempotency_keys ADD COLUMN has_secret BOOLEAN DEFAULT false NOT NULL")
    op.execute("UPDATE idempotency_keys SET has_secret = true WHERE is_sealed")


def downgrade() -> None:
    op.execute("ALTER TABLE idempotency_keys DROP COLUMN has_secret")
