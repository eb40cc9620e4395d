"""Webhook endpoints, deliveries and the stream of events. In PostgreSQL."""
