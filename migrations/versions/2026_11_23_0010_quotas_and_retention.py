"""Add what quotas, the operator's requests, the removal of tenants and the retention job need.

Adds columns, a table and indexes, and takes the reference to the tenant off the audit log, so that the record of what
was done outlives it. Safe while the previous release runs.
"""

from alembic import op

revision = "20261123"
down_revision = "20261122a"

COLUMNS = {
    "organizations": ("deleted_at TIMESTAMP WITH TIME ZONE",),
    "usage": ("warned_at TIMESTAMP WITH TIME ZONE", "exceeded_at TIMESTAMP WITH TIME ZONE"),
}

INDEXES = {
    "ix_organizations_deleted_at": "organizations (deleted_at) WHERE deleted_at IS NOT NULL",
    "ix_usage_period_start": "usage (period_start)",
    "ix_audit_log_organization_id_id": "audit_log (organization_id, id)",
    "ix_posts_organization_id_mode_due_at": "posts (organization_id, mode, due_at)",
    "ix_deliveries_event_id": "deliveries (organization_id, event_id)",
}

TABLE = """
CREATE TABLE operator_requests (
  key_hash BYTEA NOT NULL,
  organization_id UUID NOT NULL,
  fingerprint BYTEA NOT NULL,
  status INTEGER,
  body BYTEA,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_operator_requests PRIMARY KEY (key_hash)
)
"""

ORGANIZATION = "(SELECT nullif(current_setting('letmepost.organization', true), '')::uuid)"

# The retention job looks for what is old, whoever's it is, and sees no more of it than it needs for that.
SWEEPER = {
    "attempts": "SELECT (id), DELETE",
    "flow_steps": "SELECT (post_id, revision, step, intent_at), DELETE",
    "idempotency_keys": "SELECT (organization_id, mode, profile_scope, key_hash, created_at), DELETE",
    "usage": "SELECT (organization_id, mode, subject, period_start), DELETE",
    # Before the operator's request is carried out, nobody knows whose tenant it was about the first time.
    "operator_requests": "SELECT, DELETE",
}
SWEEPER_MAY_ALSO = {"events": "DELETE", "deliveries": "DELETE"}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"ADD COLUMN {column}" for column in columns))
    op.execute("ALTER TABLE audit_log DROP CONSTRAINT fk_audit_log_organization_id_organizations")
    op.execute(TABLE)
    op.execute("CREATE INDEX ix_operator_requests_created_at ON operator_requests (created_at)")
    for name, place in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {place}")
    op.execute("ALTER TABLE operator_requests ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE operator_requests FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY migrator ON operator_requests TO letmepost_migrator USING (true) WITH CHECK (true)")
    mine = f"organization_id = {ORGANIZATION}"
    op.execute(f"CREATE POLICY tenant ON operator_requests TO letmepost_app USING ({mine}) WITH CHECK ({mine})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON operator_requests TO letmepost_app")
    for table, rights in SWEEPER.items():
        op.execute(f"CREATE POLICY sweeper ON {table} TO letmepost_sweeper USING (true) WITH CHECK (true)")
        op.execute(f"GRANT {rights} ON {table} TO letmepost_sweeper")
    for table, rights in SWEEPER_MAY_ALSO.items():
        op.execute(f"GRANT {rights} ON {table} TO letmepost_sweeper")


def downgrade() -> None:
    for table, rights in SWEEPER_MAY_ALSO.items():
        op.execute(f"REVOKE {rights} ON {table} FROM letmepost_sweeper")
    op.execute("DROP TABLE operator_requests")
    for table in SWEEPER.keys() - {"operator_requests"}:
        op.execute(f"DROP POLICY sweeper ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM letmepost_sweeper")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute("DELETE FROM audit_log a WHERE NOT EXISTS (SELECT FROM organizations o WHERE o.id = a.organization_id)")
    op.execute(
        "ALTER TABLE audit_log ADD CONSTRAINT fk_audit_log_organization_id_organizations"
        " FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE"
    )
    for table, columns in COLUMNS.items():
        names = [column.split()[0] for column in columns]
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"DROP COLUMN {name}" for name in names))
