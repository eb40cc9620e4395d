"""The worker: the only publisher. Each loop asks a service what is due and does it. No SQL, no platform's name."""
