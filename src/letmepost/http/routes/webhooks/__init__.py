"""Webhook endpoints, deliveries and the stream of events. Over HTTP."""
