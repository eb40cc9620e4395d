"""The deployment, which belongs to no tenant."""

from sqlalchemy import Boolean, CheckConstraint, Column, Table, Uuid, text

from letmepost.storage.tables.base import metadata

deployment = Table(
    "deployment",
    metadata,
    # Allows one row only.
    Column("is_only", Boolean, primary_key=True, server_default=text("true")),
    # Random. The prefix of keys in Redis, because several deployments may share one Redis.
    Column("id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    CheckConstraint("is_only", name="is_only"),
)
