"""Controls the sandbox process: creates simulated accounts, and reads what their followers would see."""

import json
from collections.abc import Mapping
from typing import Any

from letmepost.domain.errors import SendFailure
from letmepost.domain.sizes import SANDBOX_REPLY_MAX_BYTES
from letmepost.gateways.http_client import HTTPClient, Outgoing


class SandboxAwayError(SendFailure):
    """The sandbox process does not answer, or returns an error."""


class SandboxControl:
    """A client of `/control` of the sandbox."""

    def __init__(self, http: HTTPClient, url: str, token: str) -> None:
        self._http = http
        self._base = url.rstrip("/")
        self._token = token

    async def create_account(
        self, world: str, platform: str, scenario: str, *, key: str | None = None
    ) -> Mapping[str, Any]:
        """Create a simulated account, and return the input that connects it.

        Args:
            key: a repetition with the same key returns the same account; None always creates one.

        Raises:
            SendFailure: the sandbox does not answer.
        """
        body = json.dumps({"scenario": scenario, **({} if key is None else {"key": key})}).encode()
        value = await self._call("POST", f"/control/{world}/{platform}/accounts", body)
        found: Mapping[str, Any] = value["connectInput"]
        return found

    async def list_posts(self, world: str, platform: str) -> list[Mapping[str, Any]]:
        """Return the posts that followers see, oldest first.

        Raises:
            SendFailure: the sandbox does not answer.
        """
        value = await self._call("GET", f"/control/{world}/{platform}/posts", None)
        found: list[Mapping[str, Any]] = value["posts"]
        return found

    async def set_clock(self, world: str, ahead_s: float) -> None:
        """Set how far a world's time is ahead of the real time. A repetition changes nothing.

        Raises:
            SendFailure: the sandbox does not answer.
        """
        await self._call("PUT", f"/control/{world}/clock", json.dumps({"aheadS": ahead_s}).encode())

    async def reset(self, world: str) -> None:
        """Delete a world: its accounts, their posts, its clock.

        Raises:
            SendFailure: the sandbox does not answer.
        """
        await self._call("DELETE", f"/control/{world}", None)

    async def _call(self, method: str, path: str, body: bytes | None) -> Mapping[str, Any]:
        headers = {"authorization": f"Bearer {self._token}"}
        if body is not None:
            headers["content-type"] = "application/json"
        url = self._base + path
        reply = await self._http.send(
            Outgoing(method=method, url=url, headers=headers, body=body, max_reply_bytes=SANDBOX_REPLY_MAX_BYTES)
        )
        if reply.status not in {200, 201, 204}:
            message = f"the sandbox answered {reply.status} to {method} {path}"
            raise SandboxAwayError(message)
        value: Mapping[str, Any] = json.loads(reply.body) if reply.body else {}
        return value
