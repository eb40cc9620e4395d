"""Routes of test mode: simulated accounts and the clock."""
