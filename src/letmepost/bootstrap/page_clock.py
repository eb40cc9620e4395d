"""Moves the clock of a test world for its page: by a request to the API, which also moves schedules and retries."""

import json

import aiohttp

from letmepost.sandbox.pages.front import ClockRefusedError, MoveClock

_TIMEOUT_S = 30.0
_AWAY = "The API does not respond. Try again, or use POST /v1/sandbox/clock."


def clock_of_api(api_url: str, token: str) -> MoveClock:
    """Return the function that moves clocks by the API at this URL."""

    async def move_clock(world: str, seconds: float) -> None:
        url = f"{api_url.rstrip('/')}/internal/sandbox/{world}/clock"
        headers = {"authorization": f"Bearer {token}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_TIMEOUT_S)) as session,
                session.post(url, json={"advanceS": seconds}, headers=headers, allow_redirects=False) as reply,
            ):
                if reply.status != 204:
                    raise ClockRefusedError(_message(await reply.text()))
        except (aiohttp.ClientError, TimeoutError):
            raise ClockRefusedError(_AWAY) from None

    return move_clock


def _message(body: str) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return _AWAY
