"""A worker with an account on a Mastodon server, and calls of the API without the flows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from letmepost.platforms.contract import Platform
from letmepost.platforms.mastodon import PLATFORM
from tests.doubles.worker import Worker


@dataclass
class World(Worker):
    """A worker, and a server."""

    platform: Platform = PLATFORM

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """Send a call with JSON and the account's token, and return status and JSON."""
        token = self.account.credential.secrets["access_token"]
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        sent = b"" if body is None else json.dumps(body).encode()
        reply = self.ask(method, path, sent, headers)
        return reply.status, json.loads(reply.body)

    def forget(self, *kinds: str) -> None:
        """Let the server lose everything of these kinds."""
        for key in [key for key in self.state if key.startswith(tuple(f"{kind}/" for kind in kinds))]:
            del self.state[key]
