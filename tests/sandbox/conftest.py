"""Fixtures of the sandbox tests."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest

from letmepost.sandbox import Store, open_store
from tests.sandbox.support import Surroundings, open_client


@pytest.fixture
def surroundings() -> Surroundings:
    return Surroundings()


@pytest.fixture
def store() -> Iterator[Store]:
    store = open_store(None)
    yield store
    store.close()


@pytest.fixture
async def client(surroundings: Surroundings, store: Store) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_client(surroundings.app(store)) as client:
        yield client
