"""Record what a converted image is made from, and for which limits."""

from alembic import op

revision = "202611291840"
down_revision = "202611291810"

_COLUMNS = {"derived_from": "UUID", "wish": "JSONB", "source_sha256": "BYTEA"}


def upgrade() -> None:
    op.execute("ALTER TABLE media " + ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in _COLUMNS.items()))
    for name in ("derived_from", "source_sha256"):
        op.execute(f"CREATE INDEX ix_media_{name} ON media (organization_id, {name}) WHERE {name} IS NOT NULL")
    # Workers convert a media item after its source was fetched.
    op.execute("GRANT SELECT (derived_from) ON media TO letmepost_sweeper")


def downgrade() -> None:
    op.execute("ALTER TABLE media " + ", ".join(f"DROP COLUMN {name}" for name in _COLUMNS))
