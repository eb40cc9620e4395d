"""Record the person who granted access to an account, if the platform's callbacks name the person.

It is unknown for existing accounts, whose own id the callbacks name.
"""

from alembic import op

revision = "202611291900"
down_revision = "202611291850"


def upgrade() -> None:
    """Add the column. It is looked up before the tenant is known."""
    op.execute("ALTER TABLE accounts ADD COLUMN granted_by TEXT")
    op.execute("CREATE INDEX ix_accounts_granted_by ON accounts (platform, granted_by) WHERE granted_by IS NOT NULL")
    op.execute("GRANT SELECT (granted_by) ON accounts TO letmepost_lookup")


def downgrade() -> None:
    """Remove the column."""
    op.execute("ALTER TABLE accounts DROP COLUMN granted_by")
