"""Organizations with their keys, profiles, quotas and pauses, in PostgreSQL."""
