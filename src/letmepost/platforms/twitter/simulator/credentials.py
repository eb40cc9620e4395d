"""The credentials of the simulated app."""

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - of the sandbox alone
