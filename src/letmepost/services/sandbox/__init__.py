"""The test mode: simulated accounts and the clock."""
