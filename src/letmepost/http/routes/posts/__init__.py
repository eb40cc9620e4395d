"""Routes that create, read, change and publish posts."""
