"""Builds the documentation site: Markdown from docs/ and from the platforms' values, rendered by MkDocs."""
