"""Access to networks and disks, except the database.

Contains the only outgoing HTTP client with its address guard, the driver of flows, blob stores, rate limits and hints
in Redis, the probing of media files, and the clock. May import `domain`, `platforms`, the HTTP library, redis and
boto3: no SQL, no service and no route.
"""
