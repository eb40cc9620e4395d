"""Posts in PostgreSQL: accepted, read, changed."""
