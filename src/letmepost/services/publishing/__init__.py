"""Publishes claimed posts in a worker."""
