"""${message}

Safe while the previous release runs: add first (nullable, or with a constant default), backfill in batches in a
migration of its own, tighten in a later release. Indexes on filled tables are made CONCURRENTLY, outside a transaction.
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "raise NotImplementedError"}


def downgrade() -> None:
    ${downgrades if downgrades else "raise NotImplementedError"}
