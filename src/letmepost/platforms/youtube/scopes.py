"""The permissions that a person grants, each of which they can refuse on Google's page.

The discovery document of the API, revision 20261104 (checked 2026-11-28), lists the scopes of every method.
`youtube.force-ssl` includes the other two.
"""

from collections.abc import Collection

UPLOAD = "https://www.googleapis.com/auth/youtube.upload"
READ = "https://www.googleapis.com/auth/youtube.readonly"
MANAGE = "https://www.googleapis.com/auth/youtube.force-ssl"

SCOPES = (UPLOAD, READ, MANAGE)
MAY_UPLOAD = f"{UPLOAD} or {MANAGE}"
MAY_READ = f"{READ} or {MANAGE}"

GRANTED = "scopes"
"""The name of the granted scopes in the account's data."""


def is_granted(scopes: Collection[str], alternatives: str) -> bool:
    """Return True if one of the scopes in `a or b` was granted, or if the granted scopes are unknown."""
    return not scopes or not set(scopes).isdisjoint(alternatives.split(" or "))
