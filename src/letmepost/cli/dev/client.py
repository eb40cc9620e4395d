"""A small client of the API, for the first steps of `letmepost dev`."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Self

import aiohttp

_TRY_EVERY_S = 0.05


class FirstStepError(RuntimeError):
    """The API returned an unexpected response."""


class DevClient:
    """Calls the API over HTTP, like any other client."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._session = aiohttp.ClientSession()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def wait_for(self, path: str, within_s: float) -> None:
        """Wait until a path answers 200.

        Raises:
            FirstStepError: not within this time; the message contains the last response.
        """
        last = "nothing"
        async with asyncio.timeout(within_s) as patience:
            while True:
                try:
                    async with self._session.get(self.base + path) as reply:
                        if reply.status == 200:
                            return
                        last = await reply.text()
                except aiohttp.ClientError as error:
                    last = str(error)
                if patience.expired():
                    break
                await asyncio.sleep(_TRY_EVERY_S)
        raise FirstStepError(f"{self.base}{path} was not ready in time: {last}")

    async def find(self, path: str, key: str | None) -> Mapping[str, Any] | None:
        """Return the resource; None if the key is invalid or cannot read it. Wait while the key is rate limited.

        Raises:
            FirstStepError: the response is another error.
        """
        if key is None:
            return None
        while True:
            async with self._session.get(self.base + path, headers={"authorization": f"Bearer {key}"}) as reply:
                value: dict[str, Any] = await reply.json()
            if reply.status == HTTPStatus.OK:
                return value
            if reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
                return None
            if reply.status != HTTPStatus.TOO_MANY_REQUESTS:
                raise FirstStepError(f"GET {path} answered {reply.status}: {value}")
            await asyncio.sleep(int(reply.headers["retry-after"]))

    async def post(self, path: str, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a JSON body.

        Raises:
            FirstStepError: the answer is an error.
        """
        headers = {"authorization": f"Bearer {key}"}
        async with self._session.post(self.base + path, json=dict(body), headers=headers) as reply:
            value: dict[str, Any] = await reply.json()
            if reply.status >= 300:
                raise FirstStepError(f"POST {path} answered {reply.status}: {value}")
            return value
