"""Create every table, and lock each behind row-level security.

Row-level security is forced from the first day: the tables' owner is bound too, by a policy of its own, so that a later
backfill does not update nothing in silence. What crosses tenants is granted to the sweeper column by column.
"""

from alembic import op

revision = "20261121"
down_revision = None

TABLES = """
CREATE TABLE organizations (
  id UUID NOT NULL,
  name TEXT NOT NULL,
  event_head BIGINT DEFAULT 0 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_organizations PRIMARY KEY (id)
);

CREATE TABLE batches (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  request_id TEXT NOT NULL,
  is_scheduled BOOLEAN NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_batches PRIMARY KEY (id),
  CONSTRAINT ck_batches_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT uq_batches_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT fk_batches_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE TABLE events (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  profile_id UUID,
  type TEXT NOT NULL,
  data JSONB NOT NULL,
  written BIGINT GENERATED ALWAYS AS IDENTITY,
  position BIGINT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_events PRIMARY KEY (id),
  CONSTRAINT ck_events_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT uq_events_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT fk_events_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_events_unannounced ON events (written) WHERE position IS NULL;

CREATE UNIQUE INDEX uq_events_position ON events (organization_id, position);

CREATE TABLE idempotency_keys (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  profile_scope UUID NOT NULL,
  key_hash BYTEA NOT NULL,
  fingerprint BYTEA NOT NULL,
  api_key_id UUID NOT NULL,
  batch_id UUID,
  status INTEGER,
  headers JSONB,
  body BYTEA,
  is_sealed BOOLEAN DEFAULT false NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (organization_id, mode, profile_scope, key_hash),
  CONSTRAINT ck_idempotency_keys_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT fk_idempotency_keys_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE profiles (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  name TEXT NOT NULL,
  is_default BOOLEAN DEFAULT false NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_profiles PRIMARY KEY (id),
  CONSTRAINT uq_profiles_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT fk_profiles_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX uq_profiles_one_default ON profiles (organization_id) WHERE is_default;

CREATE TABLE accounts (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  profile_id UUID NOT NULL,
  platform TEXT NOT NULL,
  platform_account_id TEXT NOT NULL,
  handle TEXT,
  display_name TEXT,
  avatar_url TEXT,
  status TEXT NOT NULL,
  data JSONB DEFAULT '{}' NOT NULL,
  credential_sealed BYTEA,
  refreshing_until TIMESTAMP WITH TIME ZONE,
  scopes TEXT[] DEFAULT '{}' NOT NULL,
  token_expires_at TIMESTAMP WITH TIME ZONE,
  connected_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_accounts PRIMARY KEY (id),
  CONSTRAINT ck_accounts_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT uq_accounts_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT uq_accounts_organization_id_mode_platform_platform_account_id
    UNIQUE (organization_id, mode, platform, platform_account_id),
  CONSTRAINT fk_accounts_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_accounts_organization_id_profile_id_profiles
    FOREIGN KEY(organization_id, profile_id) REFERENCES profiles (organization_id, id)
);

CREATE TABLE api_keys (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  profile_id UUID,
  name TEXT NOT NULL,
  key_hash BYTEA NOT NULL,
  last4 TEXT NOT NULL,
  scopes TEXT[] NOT NULL,
  requests_per_minute INTEGER,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE,
  last_used_at TIMESTAMP WITH TIME ZONE,
  revoked_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_api_keys PRIMARY KEY (id),
  CONSTRAINT ck_api_keys_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT ck_api_keys_positive_rate CHECK (requests_per_minute > 0),
  CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash),
  CONSTRAINT fk_api_keys_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_api_keys_organization_id_profile_id_profiles
    FOREIGN KEY(organization_id, profile_id) REFERENCES profiles (organization_id, id)
);

CREATE INDEX ix_api_keys_organization_id_id ON api_keys (organization_id, id);

CREATE TABLE media (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  profile_id UUID NOT NULL,
  status TEXT NOT NULL,
  source_url TEXT,
  content_type TEXT,
  size_bytes BIGINT,
  sha256 BYTEA,
  width_px INTEGER,
  height_px INTEGER,
  duration_s DOUBLE PRECISION,
  error JSONB,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_media PRIMARY KEY (id),
  CONSTRAINT ck_media_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT uq_media_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT fk_media_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_media_organization_id_profile_id_profiles
    FOREIGN KEY(organization_id, profile_id) REFERENCES profiles (organization_id, id)
);

CREATE INDEX ix_media_organization_id_mode_id ON media (organization_id, mode, id);

CREATE INDEX ix_media_waiting ON media (created_at) WHERE status = 'waiting';

CREATE TABLE webhook_endpoints (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  profile_id UUID,
  url TEXT NOT NULL,
  events TEXT[] NOT NULL,
  description TEXT,
  active BOOLEAN DEFAULT true NOT NULL,
  secret_sealed BYTEA NOT NULL,
  failing_since TIMESTAMP WITH TIME ZONE,
  last_delivery_at TIMESTAMP WITH TIME ZONE,
  last_failure_reason TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_webhook_endpoints PRIMARY KEY (id),
  CONSTRAINT ck_webhook_endpoints_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT uq_webhook_endpoints_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT fk_webhook_endpoints_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_webhook_endpoints_organization_id_profile_id_profiles
    FOREIGN KEY(organization_id, profile_id) REFERENCES profiles (organization_id, id)
);

CREATE TABLE deliveries (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  endpoint_id UUID NOT NULL,
  event_id UUID NOT NULL,
  status TEXT NOT NULL,
  attempt_count INTEGER DEFAULT 0 NOT NULL,
  ready_at TIMESTAMP WITH TIME ZONE,
  lease_token UUID,
  lease_until TIMESTAMP WITH TIME ZONE,
  last_status INTEGER,
  last_error TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  finished_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_deliveries PRIMARY KEY (id),
  CONSTRAINT ck_deliveries_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT uq_deliveries_endpoint_id_event_id UNIQUE (endpoint_id, event_id),
  CONSTRAINT uq_deliveries_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT fk_deliveries_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_deliveries_organization_id_endpoint_id_webhook_endpoints
    FOREIGN KEY(organization_id, endpoint_id) REFERENCES webhook_endpoints (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_deliveries_organization_id_event_id_events
    FOREIGN KEY(organization_id, event_id) REFERENCES events (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_deliveries_ready ON deliveries (ready_at) WHERE ready_at IS NOT NULL;

CREATE TABLE posts (
  id UUID NOT NULL,
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  batch_id UUID NOT NULL,
  target_index INTEGER NOT NULL,
  account_id UUID NOT NULL,
  profile_id UUID NOT NULL,
  platform TEXT NOT NULL,
  status TEXT NOT NULL,
  revision INTEGER DEFAULT 1 NOT NULL,
  metadata JSONB DEFAULT '{}' NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  late_within_s INTEGER NOT NULL,
  late_then TEXT NOT NULL,
  ready_at TIMESTAMP WITH TIME ZONE,
  lease_token UUID,
  lease_until TIMESTAMP WITH TIME ZONE,
  attempt_count INTEGER DEFAULT 0 NOT NULL,
  failure_count INTEGER DEFAULT 0 NOT NULL,
  extras_until TIMESTAMP WITH TIME ZONE,
  uri TEXT,
  cid TEXT,
  url TEXT,
  parts JSONB DEFAULT '[]' NOT NULL,
  extras JSONB DEFAULT '{}' NOT NULL,
  warnings JSONB DEFAULT '[]' NOT NULL,
  error JSONB,
  published_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_posts PRIMARY KEY (id),
  CONSTRAINT ck_posts_known_mode CHECK (mode IN ('test', 'live')),
  CONSTRAINT ck_posts_whole_lease CHECK ((lease_token IS NULL) = (lease_until IS NULL)),
  CONSTRAINT uq_posts_organization_id_id UNIQUE (organization_id, id),
  CONSTRAINT fk_posts_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_posts_organization_id_batch_id_batches
    FOREIGN KEY(organization_id, batch_id) REFERENCES batches (organization_id, id) ON DELETE CASCADE,
  CONSTRAINT fk_posts_organization_id_account_id_accounts
    FOREIGN KEY(organization_id, account_id) REFERENCES accounts (organization_id, id)
);

CREATE INDEX ix_posts_batch_id ON posts (batch_id, target_index);

CREATE INDEX ix_posts_lease_until ON posts (lease_until) WHERE lease_until IS NOT NULL;

CREATE INDEX ix_posts_next ON posts (ready_at) WHERE ready_at IS NOT NULL AND lease_token IS NULL;

CREATE INDEX ix_posts_organization_id_account_id ON posts (organization_id, account_id, id);

CREATE INDEX ix_posts_organization_id_mode_id ON posts (organization_id, mode, id);

CREATE INDEX ix_posts_ready ON posts (organization_id, ready_at, id) WHERE ready_at IS NOT NULL;

CREATE UNIQUE INDEX uq_posts_leased_account ON posts (account_id) WHERE lease_token IS NOT NULL;

CREATE TABLE attempts (
  id UUID NOT NULL,
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
  started_at TIMESTAMP WITH TIME ZONE NOT NULL,
  finished_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_attempts PRIMARY KEY (id),
  CONSTRAINT uq_attempts_post_id_number UNIQUE (post_id, number),
  CONSTRAINT fk_attempts_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_attempts_organization_id_post_id_posts
    FOREIGN KEY(organization_id, post_id) REFERENCES posts (organization_id, id) ON DELETE CASCADE
);

CREATE TABLE media_uses (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  media_id UUID NOT NULL,
  post_id UUID NOT NULL,
  CONSTRAINT pk_media_uses PRIMARY KEY (post_id, media_id),
  CONSTRAINT fk_media_uses_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_media_uses_organization_id_media_id_media
    FOREIGN KEY(organization_id, media_id) REFERENCES media (organization_id, id),
  CONSTRAINT fk_media_uses_organization_id_post_id_posts
    FOREIGN KEY(organization_id, post_id) REFERENCES posts (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX ix_media_uses_organization_id_media_id ON media_uses (organization_id, media_id);

CREATE TABLE post_revisions (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  post_id UUID NOT NULL,
  revision INTEGER NOT NULL,
  content JSONB NOT NULL,
  frozen_at TIMESTAMP WITH TIME ZONE,
  frozen_entropy BYTEA,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_post_revisions PRIMARY KEY (post_id, revision),
  CONSTRAINT fk_post_revisions_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_post_revisions_organization_id_post_id_posts
    FOREIGN KEY(organization_id, post_id) REFERENCES posts (organization_id, id) ON DELETE CASCADE
);

CREATE TABLE flow_steps (
  organization_id UUID NOT NULL,
  mode TEXT NOT NULL,
  post_id UUID NOT NULL,
  revision INTEGER NOT NULL,
  step TEXT NOT NULL,
  fingerprint BYTEA DEFAULT '' NOT NULL,
  intent_sealed BYTEA,
  intent_at TIMESTAMP WITH TIME ZONE,
  reply_sealed BYTEA,
  valid_until TIMESTAMP WITH TIME ZONE,
  forgotten_count INTEGER DEFAULT 0 NOT NULL,
  paused_at TIMESTAMP WITH TIME ZONE,
  pause_count INTEGER DEFAULT 0 NOT NULL,
  CONSTRAINT pk_flow_steps PRIMARY KEY (post_id, revision, step),
  CONSTRAINT ck_flow_steps_whole_intent CHECK ((intent_sealed IS NULL) = (intent_at IS NULL)),
  CONSTRAINT fk_flow_steps_organization_id_organizations
    FOREIGN KEY(organization_id) REFERENCES organizations (id) ON DELETE CASCADE,
  CONSTRAINT fk_flow_steps_post_id_revision_post_revisions
    FOREIGN KEY(post_id, revision) REFERENCES post_revisions (post_id, revision) ON DELETE CASCADE,
  CONSTRAINT fk_flow_steps_organization_id_post_id_posts
    FOREIGN KEY(organization_id, post_id) REFERENCES posts (organization_id, id) ON DELETE CASCADE
);
"""

ORGANIZATION = "(SELECT nullif(current_setting('letmepost.organization', true), '')::uuid)"
WORLD = "(SELECT current_setting('letmepost.mode', true))"
OF_TENANT = f"organization_id = {ORGANIZATION} AND mode = {WORLD}"
OF_ORGANIZATION = f"organization_id = {ORGANIZATION}"

# Whose a row is. Profiles and keys belong to both worlds of their organization.
POLICIES = {
    "organizations": f"id = {ORGANIZATION}",
    "profiles": OF_ORGANIZATION,
    "api_keys": OF_ORGANIZATION,
    **dict.fromkeys(
        (
            "accounts",
            "batches",
            "posts",
            "post_revisions",
            "attempts",
            "flow_steps",
            "media",
            "media_uses",
            "idempotency_keys",
            "events",
            "webhook_endpoints",
            "deliveries",
        ),
        OF_TENANT,
    ),
}

# What crosses tenants, and why.
SWEEPER = {
    # A presented key is looked up before its tenant is known.
    "api_keys": "SELECT, UPDATE (last_used_at)",
    # The relay gives positions; the operator lists tenants.
    "organizations": "SELECT, UPDATE (event_head)",
    # The claim takes tenants in turn.
    "posts": "SELECT, UPDATE (lease_token, lease_until, status, updated_at)",
    # The claim locks an account's row; locking takes the right to update a column.
    "accounts": "SELECT (id, organization_id), UPDATE (updated_at)",
    # The relay announces events and addresses them; deliveries are sent whoever's they are.
    "events": "SELECT, UPDATE (position)",
    "webhook_endpoints": "SELECT, UPDATE (active, last_delivery_at, last_failure_reason, failing_since)",
    "deliveries": "SELECT, INSERT, UPDATE",
    # Media given by URL are fetched whoever's they are.
    "media": "SELECT (id, organization_id, mode, status, created_at)",
}


def upgrade() -> None:
    """Tables, then policies, then rights."""
    for statement in TABLES.split(";\n"):
        if statement.strip():
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
    op.execute("GRANT SELECT ON alembic_version TO letmepost_app, letmepost_sweeper")


def downgrade() -> None:
    """Remove every table."""
    for table in reversed(TABLES.split("CREATE TABLE ")[1:]):
        op.execute(f"DROP TABLE {table.split()[0]} CASCADE")
