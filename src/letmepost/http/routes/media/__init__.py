"""Media: uploaded, fetched, read and removed. Over HTTP."""
