"""The made-up app that simulated settings are of."""

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - of the sandbox alone
