"""The client with which `letmepost dev` takes its first steps."""

from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from letmepost.cli.dev.client import DevClient, FirstStepError
from tests.deployment import serving


@pytest.fixture
async def client() -> AsyncIterator[DevClient]:
    """A client of a server that answers with the statuses in the path, one for each request."""
    left: dict[str, Iterator[str]] = {}

    async def answer(request: Request) -> JSONResponse:
        statuses = request.path_params["statuses"]
        status = int(next(left.setdefault(statuses, iter(statuses.split("-")))))
        return JSONResponse({"status": status}, status, {"retry-after": "0"})

    async with serving(Starlette(routes=[Route("/{statuses}", answer)])) as url, DevClient(url) as opened:
        yield opened


@pytest.mark.parametrize("status", [401, 404])
async def test_resource_that_a_key_cannot_read_is_not_found(client: DevClient, status: int) -> None:
    assert await client.find(f"/{status}", "key") is None


async def test_rate_limited_key_is_not_taken_for_an_invalid_one(client: DevClient) -> None:
    assert await client.find("/429-429-200", "key") == {"status": 200}


async def test_other_error_is_raised(client: DevClient) -> None:
    with pytest.raises(FirstStepError, match="answered 500"):
        await client.find("/500", "key")
