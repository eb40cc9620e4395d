"""Split what crosses tenants: `letmepost_lookup` for the API and the worker, `letmepost_sweeper` for the worker alone.

Also makes `audit_log` append-only for the application, and lets the sweeper delete its old entries.

Safe while the previous release runs. That release looks keys, sessions and tenants up as the sweeper, so the sweeper
keeps those rights here; a later migration revokes them. The previous release only inserts into `audit_log`.
"""

from alembic import op

revision = "20261129d"
down_revision = "20261129c"

OF_ORGANIZATION = "organization_id = (SELECT nullif(current_setting('letmepost.organization', true), '')::uuid)"

LOOKUP = {
    # A presented key is looked up before its tenant is known.
    "api_keys": "SELECT, UPDATE (last_used_at)",
    # Operators list tenants.
    "organizations": "SELECT",
    # A browser brings the state of a consent or the token of a hosted page. Nothing in it names the tenant.
    "connect_states": "SELECT (id, organization_id, mode, state_hash)",
    "connect_sessions": "SELECT (id, organization_id, mode, token_hash)",
    # A platform that reports withdrawn consent names an account by its own id.
    "accounts": "SELECT (id, organization_id, mode, platform, platform_account_id, status)",
    # A repeated operator request is recognized before its tenant is known.
    "operator_requests": "SELECT, DELETE",
    # Operators pause a platform or the deployment.
    "pauses": "SELECT, INSERT, DELETE",
    # Readiness and metrics count posts; the end of a pause finds the tenants with held posts. No content.
    "posts": "SELECT (organization_id, mode, account_id, status, ready_at, lease_token)",
}


def upgrade() -> None:
    for table, rights in LOOKUP.items():
        command = "SELECT" if table == "operator_requests" else "ALL"
        check = "" if command == "SELECT" else " WITH CHECK (true)"
        op.execute(f"CREATE POLICY lookup ON {table} FOR {command} TO letmepost_lookup USING (true){check}")
        op.execute(f"GRANT {rights} ON {table} TO letmepost_lookup")
    # The shortest time for which a request can be repeated (LETMEPOST_IDEMPOTENCY_KEPT_HOURS is at least 24).
    op.execute(
        "CREATE POLICY lookup_expired ON operator_requests FOR DELETE TO letmepost_lookup"
        " USING (created_at < now() - interval '24 hours')"
    )
    op.execute("GRANT SELECT ON alembic_version TO letmepost_lookup")

    op.execute("REVOKE UPDATE, DELETE ON audit_log FROM letmepost_app")
    op.execute("DROP POLICY tenant ON audit_log")
    op.execute(f"CREATE POLICY tenant_read ON audit_log FOR SELECT TO letmepost_app USING ({OF_ORGANIZATION})")
    op.execute(f"CREATE POLICY tenant_append ON audit_log FOR INSERT TO letmepost_app WITH CHECK ({OF_ORGANIZATION})")
    op.execute("CREATE POLICY sweeper ON audit_log TO letmepost_sweeper USING (true) WITH CHECK (false)")
    op.execute("GRANT SELECT (id), DELETE ON audit_log TO letmepost_sweeper")


def downgrade() -> None:
    op.execute("REVOKE ALL ON audit_log FROM letmepost_sweeper")
    for policy in ("sweeper", "tenant_append", "tenant_read"):
        op.execute(f"DROP POLICY {policy} ON audit_log")
    condition = f"USING ({OF_ORGANIZATION}) WITH CHECK ({OF_ORGANIZATION})"
    op.execute(f"CREATE POLICY tenant ON audit_log TO letmepost_app {condition}")
    op.execute("GRANT UPDATE, DELETE ON audit_log TO letmepost_app")

    op.execute("DROP POLICY lookup_expired ON operator_requests")
    for table in LOOKUP:
        op.execute(f"DROP POLICY lookup ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM letmepost_lookup")
    op.execute("REVOKE SELECT ON alembic_version FROM letmepost_lookup")
