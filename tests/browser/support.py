"""The starting point of the browser tests."""

from dataclasses import dataclass
from typing import Any

from tests.deployment import Client, Deployment


@dataclass(frozen=True, slots=True)
class Site:
    """A deployment with a customer. Browsers return to `return_url`."""

    deployment: Deployment
    client: Client
    organization_id: str
    return_url: str

    async def session(self, **body: Any) -> dict[str, Any]:
        """Create a hosted session."""
        reply = await self.client.post("/v1/connect-sessions", {"returnUrl": self.return_url, **body})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()
        return made

    async def outcome(self, session: dict[str, Any]) -> dict[str, Any]:
        """Return a session with its result."""
        shown: dict[str, Any] = (await self.client.get(f"/v1/connect-sessions/{session['id']}")).json()
        return shown
