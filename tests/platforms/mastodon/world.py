"""A worker with an account on a Mastodon server, and calls of the API without the flows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from letmepost.platforms.contract import Platform
from letmepost.platforms.mastodon import PLATFORM
from tests.doubles.worker import Worker

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x40\x00\x00\x00\x20"
GIF = b"GIF89a\x40\x00\x20\x00"
JPEG = b"\xff\xd8\xff\xe0"
MP4 = b"\x00\x00\x00\x18ftypisom"
_BOUNDARY = "b0undary"


@dataclass
class World(Worker):
    """A worker, and a server."""

    platform: Platform = PLATFORM

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str = "", **query: str
    ) -> tuple[int, Any]:
        """Send a call with JSON and the account's token, and return status and JSON."""
        headers = {**self._authorization(), "content-type": "application/json", "idempotency-key": key}
        sent = b"" if body is None else json.dumps(body).encode()
        reply = self.ask(method, path, sent, headers, query=tuple(query.items()))
        is_json = reply.headers.get("content-type", "").startswith("application/json")
        return reply.status, json.loads(reply.body) if is_json else reply.body.decode()

    def post_form(self, path: str, fields: Mapping[str, Any]) -> tuple[int, Any]:
        """Send a call with a form, and return status and JSON."""
        headers = {**self._authorization(), "content-type": "application/x-www-form-urlencoded"}
        reply = self.ask("POST", path, urlencode(fields, doseq=True).encode(), headers)
        return reply.status, json.loads(reply.body)

    def upload(self, content: bytes = JPEG, **fields: str) -> tuple[int, Any]:
        """Upload a file, and return status and JSON."""
        headers = {**self._authorization(), "content-type": f"multipart/form-data; boundary={_BOUNDARY}"}
        reply = self.ask("POST", "/api/v2/media", form({**fields, "file": content}), headers)
        return reply.status, json.loads(reply.body)

    def delete(self, *kinds: str) -> None:
        """Let the server lose everything of these kinds."""
        for key in [key for key in self.state if key.startswith(tuple(f"{kind}/" for kind in kinds))]:
            del self.state[key]

    def _authorization(self) -> dict[str, str]:
        return {} if self.credential is None else {"authorization": f"Bearer {self.credential.secrets['access_token']}"}


def form(fields: Mapping[str, str | bytes]) -> bytes:
    """Return a multipart body."""
    pieces = []
    for name, content in fields.items():
        value = content.encode() if isinstance(content, str) else content
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n'
        pieces.append(head.encode() + value)
    return b"\r\n".join([*pieces, f"--{_BOUNDARY}--\r\n".encode()])
