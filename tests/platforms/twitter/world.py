"""A worker with an account on X, and calls of the API without the flows."""

import json
from dataclasses import dataclass
from typing import Any

from letmepost.platforms.contract import Platform
from letmepost.platforms.twitter import PLATFORM
from tests.doubles.worker import Worker

BOUNDARY = "b0undary"


@dataclass
class World(Worker):
    """A worker, and X."""

    platform: Platform = PLATFORM

    def call(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, dict[str, Any]]:
        """Send a call with JSON and the account's token, and return status and JSON."""
        token = "" if self.credential is None else self.credential.secrets["access_token"]
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        sent = b"" if body is None else json.dumps(body).encode()
        reply = self.ask(method, path, sent, query=tuple(query.items()), headers=headers)
        return reply.status, json.loads(reply.body)


def form(*fields: tuple[str, str | bytes]) -> bytes:
    """Return a multipart body with `BOUNDARY`."""
    pieces = []
    for name, content in fields:
        shown = content.encode() if isinstance(content, str) else content
        pieces.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + shown)
    return b"\r\n".join([*pieces, f"--{BOUNDARY}--\r\n".encode()])
