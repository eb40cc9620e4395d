"""Media items in PostgreSQL: uploaded, fetched, read and deleted."""
