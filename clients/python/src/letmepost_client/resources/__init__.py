"""The operations of the API, grouped as in its paths."""
