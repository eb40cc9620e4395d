"""A client whose clock, randomness and keys are exact, and a server that responds as a test says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import respx

from letmepost_client import AsyncClient, Client, Timing

URL = "https://api.test"


@dataclass
class FakeTime:
    """Time that passes only in pauses."""

    now: float = 1_000_000.0
    pauses: list[float] = field(default_factory=list)
    keys_made: int = 0

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    def new_key(self) -> str:
        self.keys_made += 1
        return f"key-{self.keys_made}"

    def timing(self) -> Timing:
        return Timing(
            monotonic=lambda: self.now,
            unix_time=lambda: self.now,
            random=lambda: 1.0,
            new_key=self.new_key,
            sleep=self.sleep,
            sleep_async=self.sleep_async,
        )


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One HTTP client for all tests, because loading the certificates takes a while."""
    with httpx.Client() as opened:
        yield opened


@pytest.fixture
def client(time: FakeTime, http: httpx.Client) -> Client:
    return Client("lmp_test_key", URL, http=http, timing=time.timing())


@pytest.fixture
def async_client(time: FakeTime) -> AsyncClient:
    return AsyncClient("lmp_test_key", URL, http=httpx.AsyncClient(verify=False), timing=time.timing())  # noqa: S501 - respx answers


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    """The server. A request that the test does not expect fails the test."""
    with respx.mock(base_url=URL, assert_all_called=True) as router:
        yield router


def batch(status: str = "published", **changes: Any) -> dict[str, Any]:
    """Return the JSON of a batch with one post."""
    result = {"accountId": "acc_1", "platform": "bluesky", "postId": "post_1", "status": status}
    return {"id": "batch_1", "status": status, "createdAt": "2026-12-01T09:00:00.000Z", "results": [result], **changes}


def profile(name: str) -> dict[str, Any]:
    """Return the JSON of a profile."""
    return {"id": f"prof_{name}", "name": name, "isDefault": False, "createdAt": "2026-12-01T09:00:00.000Z"}


def error(code: str, **fields: Any) -> dict[str, Any]:
    """Return the JSON of an error response."""
    return {"error": {"code": code, "message": "Something is wrong.", "requestId": "req_1", **fields}}
