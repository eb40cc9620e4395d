"""Posts: requested, composed, accepted, read and changed."""
