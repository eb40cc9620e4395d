"""Use cases of test mode: simulated accounts and the clock."""
