"""Publishing: what a worker does with a claimed post. In PostgreSQL."""
