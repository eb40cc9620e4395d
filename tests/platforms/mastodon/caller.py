"""Single calls to the simulated server, without flows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from letmepost.platforms._kit.simulator.wire import FORM
from letmepost.platforms.contract import Platform
from letmepost.platforms.mastodon import PLATFORM
from letmepost.platforms.simulation import SimulatedReply
from tests.doubles.simulated import SimulatedNetwork

CALLBACK = "https://me.example/callback"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x40\x00\x00\x00\x20"
GIF = b"GIF89a\x40\x00\x20\x00"
JPEG = b"\xff\xd8\xff\xe0"
MP4 = b"\x00\x00\x00\x18ftypisom"
BOUNDARY = "b0undary"

APP = {"client_name": "letmepost", "redirect_uris": CALLBACK, "scopes": "read write:statuses write:media"}


@dataclass
class Caller(SimulatedNetwork):
    """A server, and the token that calls to it have."""

    platform: Platform = PLATFORM
    token: str = ""

    def register(self, **changes: str) -> dict[str, str]:
        """Register an app, and return the fields that authenticate it."""
        status, app = self.post_form("/api/v1/apps", {**APP, **changes})
        assert status == 200, app
        return {name: app[name] for name in ("client_id", "client_secret")}

    def connect(self, scenario: str = "ok") -> str:
        """Create an account, send its token from now on, and return its id."""
        form = {**self.register(), "grant_type": "authorization_code", "redirect_uri": CALLBACK}
        status, grant = self.post_form("/oauth/token", {**form, "code": self.create_account(scenario)["code"]})
        assert status == 200, grant
        self.token = grant["access_token"]
        account_id: str = self.call("GET", "/api/v1/accounts/verify_credentials")[1]["id"]
        return account_id

    def create(self, key: str = "", **body: Any) -> tuple[int, Any]:
        """Create a status."""
        return self.call("POST", "/api/v1/statuses", body, key=key)

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str = "", **query: str
    ) -> tuple[int, Any]:
        """Send a call with JSON, and return status and JSON."""
        headers = {"content-type": "application/json", "idempotency-key": key}
        sent = b"" if body is None else json.dumps(body).encode()
        return read(self.send(method, path, sent, headers, query))

    def post_form(self, path: str, fields: Mapping[str, Any]) -> tuple[int, Any]:
        """Send a form, and return status and JSON."""
        return read(self.send("POST", path, urlencode(fields, doseq=True).encode(), {"content-type": FORM}))

    def upload(self, content: bytes = JPEG, **fields: str) -> tuple[int, Any]:
        """Upload a file, and return status and JSON."""
        headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
        return read(self.send("POST", "/api/v2/media", multipart({**fields, "file": content}), headers))

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> SimulatedReply:
        """Send a call, and return the response."""
        signed = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return self.ask(method, path, body, {**signed, **(headers or {})}, query=tuple((query or {}).items()))


def read(reply: SimulatedReply) -> tuple[int, Any]:
    """Return the status of a response and its JSON."""
    return reply.status, json.loads(reply.body)


def multipart(fields: Mapping[str, str | bytes]) -> bytes:
    """Return a multipart body."""
    pieces = []
    for name, content in fields.items():
        value = content.encode() if isinstance(content, str) else content
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n'
        pieces.append(head.encode() + value)
    return b"\r\n".join([*pieces, f"--{BOUNDARY}--\r\n".encode()])
