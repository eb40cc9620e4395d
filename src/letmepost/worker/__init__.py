"""The worker: the only publisher. Its jobs call one service each. No SQL, and no platform names."""
