"""Use cases for webhook endpoints, deliveries and the event stream."""
