"""letmepost: one API that publishes to many social networks, for many tenants.

The layers, each importing only what stands to its left:
`domain ← platforms ← storage, gateways ← services ← http, worker, cli ← bootstrap`.
"""

__version__ = "0.1.0"
