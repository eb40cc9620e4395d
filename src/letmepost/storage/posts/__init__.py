"""Posts: requested, composed, accepted, read and changed. In PostgreSQL."""
