"""Everything that is reached over a wire or a disk, except the database.

Holds the one outgoing HTTP client and its address guard, the flow driver, blob stores, Redis rate limits and
wake-ups, media probing and the clock. May import `domain`, `platforms`, the HTTP library, redis and boto3:
never SQL, a service or a route.
"""
