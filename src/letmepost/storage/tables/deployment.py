"""The deployment itself. No tenant owns it."""

from sqlalchemy import Boolean, CheckConstraint, Column, Table, Uuid, text

from letmepost.storage.tables.base import metadata

deployment = Table(
    "deployment",
    metadata,
    # Allows one row only.
    Column("is_only", Boolean, primary_key=True, server_default=text("true")),
    # Random. Keys in Redis begin with it, because several deployments may share one Redis.
    Column("id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    CheckConstraint("is_only", name="is_only"),
)
