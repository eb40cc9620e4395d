"""Waiting for a batch."""

import httpx
import pytest
import respx

from letmepost_client import AsyncClient, Client, WaitTimedOut

from .conftest import FakeTime, batch


def states(*names: str) -> list[httpx.Response]:
    return [httpx.Response(200, json=batch(name)) for name in names]


def test_wait_reads_the_batch_until_it_is_settled(api: respx.MockRouter, client: Client, time: FakeTime) -> None:
    api.post("/v1/posts").respond(202, json=batch("publishing"))
    api.get("/v1/batches/batch_1").mock(side_effect=states("publishing", "publishing", "partial_failed"))
    created = client.posts.create(text="x", to="bluesky")
    assert created.status == "publishing"
    settled = created.wait()
    assert settled.status == "partial_failed"
    assert settled.results[0].status == "partial_failed"
    assert time.pauses == [0.5, 0.75, 1.125]


async def test_async_wait_reads_the_batch_until_it_is_settled(
    api: respx.MockRouter, async_client: AsyncClient, time: FakeTime
) -> None:
    api.post("/v1/batches/batch_1/publish").respond(202, json=batch("queued"))
    api.get("/v1/batches/batch_1").mock(side_effect=states("publishing", "published"))
    batch_1 = await async_client.batches.publish(
        "batch_1", schedule={"at": "2026-12-24T09:00", "zone": "Europe/Berlin"}
    )
    assert (await batch_1.wait()).status == "published"
    assert time.pauses == [0.5, 0.75]


@pytest.mark.parametrize("status", ["draft", "held", "published", "failed", "canceled", "a_newer_status"])
def test_wait_returns_a_settled_batch_immediately(
    api: respx.MockRouter, client: Client, time: FakeTime, status: str
) -> None:
    api.get("/v1/batches/batch_1").respond(json=batch(status))
    assert client.batches.get("batch_1").wait().status == status
    assert (len(api.calls), time.pauses) == (1, [])


def test_wait_ends_with_the_latest_batch_after_the_timeout(
    api: respx.MockRouter, client: Client, time: FakeTime
) -> None:
    api.get("/v1/batches/batch_1").mock(return_value=states("queued")[0])
    with pytest.raises(WaitTimedOut, match="Batch batch_1 was still queued after 2 s") as raised:
        client.batches.get("batch_1").wait(timeout_s=2)
    assert isinstance(raised.value, TimeoutError)
    assert raised.value.batch.id == "batch_1"
    assert sum(time.pauses) == 2


def test_settled_batch_can_be_waited_for_again(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/batches/batch_1").mock(side_effect=states("queued", "published"))
    assert client.batches.get("batch_1").wait().wait().status == "published"
