"""Webhook endpoints, deliveries and the event stream, in PostgreSQL."""
