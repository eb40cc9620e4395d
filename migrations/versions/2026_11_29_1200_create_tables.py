"""Create every table, its row-level security, the rights of the roles that services use, and functions that read.

The tables are in the order of `letmepost.storage.tables`, which says what the columns mean. They are written out here
because a migration must not import that module: it will change, and this file must not.
"""

import re

from alembic import op

revision = "20261129"
down_revision = None

# Every `uq_<table>_organization_id_id` is created after the other indexes of its table. A new table has no statistics,
# and among indexes that look equally good PostgreSQL uses the one that was created last. With another index that begins
# with `organization_id`, it would check each foreign key by reading all rows of the tenant.

# Tenants, the groups inside them, and their keys.
TENANTS = """
CREATE TABLE organizations (
  id UUID CONSTRAINT pk_organizations PRIMARY KEY,
  name TEXT NOT NULL,
  event_head BIGINT DEFAULT 0 NOT NULL,
  late_within_s INTEGER,
  late_then TEXT,
  posts_per_month INTEGER,
  posts_per_account_day INTEGER,
  media_bytes BIGINT,
  return_origins TEXT[] DEFAULT '{}' NOT NULL,
  brand_name TEXT,
  brand_logo_url TEXT,
  brand_color TEXT,
  sandbox_ahead_s DOUBLE PRECISION DEFAULT 0 NOT NULL,
  created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
  deleted_at TIMESTAMPTZ
);
CREATE INDEX ix_organizations_deleted_at ON organizations (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE usage (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_usage_known_mode CHECK (mode IN ('test', 'live')),
  subject TEXT NOT NULL,
  period_start DATE NOT NULL,
  used BIGINT NOT NULL,
  warned_at TIMESTAMPTZ,
  exceeded_at TIMESTAMPTZ,
  CONSTRAINT pk_usage PRIMARY KEY (organization_id, mode, subject, period_start)
);
CREATE INDEX ix_usage_period_start ON usage (period_start);

CREATE TABLE pauses (
  id UUID CONSTRAINT pk_pauses PRIMARY KEY,
  organization_id UUID,
  account_id UUID,
  platform TEXT,
  reason TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT ck_pauses_account_has_organization CHECK (account_id IS NULL OR organization_id IS NOT NULL),
  CONSTRAINT uq_pauses_what UNIQUE NULLS NOT DISTINCT (organization_id, account_id, platform)
);

CREATE TABLE audit_log (
  id UUID CONSTRAINT pk_audit_log PRIMARY KEY,
  organization_id UUID NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail JSONB DEFAULT '{}' NOT NULL,
  created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX ix_audit_log_organization_id_id ON audit_log (organization_id, id);

CREATE TABLE profiles (
  id UUID CONSTRAINT pk_profiles PRIMARY KEY,
  organization_id UUID NOT NULL,
  name TEXT NOT NULL,
  is_default BOOLEAN DEFAULT false NOT NULL,
  created_at TIMESTAMPTZ DEFAULT now() NOT NULL
);
CREATE UNIQUE INDEX uq_profiles_one_default ON profiles (organization_id) WHERE is_default;
ALTER TABLE profiles ADD CONSTRAINT uq_profiles_organization_id_id UNIQUE (organization_id, id);

CREATE TABLE api_keys (
  id UUID CONSTRAINT pk_api_keys PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_api_keys_known_mode CHECK (mode IN ('test', 'live')),
  profile_id UUID,
  name TEXT NOT NULL,
  key_hash BYTEA NOT NULL,
  last4 TEXT NOT NULL,
  scopes TEXT[] NOT NULL,
  requests_per_minute INTEGER,
  created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
  expires_at TIMESTAMPTZ,
  last_used_at TIMESTAMPTZ,
  revoked_at TIMESTAMPTZ,
  CONSTRAINT ck_api_keys_positive_rate CHECK (requests_per_minute > 0),
  CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash),
  CONSTRAINT fk_api_keys_organization_id_profile_id_profiles
    FOREIGN KEY (organization_id, profile_id) REFERENCES profiles (organization_id, id)
);
CREATE INDEX ix_api_keys_organization_id_id ON api_keys (organization_id, id);
"""

# Connected social accounts.
ACCOUNTS = """
CREATE TABLE accounts (
  id UUID CONSTRAINT pk_accounts PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_accounts_known_mode CHECK (mode IN ('test', 'live')),
  profile_id UUID NOT NULL,
  platform TEXT NOT NULL,
  platform_account_id TEXT NOT NULL,
  handle TEXT,
  display_name TEXT,
  avatar_url TEXT,
  external_user_id TEXT,
  status TEXT NOT NULL,
  data JSONB DEFAULT '{}' NOT NULL,
  credential_sealed BYTEA,
  refreshing_until TIMESTAMPTZ,
  scopes TEXT[] DEFAULT '{}' NOT NULL,
  token_expires_at TIMESTAMPTZ,
  expiry_told_days INTEGER,
  refresh_at TIMESTAMPTZ,
  refresh_failures INTEGER DEFAULT 0 NOT NULL,
  refresh_strikes INTEGER DEFAULT 0 NOT NULL,
  connected_at TIMESTAMPTZ NOT NULL,
  check_at TIMESTAMPTZ,
  checked_at TIMESTAMPTZ,
  health TEXT,
  health_error JSONB,
  created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
  updated_at TIMESTAMPTZ DEFAULT now() NOT NULL,
  CONSTRAINT uq_accounts_organization_id_mode_platform_platform_account_id
    UNIQUE (organization_id, mode, platform, platform_account_id),
  CONSTRAINT fk_accounts_organization_id_profile_id_profiles
    FOREIGN KEY (organization_id, profile_id) REFERENCES profiles (organization_id, id)
);
CREATE INDEX ix_accounts_check_at ON accounts (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX ix_accounts_external_user_id ON accounts (organization_id, mode, external_user_id, id)
  WHERE external_user_id IS NOT NULL;
CREATE INDEX ix_accounts_platform_account_id ON accounts (platform, platform_account_id);
CREATE INDEX ix_accounts_refresh_at ON accounts (refresh_at) WHERE refresh_at IS NOT NULL;
CREATE INDEX ix_accounts_token_expires_at ON accounts (token_expires_at) WHERE token_expires_at IS NOT NULL;
ALTER TABLE accounts ADD CONSTRAINT uq_accounts_organization_id_id UNIQUE (organization_id, id);
"""

# Posts with their revisions, attempts and journal, and the record of idempotent requests.
POSTS = """
CREATE TABLE batches (
  id UUID CONSTRAINT pk_batches PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_batches_known_mode CHECK (mode IN ('test', 'live')),
  request_id TEXT NOT NULL,
  is_scheduled BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL
);
ALTER TABLE batches ADD CONSTRAINT uq_batches_organization_id_id UNIQUE (organization_id, id);

CREATE TABLE posts (
  id UUID CONSTRAINT pk_posts PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_posts_known_mode CHECK (mode IN ('test', 'live')),
  batch_id UUID NOT NULL,
  target_index INTEGER NOT NULL,
  account_id UUID NOT NULL,
  profile_id UUID NOT NULL,
  platform TEXT NOT NULL,
  status TEXT NOT NULL,
  is_canceled_draft BOOLEAN DEFAULT false NOT NULL,
  revision INTEGER DEFAULT 1 NOT NULL,
  metadata JSONB DEFAULT '{}' NOT NULL,
  due_at TIMESTAMPTZ NOT NULL,
  clock_moved INTERVAL DEFAULT '0' NOT NULL,
  late_within_s INTEGER NOT NULL,
  late_then TEXT NOT NULL,
  ready_at TIMESTAMPTZ,
  lease_token UUID,
  lease_until TIMESTAMPTZ,
  attempt_count INTEGER DEFAULT 0 NOT NULL,
  failure_count INTEGER DEFAULT 0 NOT NULL,
  extras_until TIMESTAMPTZ,
  uri TEXT,
  cid TEXT,
  url TEXT,
  parts JSONB DEFAULT '[]' NOT NULL,
  extras JSONB DEFAULT '{}' NOT NULL,
  warnings JSONB DEFAULT '[]' NOT NULL,
  error JSONB,
  published_at TIMESTAMPTZ,
  content_hash BYTEA,
  unpublished_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ,
  read_back_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT ck_posts_whole_lease CHECK ((lease_token IS NULL) = (lease_until IS NULL)),
  CONSTRAINT fk_posts_organization_id_batch_id_batches
    FOREIGN KEY (organization_id, batch_id) REFERENCES batches (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_posts_organization_id_account_id_accounts
    FOREIGN KEY (organization_id, account_id) REFERENCES accounts (organization_id, id)
);
CREATE INDEX ix_posts_batch_id ON posts (batch_id, target_index);
CREATE INDEX ix_posts_content_hash ON posts (organization_id, account_id, content_hash, created_at)
  WHERE content_hash IS NOT NULL;
CREATE INDEX ix_posts_lease_until ON posts (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX ix_posts_next ON posts (ready_at) WHERE ready_at IS NOT NULL AND lease_token IS NULL;
CREATE INDEX ix_posts_organization_id_account_id ON posts (organization_id, account_id, id);
CREATE INDEX ix_posts_organization_id_mode_due_at ON posts (organization_id, mode, due_at);
CREATE INDEX ix_posts_organization_id_mode_id ON posts (organization_id, mode, id);
CREATE INDEX ix_posts_read_back_at ON posts (read_back_at) WHERE read_back_at IS NOT NULL;
CREATE INDEX ix_posts_ready ON posts (organization_id, ready_at, id) WHERE ready_at IS NOT NULL;
CREATE INDEX ix_posts_status ON posts (status) WHERE status IN ('held', 'unconfirmed');
CREATE UNIQUE INDEX uq_posts_leased_account ON posts (account_id) WHERE lease_token IS NOT NULL;
ALTER TABLE posts ADD CONSTRAINT uq_posts_organization_id_id UNIQUE (organization_id, id);

CREATE TABLE post_revisions (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  post_id UUID NOT NULL,
  revision INTEGER NOT NULL,
  content JSONB NOT NULL,
  frozen_at TIMESTAMPTZ,
  frozen_entropy BYTEA,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT pk_post_revisions PRIMARY KEY (post_id, revision),
  CONSTRAINT fk_post_revisions_organization_id_post_id_posts
    FOREIGN KEY (organization_id, post_id) REFERENCES posts (organization_id, id) ON DELETE CASCADE
);

CREATE TABLE attempts (
  id UUID CONSTRAINT pk_attempts PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  post_id UUID NOT NULL,
  revision INTEGER NOT NULL,
  number INTEGER NOT NULL,
  outcome TEXT,
  error JSONB,
  waited_ms INTEGER NOT NULL,
  platform_ms INTEGER,
  calls JSONB DEFAULT '[]' NOT NULL,
  started_at TIMESTAMPTZ NOT NULL,
  finished_at TIMESTAMPTZ,
  CONSTRAINT uq_attempts_post_id_number UNIQUE (post_id, number),
  CONSTRAINT fk_attempts_organization_id_post_id_posts
    FOREIGN KEY (organization_id, post_id) REFERENCES posts (organization_id, id) ON DELETE CASCADE
);

CREATE TABLE flow_steps (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  post_id UUID NOT NULL,
  revision INTEGER NOT NULL,
  step TEXT NOT NULL,
  fingerprint BYTEA DEFAULT '' NOT NULL,
  intent_sealed BYTEA,
  intent_at TIMESTAMPTZ,
  reply_sealed BYTEA,
  valid_until TIMESTAMPTZ,
  forgotten_count INTEGER DEFAULT 0 NOT NULL,
  paused_at TIMESTAMPTZ,
  pause_count INTEGER DEFAULT 0 NOT NULL,
  CONSTRAINT pk_flow_steps PRIMARY KEY (post_id, revision, step),
  CONSTRAINT ck_flow_steps_whole_intent CHECK ((intent_sealed IS NULL) = (intent_at IS NULL)),
  CONSTRAINT fk_flow_steps_post_id_revision_post_revisions
    FOREIGN KEY (post_id, revision) REFERENCES post_revisions (post_id, revision) ON DELETE CASCADE,
  CONSTRAINT fk_flow_steps_organization_id_post_id_posts
    FOREIGN KEY (organization_id, post_id) REFERENCES posts (organization_id, id) ON DELETE CASCADE
);

CREATE TABLE idempotency_keys (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_idempotency_keys_known_mode CHECK (mode IN ('test', 'live')),
  profile_scope UUID NOT NULL,
  key_hash BYTEA NOT NULL,
  fingerprint BYTEA NOT NULL,
  api_key_id UUID NOT NULL,
  batch_id UUID,
  status INTEGER,
  headers JSONB,
  body BYTEA,
  has_secret BOOLEAN DEFAULT false NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (organization_id, mode, profile_scope, key_hash)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
"""

# Media items, and the posts that use them.
MEDIA = """
CREATE TABLE media (
  id UUID CONSTRAINT pk_media PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_media_known_mode CHECK (mode IN ('test', 'live')),
  profile_id UUID NOT NULL,
  status TEXT NOT NULL,
  source_url TEXT,
  content_type TEXT,
  size_bytes BIGINT,
  sha256 BYTEA,
  width_px INTEGER,
  height_px INTEGER,
  duration_s DOUBLE PRECISION,
  frame_rate DOUBLE PRECISION,
  codec TEXT,
  frame_count INTEGER,
  blob TEXT,
  error JSONB,
  filename TEXT,
  fetch_at TIMESTAMPTZ,
  expires_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
  CONSTRAINT fk_media_organization_id_profile_id_profiles
    FOREIGN KEY (organization_id, profile_id) REFERENCES profiles (organization_id, id)
);
CREATE INDEX ix_media_expires_at ON media (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX ix_media_organization_id_mode_id ON media (organization_id, mode, id);
CREATE INDEX ix_media_waiting ON media (created_at) WHERE status = 'waiting';
ALTER TABLE media ADD CONSTRAINT uq_media_organization_id_id UNIQUE (organization_id, id);

CREATE TABLE media_uses (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  media_id UUID NOT NULL,
  post_id UUID NOT NULL,
  CONSTRAINT pk_media_uses PRIMARY KEY (post_id, media_id),
  CONSTRAINT fk_media_uses_organization_id_media_id_media
    FOREIGN KEY (organization_id, media_id) REFERENCES media (organization_id, id),
  CONSTRAINT fk_media_uses_organization_id_post_id_posts
    FOREIGN KEY (organization_id, post_id) REFERENCES posts (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_media_uses_organization_id_media_id ON media_uses (organization_id, media_id);
"""

# The outbox of events, webhook endpoints, deliveries, and the notices that were given.
WEBHOOKS = """
CREATE TABLE events (
  id UUID CONSTRAINT pk_events PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_events_known_mode CHECK (mode IN ('test', 'live')),
  profile_id UUID,
  type TEXT NOT NULL,
  data JSONB NOT NULL,
  written BIGINT GENERATED ALWAYS AS IDENTITY,
  position BIGINT,
  post_id UUID,
  created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX ix_events_post_id ON events (organization_id, post_id, written) WHERE post_id IS NOT NULL;
CREATE INDEX ix_events_unannounced ON events (written) WHERE position IS NULL;
CREATE UNIQUE INDEX uq_events_position ON events (organization_id, position);
ALTER TABLE events ADD CONSTRAINT uq_events_organization_id_id UNIQUE (organization_id, id);

CREATE TABLE webhook_endpoints (
  id UUID CONSTRAINT pk_webhook_endpoints PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_webhook_endpoints_known_mode CHECK (mode IN ('test', 'live')),
  profile_id UUID,
  url TEXT NOT NULL,
  events TEXT[] NOT NULL,
  description TEXT,
  active BOOLEAN DEFAULT true NOT NULL,
  secret_sealed BYTEA NOT NULL,
  previous_secret_sealed BYTEA,
  previous_secret_until TIMESTAMPTZ,
  failing_since TIMESTAMPTZ,
  last_delivery_at TIMESTAMPTZ,
  last_failure_reason TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT fk_webhook_endpoints_organization_id_profile_id_profiles
    FOREIGN KEY (organization_id, profile_id) REFERENCES profiles (organization_id, id)
);
ALTER TABLE webhook_endpoints ADD CONSTRAINT uq_webhook_endpoints_organization_id_id UNIQUE (organization_id, id);

CREATE TABLE deliveries (
  id UUID CONSTRAINT pk_deliveries PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_deliveries_known_mode CHECK (mode IN ('test', 'live')),
  endpoint_id UUID NOT NULL,
  event_id UUID NOT NULL,
  status TEXT NOT NULL,
  attempt_count INTEGER DEFAULT 0 NOT NULL,
  ready_at TIMESTAMPTZ,
  lease_token UUID,
  lease_until TIMESTAMPTZ,
  last_status INTEGER,
  last_error TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  finished_at TIMESTAMPTZ,
  CONSTRAINT uq_deliveries_endpoint_id_event_id UNIQUE (endpoint_id, event_id),
  CONSTRAINT fk_deliveries_organization_id_endpoint_id_webhook_endpoints
    FOREIGN KEY (organization_id, endpoint_id) REFERENCES webhook_endpoints (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_deliveries_organization_id_event_id_events
    FOREIGN KEY (organization_id, event_id) REFERENCES events (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_deliveries_endpoint_id ON deliveries (organization_id, endpoint_id, id);
CREATE INDEX ix_deliveries_event_id ON deliveries (organization_id, event_id);
CREATE INDEX ix_deliveries_ready ON deliveries (ready_at) WHERE ready_at IS NOT NULL;
ALTER TABLE deliveries ADD CONSTRAINT uq_deliveries_organization_id_id UNIQUE (organization_id, id);

CREATE TABLE version_notices (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_version_notices_known_mode CHECK (mode IN ('test', 'live')),
  platform TEXT NOT NULL,
  api_version TEXT NOT NULL,
  within_days INTEGER NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT pk_version_notices PRIMARY KEY (organization_id, mode, platform, api_version, within_days)
);
"""

# OAuth consents that have not ended, and the hosted pages on which they begin.
CONNECTING = """
CREATE TABLE connect_sessions (
  id UUID CONSTRAINT pk_connect_sessions PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_connect_sessions_known_mode CHECK (mode IN ('test', 'live')),
  profile_id UUID,
  platform TEXT,
  key_id UUID NOT NULL,
  external_user_id TEXT,
  return_url TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  browser_hash BYTEA,
  status TEXT DEFAULT 'open' NOT NULL,
  account_ids UUID[] DEFAULT '{}' NOT NULL,
  error JSONB,
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  finished_at TIMESTAMPTZ,
  sign_in_count INTEGER DEFAULT 0 NOT NULL,
  CONSTRAINT uq_connect_sessions_token_hash UNIQUE (token_hash),
  CONSTRAINT fk_connect_sessions_organization_id_profile_id_profiles
    FOREIGN KEY (organization_id, profile_id) REFERENCES profiles (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_connect_sessions_created_at ON connect_sessions (created_at);
ALTER TABLE connect_sessions ADD CONSTRAINT uq_connect_sessions_organization_id_id UNIQUE (organization_id, id);

CREATE TABLE connect_states (
  id UUID CONSTRAINT pk_connect_states PRIMARY KEY,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT ck_connect_states_known_mode CHECK (mode IN ('test', 'live')),
  profile_id UUID,
  platform TEXT NOT NULL,
  key_id UUID NOT NULL,
  session_id UUID,
  state_hash BYTEA NOT NULL,
  browser_hash BYTEA,
  redirect_uri TEXT NOT NULL,
  return_url TEXT,
  stage TEXT DEFAULT 'started' NOT NULL,
  sealed BYTEA,
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT uq_connect_states_state_hash UNIQUE (state_hash),
  CONSTRAINT fk_connect_states_organization_id_profile_id_profiles
    FOREIGN KEY (organization_id, profile_id) REFERENCES profiles (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_connect_states_organization_id_session_id_connect_sessions
    FOREIGN KEY (organization_id, session_id) REFERENCES connect_sessions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_connect_states_created_at ON connect_states (created_at);
CREATE INDEX ix_connect_states_session_id ON connect_states (organization_id, session_id) WHERE session_id IS NOT NULL;
ALTER TABLE connect_states ADD CONSTRAINT uq_connect_states_organization_id_id UNIQUE (organization_id, id);
"""

# The deployment itself. No tenant owns it, so it has no row-level security, and only the worker can read it.
DEPLOYMENT = """
CREATE TABLE deployment (
  is_only BOOLEAN DEFAULT true CONSTRAINT pk_deployment PRIMARY KEY,
  id UUID DEFAULT gen_random_uuid() NOT NULL,
  CONSTRAINT ck_deployment_is_only CHECK (is_only)
);
INSERT INTO deployment DEFAULT VALUES;
GRANT SELECT ON deployment TO letmepost_sweeper;
"""

SCHEMA = TENANTS + ACCOUNTS + POSTS + MEDIA + WEBHOOKS + CONNECTING
TABLES = re.findall(r"^CREATE TABLE (\w+)", SCHEMA, re.MULTILINE)

# These outlive their organization, or belong to none: the audit log, and responses to the operator's requests.
WITHOUT_REFERENCE = {"audit_log", "idempotency_keys"}

ORGANIZATION = "(SELECT nullif(current_setting('letmepost.organization', true), '')::uuid)"
OF_ORGANIZATION = f"organization_id = {ORGANIZATION}"
OF_TENANT = f"{OF_ORGANIZATION} AND mode = (SELECT current_setting('letmepost.mode', true))"

# The rows that `letmepost_app` can access. By default, those of one mode (`OF_TENANT`).
TENANT_CONDITIONS = {
    "organizations": f"id = {ORGANIZATION}",
    **dict.fromkeys(("profiles", "api_keys"), OF_ORGANIZATION),
}

# What the API must find before it knows the tenant.
LOOKUP_RIGHTS = {
    # Operators list tenants.
    "organizations": "SELECT",
    # Operators pause a platform or the deployment.
    "pauses": "SELECT, INSERT, DELETE",
    # An API key is looked up by its hash.
    "api_keys": "SELECT, UPDATE (last_used_at)",
    # A platform that reports withdrawn consent names an account by its own id.
    "accounts": "SELECT (id, organization_id, mode, platform, platform_account_id, status)",
    # Readiness and metrics count posts; the end of a pause finds the tenants with held posts. No content.
    "posts": "SELECT (organization_id, mode, account_id, status, ready_at, lease_token)",
    # A browser presents the token of a hosted page or the state of a consent. Nothing in it names the tenant.
    "connect_sessions": "SELECT (id, organization_id, mode, token_hash)",
    "connect_states": "SELECT (id, organization_id, mode, state_hash)",
}

# What the worker does for every tenant.
SWEEPER_RIGHTS = {
    # The relay assigns positions to events. Deleted tenants are removed.
    "organizations": "SELECT (id, event_head, deleted_at), UPDATE (event_head)",
    # The claim leases posts, tenants in turn.
    "posts": "SELECT, UPDATE (lease_token, lease_until, status, updated_at)",
    # The claim locks the account, which requires the right to update a column. Tokens are refreshed and checked;
    # tenants are warned before a token or an API version expires.
    "accounts": "SELECT (id, organization_id, mode, platform, status, refresh_at, check_at, token_expires_at,"
    " expiry_told_days), UPDATE (updated_at)",
    "version_notices": "SELECT (organization_id, mode, platform, api_version, within_days)",
    # Media items are fetched from their URLs, and removed when they have expired.
    "media": "SELECT (id, organization_id, mode, status, created_at, fetch_at, expires_at)",
    # The relay announces events and creates deliveries, which are then sent. Old ones are deleted.
    "events": "SELECT, UPDATE (position), DELETE",
    "webhook_endpoints": "SELECT, UPDATE (active, last_delivery_at, last_failure_reason, failing_since)",
    "deliveries": "SELECT, INSERT, UPDATE, DELETE",
    # Retention deletes old rows. It reads only what identifies them.
    "usage": "SELECT (organization_id, mode, subject, period_start), DELETE",
    "audit_log": "SELECT (id), DELETE",
    "attempts": "SELECT (id), DELETE",
    "flow_steps": "SELECT (post_id, revision, step, intent_at), DELETE",
    "idempotency_keys": "SELECT (organization_id, mode, profile_scope, key_hash, created_at), DELETE",
    "connect_sessions": "SELECT (id, created_at), DELETE",
    "connect_states": "SELECT (id, created_at), DELETE",
}

# Policies that differ from the one that `grant` creates, by role and table.
POLICIES = {
    # The application can only append to the audit log. The worker can only delete from it.
    ("letmepost_app", "audit_log"): (
        f"CREATE POLICY tenant_read ON audit_log FOR SELECT TO letmepost_app USING ({OF_ORGANIZATION})",
        f"CREATE POLICY tenant_append ON audit_log FOR INSERT TO letmepost_app WITH CHECK ({OF_ORGANIZATION})",
    ),
    ("letmepost_sweeper", "audit_log"): (
        "CREATE POLICY sweeper ON audit_log TO letmepost_sweeper USING (true) WITH CHECK (false)",
    ),
    # A pause of the deployment or of a platform stops the posts of every tenant, so each tenant can read and lock it.
    # Locking a row requires a policy for UPDATE; WITH CHECK (false) rejects the update itself.
    ("letmepost_app", "pauses"): (
        f"CREATE POLICY tenant ON pauses TO letmepost_app USING ({OF_ORGANIZATION}) WITH CHECK ({OF_ORGANIZATION})",
        "CREATE POLICY everyones ON pauses FOR SELECT TO letmepost_app USING (organization_id IS NULL)",
        (
            "CREATE POLICY everyones_lock ON pauses FOR UPDATE TO letmepost_app"
            " USING (organization_id IS NULL) WITH CHECK (false)"
        ),
    ),
}

# Functions that read as one tenant in one round trip. First, a function sets the role of the application and the tenant
# until the end of the transaction, which is the call itself. So row-level security applies to its query, which names
# the tenant as well, and the connection keeps neither. `letmepost_app` cannot call the functions: a transaction of one
# tenant must not continue with another.
#
# PostgreSQL caches the plans of these queries, without the values of the parameters. See `storage.posts.posts` for why
# the joins are lateral, and why the page is limited by a constant: it is the largest page and the row after it.
AS_TENANT = """
  PERFORM set_config('role', 'letmepost_app', true),
    set_config('letmepost.organization', of_organization::text, true),
    set_config('letmepost.mode', of_mode, true);
"""
POST_VIEW = """
  p.id, p.batch_id, p.target_index, p.account_id, p.profile_id, p.platform, p.status, p.is_canceled_draft, p.revision,
  p.metadata, p.due_at, p.clock_moved, p.late_within_s, p.late_then, p.ready_at, p.attempt_count, p.failure_count,
  p.extras_until, p.uri, p.cid, p.url, p.parts, p.extras, p.warnings, p.error, p.published_at, p.unpublished_at,
  p.removed_at, p.read_back_at, p.created_at, p.updated_at,
  r.content, b.is_scheduled, a.platform_account_id, a.display_name
"""
POST_VIEW_JOINS = """
  CROSS JOIN LATERAL (SELECT is_scheduled FROM batches WHERE id = p.batch_id LIMIT 1) b
  CROSS JOIN LATERAL (SELECT platform_account_id, display_name FROM accounts WHERE id = p.account_id LIMIT 1) a
  CROSS JOIN LATERAL (
    SELECT content FROM post_revisions WHERE post_id = p.id AND revision = p.revision LIMIT 1
  ) r
"""
READ_TYPE = """
CREATE TYPE post_view AS (
  id UUID,
  batch_id UUID,
  target_index INTEGER,
  account_id UUID,
  profile_id UUID,
  platform TEXT,
  status TEXT,
  is_canceled_draft BOOLEAN,
  revision INTEGER,
  metadata JSONB,
  due_at TIMESTAMPTZ,
  clock_moved INTERVAL,
  late_within_s INTEGER,
  late_then TEXT,
  ready_at TIMESTAMPTZ,
  attempt_count INTEGER,
  failure_count INTEGER,
  extras_until TIMESTAMPTZ,
  uri TEXT,
  cid TEXT,
  url TEXT,
  parts JSONB,
  extras JSONB,
  warnings JSONB,
  error JSONB,
  published_at TIMESTAMPTZ,
  unpublished_at TIMESTAMPTZ,
  removed_at TIMESTAMPTZ,
  read_back_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ,
  updated_at TIMESTAMPTZ,
  content JSONB,
  is_scheduled BOOLEAN,
  platform_account_id TEXT,
  display_name TEXT,
  attempts JSON
)
"""
READ_FUNCTIONS = {
    # A post with its attempts, first to last. `attempts` is NULL if there are none.
    "read_post(of_organization UUID, of_mode TEXT, post UUID)": f"""
  SELECT {POST_VIEW}, CASE WHEN p.attempt_count > 0 THEN (
    SELECT json_agg(attempt) FROM (
      SELECT id, number, outcome, error, waited_ms, platform_ms, calls, started_at, finished_at FROM attempts
      WHERE organization_id = of_organization AND post_id = post ORDER BY number
    ) attempt
  ) END
  FROM posts p {POST_VIEW_JOINS}
  WHERE p.organization_id = of_organization AND p.mode = of_mode AND p.id = post
""",  # noqa: S608 - the parts are our own
    # Posts without their attempts, newest first, below an id.
    "read_posts(of_organization UUID, of_mode TEXT, below UUID, page_size INTEGER)": f"""
  SELECT {POST_VIEW}, NULL::json FROM (
    SELECT * FROM posts WHERE organization_id = of_organization AND mode = of_mode AND id < below
    ORDER BY id DESC LIMIT 201
  ) p {POST_VIEW_JOINS} ORDER BY p.id DESC LIMIT page_size
""",  # noqa: S608 - the parts are our own
}


def upgrade() -> None:
    """Create the tables, then the rights, then the functions."""
    for statement in (SCHEMA + DEPLOYMENT).split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in TABLES:
        if table != "organizations" and table not in WITHOUT_REFERENCE:
            op.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT fk_{table}_organization_id_organizations"
                " FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE CASCADE"
            )
        # Forced: the owner is restricted too. Without its own policy, a later backfill would silently update no rows.
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY migrator ON {table} TO letmepost_migrator USING (true) WITH CHECK (true)")
        rights = "SELECT, INSERT" if table == "audit_log" else "SELECT, INSERT, UPDATE, DELETE"
        grant("letmepost_app", table, rights, "tenant", TENANT_CONDITIONS.get(table, OF_TENANT))
    for table, rights in LOOKUP_RIGHTS.items():
        grant("letmepost_lookup", table, rights, "lookup", "true")
    for table, rights in SWEEPER_RIGHTS.items():
        grant("letmepost_sweeper", table, rights, "sweeper", "true")
    # Readiness compares the revision with the one that the release requires.
    op.execute("GRANT SELECT ON alembic_version TO letmepost_lookup")
    op.execute(READ_TYPE)
    for signature, query in READ_FUNCTIONS.items():
        op.execute(
            f"CREATE FUNCTION {signature} RETURNS SETOF post_view LANGUAGE plpgsql SECURITY INVOKER AS"
            f" $$BEGIN {AS_TENANT} RETURN QUERY {query}; END$$"
        )
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO letmepost_reader")


def grant(role: str, table: str, rights: str, policy: str, condition: str) -> None:
    """Grant rights on the rows that meet a condition, or on those of the role's own policies."""
    op.execute(f"GRANT {rights} ON {table} TO {role}")
    default = f"CREATE POLICY {policy} ON {table} TO {role} USING ({condition}) WITH CHECK ({condition})"
    for statement in POLICIES.get((role, table), (default,)):
        op.execute(statement)


def downgrade() -> None:
    """Remove every function and table."""
    for signature in READ_FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("DROP TYPE post_view")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP TABLE deployment")
    op.execute("REVOKE SELECT ON alembic_version FROM letmepost_lookup")
