"""The test mode in PostgreSQL: simulated accounts and the clock."""
