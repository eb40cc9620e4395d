"""Recent calls to simulated networks, without secrets."""
