"""Unpublished posts: no part of them is published afterwards."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import PostContent
from letmepost.domain.flow import Call, Effect, Flow
from letmepost.gateways.http_client import HTTPClient
from tests.doubles.faults import Way
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.services.office import Office
from tests.storage.support import Admin, Owner

WITH_COMMENT = PostContent(text="Hello", first_comment="And more")


def delete(account: AccountFacts, uris: Sequence[str], _settings: object) -> Flow[None]:
    for uri in uris:
        yield Call(
            method="POST",
            url=f"{account.data['host']}/posts",
            json={"step": uri, "text": ""},
            effect=Effect.WRITE,
        )


@pytest.fixture
async def desk(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    """Return a desk with a published post whose comment has failed."""
    async with working(owner, network, admin, http, redis_url, tmp_path, unpublish=delete) as desk:
        network.ways = [Way.WELL, Way.AWAY]
        await desk.post(content=WITH_COMMENT)
        row = await desk.publish()
        assert (row["status"], row["ready_at"] is None) == ("published", False)
        yield desk


async def test_pending_comment_is_not_published_after_unpublishing(desk: Desk) -> None:
    assert await Office(desk).unpublish((await desk.row())["id"])
    row = await desk.row()
    assert (row["unpublished_at"] is None, row["ready_at"]) == (False, None)


async def test_post_cannot_be_unpublished_while_a_worker_has_it(desk: Desk) -> None:
    await desk.let_time_pass()
    claim = await desk.claim()
    assert not await Office(desk).unpublish(claim.post_id)
    assert (await desk.row())["unpublished_at"] is None
