"""The schema. `metadata` is compared with the migrations."""

from letmepost.storage.tables import accounts, connecting, deployment, media, organizations, posts, webhooks
from letmepost.storage.tables.base import metadata

__all__ = ["accounts", "connecting", "deployment", "media", "metadata", "organizations", "posts", "webhooks"]
