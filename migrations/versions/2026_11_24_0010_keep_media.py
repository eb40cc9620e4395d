"""Tell more of media, take them in by upload, and let them expire.

Only adds: nullable columns, an index, rights. Safe while the previous release runs: it neither reads nor writes any of
them, and the media that it makes never expire.
"""

from alembic import op

revision = "20261124"
down_revision = "20261123"

COLUMNS = (
    "frame_rate DOUBLE PRECISION",
    "codec TEXT",
    "blob TEXT",
    "fetch_at TIMESTAMP WITH TIME ZONE",
)
INDEXES = {
    "ix_media_expires_at": "media (expires_at) WHERE expires_at IS NOT NULL",
}
# Whoever fetches what waits, and removes what has expired, asks this of everybody's media.
SWEEPER = "SELECT (expires_at, fetch_at) ON media"


def upgrade() -> None:
    op.execute("ALTER TABLE media " + ", ".join(f"ADD COLUMN {column}" for column in COLUMNS))
    for name, place in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {place}")
    op.execute(f"GRANT {SWEEPER} TO letmepost_sweeper")


def downgrade() -> None:
    op.execute(f"REVOKE {SWEEPER} FROM letmepost_sweeper")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute("ALTER TABLE media " + ", ".join(f"DROP COLUMN {column.split()[0]}" for column in COLUMNS))
