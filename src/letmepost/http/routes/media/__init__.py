"""Routes that upload, import, read and delete media items."""
