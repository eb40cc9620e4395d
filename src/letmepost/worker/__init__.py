"""The worker, the only process that publishes. Each of its jobs calls one service. No SQL, no platform names."""
