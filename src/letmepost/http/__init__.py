"""HTTP: each route parses a request, makes one service call, and shows its result. No SQL, no platform's name."""
