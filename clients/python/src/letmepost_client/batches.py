"""Batches that can be waited for."""

import functools
import json
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec

from pydantic import PrivateAttr

from letmepost_client.core import Core
from letmepost_client.encoding import path_of
from letmepost_client.errors import ApiError, WaitTimedOut, error_of
from letmepost_client.flow import Flow, Pause
from letmepost_client.models.base import Model
from letmepost_client.models.batches import BatchData
from letmepost_client.operations import AsyncResource, Method, SyncResource

P = ParamSpec("P")

FIRST_POLL_S = 0.5
SLOWEST_POLL_S = 5.0


class Batch(BatchData):
    """The result of a request: one post for each target. It is as it was when the server responded."""

    _resource: SyncResource = PrivateAttr()

    def wait(self, *, timeout_s: float = 120.0) -> "Batch":
        """Wait until nothing is queued or being published any more; return the batch as it is then.

        A scheduled batch is queued until its time. Check `status` and `results` of the returned batch.

        Raises:
            WaitTimedOut: it took longer than `timeout_s`. The batch is still being published.
            ApiError: the server responded with an error.
            ConnectionFailed: there was no response.
        """
        return run_batch(self._resource, settled(self._resource._core, self, timeout_s))


class AsyncBatch(BatchData):
    """The result of a request: one post for each target. It is as it was when the server responded."""

    _resource: AsyncResource = PrivateAttr()

    async def wait(self, *, timeout_s: float = 120.0) -> "AsyncBatch":
        """Wait until nothing is queued or being published any more. See `Batch.wait`."""
        return await run_batch_async(self._resource, settled(self._resource._core, self, timeout_s))


class BulkItem(Model):
    """The response to one request of `posts.bulk`: `batch` if it was accepted, otherwise `error`."""

    status: int
    body: dict[str, Any]

    @property
    def batch(self) -> BatchData | None:
        return BatchData.model_validate(self.body) if self.status < 400 else None

    @property
    def error(self) -> ApiError | None:
        if self.status < 400:
            return None
        return error_of(json.dumps(self.body).encode(), status=self.status, request_id=None)


def run_batch(resource: SyncResource, flow: Flow[BatchData]) -> Batch:
    """Run a flow; return its batch, which can be waited for."""
    data = resource._runner.run(flow)
    batch = Batch.model_construct(data.model_fields_set, **dict(data))
    batch._resource = resource
    return batch


async def run_batch_async(resource: AsyncResource, flow: Flow[BatchData]) -> AsyncBatch:
    """Run a flow; return its batch, which can be waited for."""
    data = await resource._runner.run(flow)
    batch = AsyncBatch.model_construct(data.model_fields_set, **dict(data))
    batch._resource = resource
    return batch


def settled(core: Core, batch: BatchData, timeout_s: float) -> Flow[BatchData]:
    """Read a batch until it is settled; return it.

    Raises:
        WaitTimedOut: it took longer than `timeout_s`.
    """
    deadline = core.timing.monotonic() + timeout_s
    pause_s = FIRST_POLL_S
    while batch.status in {"queued", "publishing"}:
        left_s = deadline - core.timing.monotonic()
        if left_s <= 0:
            raise WaitTimedOut(batch, timeout_s)
        yield Pause(min(pause_s, left_s))
        pause_s = min(pause_s * 1.5, SLOWEST_POLL_S)
        batch = yield from core.call("GET", path_of("/v1/batches/{}", batch.id), BatchData)
    return batch


def batch_operation(
    flow: Callable[Concatenate[Any, P], Flow[BatchData]],
) -> Method[P, Batch, Coroutine[Any, Any, AsyncBatch]]:
    """Turn a flow into a method that returns a batch that can be waited for, or a coroutine of one."""

    @functools.wraps(flow)
    def method(resource: SyncResource | AsyncResource, *args: P.args, **kwargs: P.kwargs) -> Any:
        if isinstance(resource, SyncResource):
            return run_batch(resource, flow(resource, *args, **kwargs))
        return run_batch_async(resource, flow(resource, *args, **kwargs))

    return Method(method)
