"""Media: uploaded, fetched, read and removed."""
