"""Add what the whole contract needs: pauses, quotas, audit, rotation, takedowns, duplicates.

Only adds: nullable columns, columns with constant defaults, new tables. Safe while the previous release runs.
"""

from alembic import op

revision = "20261122"
down_revision = "20261121"

COLUMNS = {
    "organizations": (
        "late_within_s INTEGER",
        "late_then TEXT",
        "posts_per_month INTEGER",
        "posts_per_account_day INTEGER",
        "media_bytes BIGINT",
        "sandbox_ahead_s DOUBLE PRECISION DEFAULT 0 NOT NULL",
    ),
    "accounts": (
        "checked_at TIMESTAMP WITH TIME ZONE",
        "health TEXT",
        "health_error JSONB",
    ),
    "posts": (
        "content_hash BYTEA",
        "unpublished_at TIMESTAMP WITH TIME ZONE",
        "removed_at TIMESTAMP WITH TIME ZONE",
    ),
    "events": ("post_id UUID",),
    "webhook_endpoints": (
        "previous_secret_sealed BYTEA",
        "previous_secret_until TIMESTAMP WITH TIME ZONE",
    ),
    "media": (
        "filename TEXT",
        "expires_at TIMESTAMP WITH TIME ZONE",
    ),
}

INDEXES = {
    "ix_posts_content_hash": "posts (organization_id, account_id, content_hash, created_at)"
    " WHERE content_hash IS NOT NULL",
    "ix_events_post_id": "events (organization_id, post_id, written) WHERE post_id IS NOT NULL",
    "ix_deliveries_endpoint_id": "deliveries (organization_id, endpoint_id, id)",
}

TABLES = """
CREATE TABLE usage (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  subject TEXT NOT NULL,
  period_start DATE NOT NULL,
  used BIGINT NOT NULL,
  CONSTRAINT pk_usage PRIMARY KEY (organization_id, mode, subject, period_start),
  CONSTRAINT ck_usage_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT fk_usage_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE TABLE pauses (
  id UUID NOT NULL,
  organization_id UUID,
  account_id UUID,
  platform TEXT,
  reason TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_pauses PRIMARY KEY (id),
  CONSTRAINT ck_pauses_account_has_organization CHECK (account_id IS NULL OR organization_id IS NOT NULL),
  CONSTRAINT uq_pauses_what UNIQUE NULLS NOT DISTINCT (organization_id, account_id, platform),
  CONSTRAINT fk_pauses_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE TABLE audit_log (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail JSONB DEFAULT '{}' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_audit_log PRIMARY KEY (id),
  CONSTRAINT fk_audit_log_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
)
"""

ORGANIZATION = "(SELECT nullif(current_setting('letmepost.organization', true), '')::uuid)"
WORLD = "(SELECT current_setting('letmepost.mode', true))"
POLICIES = {
    "usage": f"organization_id = {ORGANIZATION} AND mode = {WORLD}",
    "pauses": f"organization_id = {ORGANIZATION}",
    "audit_log": f"organization_id = {ORGANIZATION}",
}
SWEEPER = {
    # The operator pauses a deployment, a platform or a tenant; the claim asks what is paused.
    "pauses": "SELECT, INSERT, DELETE",
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"ADD COLUMN {column}" for column in columns))
    for name, place in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {place}")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for table, condition in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY migrator ON {table} TO letmepost_migrator USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY tenant ON {table} TO letmepost_app USING ({condition}) WITH CHECK ({condition})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO letmepost_app")
    for table, rights in SWEEPER.items():
        op.execute(f"CREATE POLICY sweeper ON {table} TO letmepost_sweeper USING (true) WITH CHECK (true)")
        op.execute(f"GRANT {rights} ON {table} TO letmepost_sweeper")


def downgrade() -> None:
    for table in POLICIES:
        op.execute(f"DROP TABLE {table}")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    for table, columns in COLUMNS.items():
        names = [column.split()[0] for column in columns]
        op.execute(f"ALTER TABLE {table} " + ", ".join(f"DROP COLUMN {name}" for name in names))
