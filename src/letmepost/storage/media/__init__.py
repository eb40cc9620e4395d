"""Media: uploaded, fetched, read and removed. In PostgreSQL."""
