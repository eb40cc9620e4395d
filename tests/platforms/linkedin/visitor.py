"""A client of the simulator that uses the protocol directly, not the flows."""

import json
from typing import Any
from urllib.parse import urlsplit

from letmepost.platforms.simulation import SimulatedReply
from tests.platforms.linkedin.driver import Driver

VERSION = {"linkedin-version": "202606"}


class Visitor(Driver):
    """A client with an account."""

    @property
    def token(self) -> str:
        return self.account.credential.secrets["access_token"]

    @property
    def author(self) -> str:
        return self.account.platform_account_id

    def rest(self, method: str, path: str, body: object = None, *query: tuple[str, str], **headers: str) -> Any:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        sent = {"authorization": f"Bearer {self.token}", **VERSION, **named}
        data = b"" if body is None else json.dumps(body).encode()
        return self.ask(method, f"/rest/{path}", data, sent, query=query)

    def body(self, **changes: Any) -> dict[str, Any]:
        plain = {
            "author": self.author,
            "commentary": "hello",
            "visibility": "PUBLIC",
            "distribution": {"feedDistribution": "MAIN_FEED"},
            "lifecycleState": "PUBLISHED",
        }
        return {name: value for name, value in {**plain, **changes}.items() if value is not None}

    def post(self, **changes: Any) -> SimulatedReply:
        reply: SimulatedReply = self.rest("POST", "posts", self.body(**changes))
        return reply

    def asset(self, resource: str, data: bytes | None, owner: str | None = None) -> str:
        """Return the URN of a media item; without bytes, it was not uploaded."""
        request = {"initializeUploadRequest": {"owner": owner or self.author}}
        value = json_of(self.rest("POST", resource, request, ("action", "initializeUpload")))["value"]
        if data is not None:
            assert self.put(value["uploadUrl"], data).status == 201
        urn: str = value[resource.removesuffix("s")]
        return urn

    def put(self, url: str, data: bytes) -> SimulatedReply:
        """Send bytes to an upload URL."""
        return self.ask("PUT", urlsplit(url).path.removeprefix("/org_1/linkedin"), data)


def json_of(reply: SimulatedReply) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(reply.body)
    return value


def code_of(reply: SimulatedReply) -> tuple[int, str]:
    """Return the status and the innermost code."""
    value = json_of(reply)
    inner = value.get("errorDetails", {}).get("inputErrors", [{}])[0]
    return reply.status, inner.get("code", value.get("code"))
