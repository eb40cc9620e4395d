"""Store the wall time that a post was scheduled by, and whether it got its time after the request."""

from alembic import op

revision = "202611292250"
down_revision = "202611292130"

# As in the first migration; see there.
AS_TENANT = """
  PERFORM set_config('role', 'letmepost_app', true),
    set_config('letmepost.organization', of_organization::text, true),
    set_config('letmepost.mode', of_mode, true);
"""
COLUMNS = """
  p.id, p.batch_id, p.target_index, p.account_id, p.profile_id, p.platform, p.status, p.is_canceled_draft, p.revision,
  p.metadata, p.due_at, p.clock_moved, p.late_within_s, p.late_then, p.ready_at, p.attempt_count, p.failure_count,
  p.extras_until, p.uri, p.cid, p.url, p.parts, p.extras, p.warnings, p.error, p.published_at, p.unpublished_at,
  p.removed_at, p.read_back_at, p.created_at, p.updated_at, r.content
"""
JOINS = """
  CROSS JOIN LATERAL (SELECT is_scheduled FROM batches WHERE id = p.batch_id LIMIT 1) b
  CROSS JOIN LATERAL (SELECT platform_account_id, display_name FROM accounts WHERE id = p.account_id LIMIT 1) a
  CROSS JOIN LATERAL (
    SELECT content FROM post_revisions WHERE post_id = p.id AND revision = p.revision LIMIT 1
  ) r
"""
ATTEMPTS = """CASE WHEN p.attempt_count > 0 THEN (
    SELECT json_agg(attempt) FROM (
      SELECT id, number, outcome, error, waited_ms, platform_ms, calls, started_at, finished_at FROM attempts
      WHERE organization_id = of_organization AND post_id = post ORDER BY number
    ) attempt
  ) END"""


def upgrade() -> None:
    """Add the columns, and read them."""
    op.execute("ALTER TABLE posts ADD COLUMN is_rescheduled BOOLEAN NOT NULL DEFAULT false, ADD COLUMN wall_time JSONB")
    op.execute("ALTER TYPE post_view ADD ATTRIBUTE wall_time JSONB")
    replace_functions("b.is_scheduled OR p.is_rescheduled", ", p.wall_time")


def downgrade() -> None:
    """Remove the columns."""
    op.execute("ALTER TYPE post_view DROP ATTRIBUTE wall_time")
    replace_functions("b.is_scheduled", "")
    op.execute("ALTER TABLE posts DROP COLUMN is_rescheduled, DROP COLUMN wall_time")


def replace_functions(is_scheduled: str, last: str) -> None:
    """Replace the functions that read posts. They keep their rights."""
    of_account = "a.platform_account_id, a.display_name"
    bodies = {
        "read_post(of_organization UUID, of_mode TEXT, post UUID)": f"""
  SELECT {COLUMNS}, {is_scheduled}, {of_account}, {ATTEMPTS}{last}
  FROM posts p {JOINS}
  WHERE p.organization_id = of_organization AND p.mode = of_mode AND p.id = post
""",  # noqa: S608 - the parts are our own
        "read_posts(of_organization UUID, of_mode TEXT, below UUID, page_size INTEGER)": f"""
  SELECT {COLUMNS}, {is_scheduled}, {of_account}, NULL::json{last} FROM (
    SELECT * FROM posts WHERE organization_id = of_organization AND mode = of_mode AND id < below
    ORDER BY id DESC LIMIT 201
  ) p {JOINS} ORDER BY p.id DESC LIMIT page_size
""",  # noqa: S608 - the parts are our own
    }
    for signature, query in bodies.items():
        op.execute(
            f"CREATE OR REPLACE FUNCTION {signature} RETURNS SETOF post_view LANGUAGE plpgsql SECURITY INVOKER AS"
            f" $$BEGIN {AS_TENANT} RETURN QUERY {query}; END$$"
        )
