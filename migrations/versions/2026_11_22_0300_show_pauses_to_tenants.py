"""Let a tenant's transaction see and lock the pauses of the whole deployment, which stop its posts too.

Only adds policies. Safe while the previous release runs.
"""

from alembic import op

revision = "20261122a"
down_revision = "20261122"


def upgrade() -> None:
    op.execute("CREATE POLICY everyones ON pauses FOR SELECT TO letmepost_app USING (organization_id IS NULL)")
    # Locking a row takes the right to update it; this lets it be locked, and never be changed.
    op.execute(
        "CREATE POLICY everyones_lock ON pauses FOR UPDATE TO letmepost_app"
        " USING (organization_id IS NULL) WITH CHECK (false)"
    )


def downgrade() -> None:
    op.execute("DROP POLICY everyones_lock ON pauses")
    op.execute("DROP POLICY everyones ON pauses")
