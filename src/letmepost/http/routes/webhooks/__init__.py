"""Routes for webhook endpoints, deliveries and the event stream."""
