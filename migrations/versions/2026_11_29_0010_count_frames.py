"""Store how many frames an image has.

Only adds a nullable column. Safe while the previous release runs: it neither reads nor writes the column.
"""

from alembic import op

revision = "20261129"
down_revision = "20261128"


def upgrade() -> None:
    op.execute("ALTER TABLE media ADD COLUMN frame_count INTEGER")


def downgrade() -> None:
    op.execute("ALTER TABLE media DROP COLUMN frame_count")
