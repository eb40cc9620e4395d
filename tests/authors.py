"""Accounts as callers have them: connected, and published to through the API."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.deployment import Client

_LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """An account, connected by a caller."""

    client: Client
    account_id: str

    async def submit(self, text: str, *, options: Mapping[str, Any] | None = None, **content: Any) -> dict[str, Any]:
        """Return the response of `POST /v1/posts` for this account alone; `content` is the body's."""
        headers = content.pop("headers", {})
        target = {"accountId": self.account_id, **({} if options is None else {"options": options})}
        reply = await self.client.post("/v1/posts", {"targets": [target], "text": text, **content}, **headers)
        assert reply.status_code in {200, 202}, reply.text
        response: dict[str, Any] = reply.json()
        return response

    async def result(self, text: str, **content: Any) -> dict[str, Any]:
        """Publish immediately, and return the result."""
        response = await self.submit(text, **content)
        [result] = response["results"]
        found: dict[str, Any] = result
        return found

    async def publish(self, text: str, **content: Any) -> dict[str, Any]:
        """Publish immediately, and return the published post."""
        result = await self.result(text, **content)
        assert result["status"] == "published", result
        return result

    async def queue(self, text: str, **content: Any) -> str:
        """Return the id of a post that is not waited for."""
        result = await self.result(text, headers={"prefer": "respond-async"}, **content)
        post_id: str = result["postId"]
        return post_id

    async def post(self, post_id: str) -> dict[str, Any]:
        """Return a post with its attempts, as it is now."""
        post: dict[str, Any] = (await self.client.get(f"/v1/posts/{post_id}")).json()
        return post

    async def post_when(
        self, post_id: str, is_ready: Callable[[dict[str, Any]], bool], *, within_s: float = 30
    ) -> dict[str, Any]:
        """Return a post when it meets a condition."""

        deadline_s = time.monotonic() + within_s
        while not is_ready(post := await self.post(post_id)):
            assert time.monotonic() < deadline_s, f"after {within_s} s: {post}"
            await asyncio.sleep(_LOOK_AGAIN_S)
        return post

    async def account(self) -> dict[str, Any]:
        """Return the account, as it is now."""
        account: dict[str, Any] = (await self.client.get(f"/v1/accounts/{self.account_id}")).json()
        return account


def is_status(status: str) -> Callable[[dict[str, Any]], bool]:
    """Return True if a post has this status."""
    return lambda post: post["status"] == status
