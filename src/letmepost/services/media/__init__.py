"""Use cases that upload, fetch, read and delete media items."""
