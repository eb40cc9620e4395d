"""Let workers add up what all tenants have spent of a platform's daily limit."""

from alembic import op

revision = "202611292130"
down_revision = "202611292110"


def upgrade() -> None:
    """Grant the right to read the amounts."""
    op.execute("GRANT SELECT (used) ON usage TO letmepost_sweeper")


def downgrade() -> None:
    """Revoke the right."""
    op.execute("REVOKE SELECT (used) ON usage FROM letmepost_sweeper")
