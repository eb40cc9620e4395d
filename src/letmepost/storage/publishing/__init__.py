"""The publishing of a leased post, in PostgreSQL."""
